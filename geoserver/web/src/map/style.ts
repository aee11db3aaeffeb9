/** Turn a layer of the server into MapLibre sources and layers. Nothing here names a dataset but `region`. */

import type {
  ExpressionSpecification,
  FilterSpecification,
  LayerSpecification,
  SourceSpecification,
} from "maplibre-gl";
import type { LayerChoice, Theme } from "../state";
import type { Layer } from "../types";
import { recolour, scaleOpacity, type Tone } from "./colours";
import { hatchName, markerName } from "./images";
import { RASTER_PROTOCOL } from "./rasters";

export interface Look {
  theme: Theme;
  lang: "zh" | "en";
  /** Colours of tiers and of missing evidence, lower case. */
  fixed: ReadonlySet<string>;
  /** Place of each asset layer among the asset layers: its marker shape. */
  kinds: ReadonlyMap<string, number>;
  /** Word for each evidence state that is not sufficient. */
  words: Readonly<Record<string, string>>;
}

const TIER = ["coalesce", ["get", "tier"], 0];
/** A calm asset is a dot until it is near, and the worse the larger, so that a red stands out of hundreds. */
const BY_TIER = (...sizes: readonly number[]): unknown => ["match", TIER, ...sizes.slice(1).flatMap((size, at) => [at + 1, size]), sizes[0]];
const WARNED = (calm: number, warned: number): unknown => ["case", [">", TIER, 0], warned, calm];
const MARKER_SIZE = [
  "interpolate", ["linear"], ["zoom"],
  4, BY_TIER(0.2, 0.34, 0.42, 0.54, 0.66), 8, BY_TIER(0.46, 0.66, 0.76, 0.9, 1), 11, BY_TIER(0.86, 1, 1, 1.05, 1.1),
] as unknown as ExpressionSpecification;

interface Fragment {
  paint?: Record<string, unknown>;
  layout?: Record<string, unknown>;
  filter?: unknown;
  minzoom?: number;
  maxzoom?: number;
}

type Expression = ExpressionSpecification;

/** Pixels of a raster tile: fewer, larger ones are asked for. */
const TILE_SIZE = 512;
/** Below this zoom a cell is a few pixels wide: words would only be noise. */
const WORDS_FROM_ZOOM = 9;
/** Further out a map in Chinese shows no place whose Chinese name is not known. */
const LATIN_FROM_ZOOM = 10;
/** Names of assets would cover a province. */
const ASSET_NAMES_FROM_ZOOM = 8;
const CALM_CELL = 0.4;
const QUIET_GROUP = "base";
const QUIET_SATURATION = 0.55;
const UNKNOWN = ["!=", ["coalesce", ["get", "state"], "sufficient"], "sufficient"] as unknown as Expression;

const OPACITIES: Readonly<Record<string, readonly string[]>> = {
  fill: ["fill-opacity"],
  line: ["line-opacity"],
  circle: ["circle-opacity", "circle-stroke-opacity"],
  symbol: ["icon-opacity", "text-opacity"],
  raster: ["raster-opacity"],
};

