/** The style of the whole map: a pure function of the layers, the state and the opened region. */

import type { ExpressionSpecification, FilterSpecification, LayerSpecification, StyleSpecification } from "maplibre-gl";
import { stateName, tiers } from "../i18n";
import { NATION, type State } from "../state";
import type { Layer, Region } from "../types";
import { scaleOpacity } from "./colours";
import type { Names } from "./names";
import { inOrder } from "./order";
import { datasetOf, drawingsOf, isAsset, isOn, isTiered, type Look, partition, sourceIdOf, sourcesOf } from "./style";
import { groundOf, SKY } from "./terrain";

export const GROUND = { day: "#eceeec", night: "#10171d" };
export const ACCENT = { day: "#15202a", night: "#f2f5f7" };
export const REGION = "region";
export const NAMES = "region-names";
/** Colour of a region outside the opened one, and of any region once cells are large enough to read. */
const OUTSIDE = 0.5;
const REGION_FADE = { from: 7, to: 9.5, factor: 0.2 };
/** Hatching of whole provinces is a hint, that of cells a statement; of regions without assets a whisper. */
const REGION_HATCH = 0.35;
const REGION_WITHOUT_SCORE = 0.25;
/** Further out only the lines of the shown regions are drawn. */
const ALL_LINES_FROM_ZOOM = 8;

/** How `layers` look in the words and theme of `state`. */
export function lookOf(layers: readonly Layer[], state: State): Look {
  const tiered = layers.filter(isTiered);
  const colours = [...tiers(), ...tiered.flatMap(({ legend }) => legend)].map(({ colour }) => colour.toLowerCase());
  return {
    theme: state.theme,
    lang: state.lang,
    fixed: new Set(colours),
    kinds: kindsOf(layers),
    words: Object.fromEntries((["stale", "insufficient", "missing"] as const).map((key) => [key, stateName(key)])),
  };
}

/** Place of each asset layer among the asset layers: which shape its markers have. */
export const kindsOf = (layers: readonly Layer[]): Map<string, number> =>
  new Map(layers.filter(isAsset).map(({ id }, place) => [id, place]));

export function styleOf(layers: Layer[], state: State, region: Region | null, places: Names): StyleSpecification {
  const look = lookOf(layers, state);
  const ground = groundOf(layers, location.origin);
  const markers: LayerSpecification[] = [];
  const names: LayerSpecification[] = [];
  const drawings: LayerSpecification[] = [
    { id: "ground", type: "background", paint: { "background-color": GROUND[state.theme] } },
  ];
  for (const layer of inOrder(layers, state.layers)) {
    const own = drawingsOf(layer, state.layers[layer.id], look).map((drawing) => occurred(drawing, layer, state));
    for (const each of datasetOf(layer) === REGION ? own.map((part) => drilled(part, region)) : own) {
      const named = each.type === "symbol" && each.source === NAMES;
      (named ? names : each.id.endsWith(":marker") ? markers : drawings).push(each);
    }
  }
  // Assets lie above their monitoring points; names that come last are the first to be given room.
  drawings.push(...markers, ...names);
  drawings.push(...selected(layers, state));
  return {
    version: 8,
    sources: {
      ...sourcesOf(layers, location.origin),
      ...(ground?.sources ?? {}),
      [NAMES]: { type: "geojson", data: places },
    },
    ...(ground && state.terrain ? { terrain: ground.terrain, sky: SKY[state.theme] } : {}),
    layers: drawings,
  };
}

/** At a time past a drawing without what had not occurred by then; times of one form compare as texts. */
function occurred(drawing: LayerSpecification, layer: Layer, { moment, asOf, layers }: State): LayerSpecification {
  const then = moment ?? asOf;
  if (!layer.occurred || !then || !isOn(layer, layers[layer.id])) return drawing;
  const limit = `${new Date(then).toISOString().slice(0, 19)}Z`;
  const known = ["<=", ["to-string", ["get", layer.occurred]], limit];
  const filter = "filter" in drawing && drawing.filter ? ["all", drawing.filter, known] : known;
  return { ...drawing, filter } as LayerSpecification;
}

/** Filter of the regions to fill and name: the children of the opened one, the rest of the country whole. */
export function partitionOf(region: Region | null): ExpressionSpecification {
  const path = region ? region.breadcrumb.map(({ code }) => code) : [NATION];
  return partition(path, region !== null && region.children.length === 0);
}

/** Show that partition: what lies outside the opened region paler, all paler close up. */
function drilled(drawing: LayerSpecification, region: Region | null): LayerSpecification {
  if (drawing.type === "symbol") {
    const { "source-layer": _, filter: __, ...named } = drawing;
    return { ...named, source: NAMES, layout: { ...named.layout, "text-letter-spacing": 0.12 } };
  }
  const parts = partitionOf(region);
  if (drawing.type === "line") {
    return { ...drawing, filter: ["any", parts, [">=", ["zoom"], ALL_LINES_FROM_ZOOM]] as FilterSpecification };
  }
  if (drawing.type !== "fill") return drawing;
  const filter = drawing.filter ? ["all", drawing.filter, parts] : parts;
  const strength = drawing.id.endsWith(":hatch") ? REGION_HATCH : 1;
  const given = scaleOpacity(drawing.paint?.["fill-opacity"], strength);
  const opacity = ["case", ["has", "score"], given, scaleOpacity(given, REGION_WITHOUT_SCORE)];
  const [key, code] = region?.children.length === 0 ? ["code", region.code] : ["parent", region?.code ?? NATION];
  const near = ["case", ["==", ["get", key], code], opacity, scaleOpacity(opacity, OUTSIDE)];
  const { from, to, factor } = REGION_FADE;
  const faded = ["interpolate", ["linear"], ["zoom"], from, near, to, scaleOpacity(near, factor)];
  return { ...drawing, filter, paint: { ...drawing.paint, "fill-opacity": faded } } as LayerSpecification;
}

/** Outline of what is selected, above everything. */
function selected(layers: Layer[], state: State): LayerSpecification[] {
  const outline = (layer: Layer, key: string, id: string, width: number): LayerSpecification[] => {
    const chosen = ["==", ["to-string", ["get", key]], id];
    const common = { source: sourceIdOf(layer), "source-layer": datasetOf(layer), filter: chosen };
    const point = { ...common, filter: ["all", chosen, ["==", ["geometry-type"], "Point"]] };
    const colour = ACCENT[state.theme];
    const ring = { "circle-radius": 17, "circle-opacity": 0, "circle-stroke-color": colour, "circle-stroke-width": 2.5 };
    const drawings = [
      { id: `${layer.id}:selected-line`, type: "line", ...common, paint: { "line-color": colour, "line-width": width } },
      { id: `${layer.id}:selected-ring`, type: "circle", ...point, paint: ring },
    ];
    const line = layer.geometry === "point" ? drawings.slice(1) : drawings;
    return (isAsset(layer) || layer.geometry === "point" ? line : drawings.slice(0, 1)) as LayerSpecification[];
  };
  const drawings: LayerSpecification[] = [];
  for (const layer of layers) {
    const dataset = datasetOf(layer);
    if (dataset === REGION && state.region !== NATION) drawings.push(...outline(layer, "code", state.region, 2));
    else if (state.selected?.dataset === dataset && layer.kind !== "raster") {
      drawings.push(...outline(layer, "id", state.selected.id, 2.5));
    }
  }
  return drawings;
}