/** The MVT layer and the dataset that the tiles of `layer` speak of. */
export function datasetOf(layer: Layer): string {
  if (layer.source_layer) return layer.source_layer;
  return layer.kind === "cells" ? "risk_cell" : (/\/vector\/([^/]+)\//.exec(layer.tiles)?.[1] ?? layer.id);
}

/** Whether the server colours the layer by warning tier. */
export const isTiered = (layer: Layer): boolean =>
  layer.kind === "cells" || JSON.stringify(layer.style).includes('["get","tier"]');

/** Supervised assets: polygons with a tier that the server also draws as points. */
export const isAsset = (layer: Layer): boolean =>
  layer.kind === "vector" && layer.geometry === "polygon" && "circle" in layer.style && isTiered(layer);

export const isOn = (layer: Layer, choice: LayerChoice | undefined): boolean => choice?.on ?? layer.visible;

/** The quiet layers that are always listed come in one tile, so that a map opens with fewer requests. */
const BASE_SOURCE = "base-map";
const isShared = (layer: Layer): boolean => layer.group.id === QUIET_GROUP && layer.kind === "vector" && layer.visible;

/** The source that draws `layer`. */
export const sourceIdOf = (layer: Layer): string => (isShared(layer) ? BASE_SOURCE : layer.id);

/** A whole address with its `{z}`, `{x}` and `{y}` as they were. */
export const templateOf = (tiles: string, origin: string): string =>
  new URL(tiles, origin).href.replaceAll("%7B", "{").replaceAll("%7D", "}");

/** Every source that `layers` are drawn from. */
export function sourcesOf(layers: readonly Layer[], origin: string): Record<string, SourceSpecification> {
  const shared = layers.filter(isShared);
  const own = layers.filter((layer) => !isShared(layer)).map((layer) => [layer.id, sourceOf(layer, origin)]);
  return { ...(shared.length ? { [BASE_SOURCE]: baseSource(shared, origin) } : {}), ...Object.fromEntries(own) };
}

function sourceOf(layer: Layer, origin: string): SourceSpecification {
  const { minzoom, maxzoom, bounds } = layer;
  const extent = { minzoom, maxzoom, ...(bounds ? { bounds } : {}) };
  if (layer.kind !== "raster") return { type: "vector", ...extent, tiles: [templateOf(layer.tiles, origin)] };
  const large = `${layer.tiles}${layer.tiles.includes("?") ? "&" : "?"}tilesize=${TILE_SIZE}`;
  return { type: "raster", tileSize: TILE_SIZE, ...extent, tiles: [`${RASTER_PROTOCOL}://${templateOf(large, origin)}`] };
}

/** One tile for many layers; its address carries the state of each. */
function baseSource(layers: readonly Layer[], origin: string): SourceSpecification {
  const asked = layers.map(({ tiles }) => new URL(tiles, origin).searchParams);
  const query = new URLSearchParams({ collections: layers.map(datasetOf).join(",") });
  const version = asked.map((each) => each.get("v") ?? "").join("-");
  if (/\w/.test(version)) query.set("v", version);
  for (const [name, text] of asked[0] ?? []) if (name !== "v") query.set(name, text);
  const zooms = layers.map(({ minzoom, maxzoom }) => [minzoom, maxzoom] as const);
  return {
    type: "vector",
    tiles: [`${origin}/tiles/one-map/{z}/{x}/{y}.mvt?${query}`],
    minzoom: Math.min(...zooms.map(([from]) => from)),
    maxzoom: Math.max(...zooms.map(([, to]) => to)),
  };
}

/** MapLibre layers of one layer, bottom first; every id starts with `<layer id>:`. */
export function drawingsOf(layer: Layer, choice: LayerChoice | undefined, look: Look): LayerSpecification[] {
  const opacity = choice?.opacity ?? 1;
  const made = layer.kind === "raster" ? [raster(layer, look)] : vectors(layer, look);
  return made.map((drawing) => {
    const paint = { ...(drawing.paint as Record<string, unknown>) };
    for (const name of OPACITIES[drawing.type] ?? []) paint[name] = scaleOpacity(paint[name], opacity);
    const layout = { ...drawing.layout, visibility: isOn(layer, choice) ? "visible" : "none" };
    return { ...drawing, paint, layout } as LayerSpecification;
  });
}

function raster(layer: Layer, look: Look): LayerSpecification {
  const paint = look.theme === "night" ? { "raster-brightness-max": 0.62, "raster-saturation": -0.25, "raster-opacity": 0.7 } : {};
  const own = (layer.style["raster"] as Fragment | undefined)?.paint ?? {};
  return {
    id: `${layer.id}:raster`,
    type: "raster",
    source: sourceIdOf(layer),
    paint: { "raster-fade-duration": 0, ...paint, ...own },
  } as LayerSpecification;
}

function vectors(layer: Layer, look: Look): LayerSpecification[] {
  const asset = isAsset(layer);
  const tone: Tone = {
    theme: look.theme,
    saturation: layer.group.id === QUIET_GROUP ? QUIET_SATURATION : 1,
    fixed: look.fixed,
  };
  const drawings: LayerSpecification[] = [];
  for (const [type, raw] of Object.entries(layer.style as Record<string, Fragment>)) {
    if (asset && type === "circle") continue;
    const drawn = named(layer, vector(layer, type, raw, tone), look);
    drawings.push(layer.kind === "cells" && drawn.type === "fill" ? calm(drawn) : drawn);
    if (type === "fill" && isTiered(layer)) drawings.push(hatched(layer, raw, look));
  }
  if (layer.kind === "cells") drawings.push(words(layer, look));
  if (asset) drawings.push(markers(layer, look));
  return drawings;
}

function vector(layer: Layer, type: string, raw: Fragment, tone: Tone): LayerSpecification {
  const paint = Object.fromEntries(
    Object.entries(raw.paint ?? {}).map(([name, value]) => [name, recolour(value, tone)]),
  );
  const spacious = layer.group.id === QUIET_GROUP ? ["interpolate", ["linear"], ["zoom"], 4, 34, 8, 14, 10, 4] : 4;
  const faces = { "text-font": ["sans-serif"], "text-padding": spacious, "text-max-width": 9 };
  const layout = type === "symbol" ? { ...faces, ...raw.layout } : { ...raw.layout };
  if (type === "symbol" && isAsset(layer)) Object.assign(layout, { "text-offset": [0, 1.25] });
  const minzoom = raw.minzoom ?? (type === "symbol" && isAsset(layer) ? ASSET_NAMES_FROM_ZOOM : undefined);
  return {
    id: `${layer.id}:${type}`,
    type,
    source: sourceIdOf(layer),
    "source-layer": datasetOf(layer),
    ...(raw.filter ? { filter: raw.filter as FilterSpecification } : {}),
    ...(minzoom === undefined ? {} : { minzoom }),
    ...(raw.maxzoom === undefined ? {} : { maxzoom: raw.maxzoom }),
    layout,
    paint,
  } as LayerSpecification;
}

/** Names of the quiet layers in the language of the page, where the data have them. */
function named(layer: Layer, drawing: LayerSpecification, look: Look): LayerSpecification {
  if (drawing.type !== "symbol" || layer.group.id !== QUIET_GROUP) return drawing;
  const [name, english] = [["get", "name"], ["get", "name_en"]];
  if (look.lang === "en") {
    const text = ["coalesce", english, name] as unknown as Expression;
    return { ...drawing, layout: { ...drawing.layout, "text-field": text } };
  }
  const chinese = ["any", ["!=", name, ["coalesce", english, ""]], [">=", ["zoom"], LATIN_FROM_ZOOM]];
  const filter = (drawing.filter ? ["all", drawing.filter, chinese] : chinese) as FilterSpecification;
  return { ...drawing, filter };
}

/** A normal cell says little: it is paler than a warned one. */
function calm(drawing: Extract<LayerSpecification, { type: "fill" }>): LayerSpecification {
  const opacity = drawing.paint?.["fill-opacity"];
  const paler = WARNED(0, 1) as Expression;
  const shown = ["case", ["==", paler, 1], opacity ?? 1, scaleOpacity(opacity, CALM_CELL)] as unknown as Expression;
  // Cells meet edge to edge: smoothing their edges would draw each of them twice.
  return { ...drawing, paint: { ...drawing.paint, "fill-opacity": shown, "fill-antialias": false } };
}

/** What is not sufficiently known is hatched, whatever its colour. */
function hatched(layer: Layer, raw: Fragment, look: Look): LayerSpecification {
  const pattern = ["match", ["get", "state"]] as unknown[];
  for (const state of ["stale", "insufficient"]) pattern.push(state, hatchName(state, look.theme));
  const filter = (raw.filter ? ["all", raw.filter, UNKNOWN] : UNKNOWN) as FilterSpecification;
  return {
    id: `${layer.id}:hatch`,
    type: "fill",
    source: sourceIdOf(layer),
    "source-layer": datasetOf(layer),
    filter,
    paint: { "fill-antialias": false, "fill-pattern": [...pattern, hatchName("missing", look.theme)] as unknown as Expression },
  };
}

function words(layer: Layer, look: Look): LayerSpecification {
  const night = look.theme === "night";
  const text = ["match", ["get", "state"], ...Object.entries(look.words).flat(), ""] as unknown as Expression;
  return {
    id: `${layer.id}:words`,
    type: "symbol",
    source: sourceIdOf(layer),
    "source-layer": datasetOf(layer),
    minzoom: WORDS_FROM_ZOOM,
    filter: UNKNOWN as FilterSpecification,
    layout: { "text-field": text, "text-font": ["sans-serif"], "text-size": 11, "text-padding": 18 },
    paint: {
      "text-color": night ? "#dfe6ec" : "#3b4854",
      "text-halo-color": night ? "#10171d" : "#f4f5f4",
      "text-halo-width": 1.4,
    },
  };
}

function markers(layer: Layer, look: Look): LayerSpecification {
  return {
    id: `${layer.id}:marker`,
    type: "symbol",
    source: sourceIdOf(layer),
    "source-layer": datasetOf(layer),
    layout: {
      "icon-image": markerName(look.kinds.get(layer.id) ?? 0) as unknown as Expression,
      "icon-allow-overlap": true,
      "icon-ignore-placement": true,
      "icon-size": MARKER_SIZE,
      "symbol-sort-key": ["coalesce", ["get", "tier"], 0],
    },
  };
}

/**
 * Filter that makes the regions a partition: every child of the opened path, but not what was opened.
 *
 * `path` holds the codes from the nation down; a `leaf` has no children and stays.
 */
export function partition(path: readonly string[], leaf: boolean): Expression {
  const opened = leaf ? path.slice(0, -1) : path;
  return [
    "all",
    ["in", ["get", "parent"], ["literal", [...opened]]],
    ["!", ["in", ["get", "code"], ["literal", [...opened]]]],
  ] as unknown as Expression;
}
