/** The map: its style is a pure function of the layers and the state, set anew after every change. */

import maplibregl, { type ExpressionSpecification, type FilterSpecification, type LayerSpecification, type Map as Chart, type StyleSpecification } from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import workerUrl from "maplibre-gl/dist/maplibre-gl-csp-worker.js?url";
import { later } from "../dom";
import { stateName, tiers } from "../i18n";
import { NATION, type State } from "../state";
import type { Bounds, Layer, Region } from "../types";
import { scaleOpacity } from "./colours";
import { draw } from "./images";
import { RASTER_PROTOCOL, rasterTile } from "./rasters";
import { type Names, namesOf, NO_NAMES } from "./names";
import { pick, type Picked } from "./pick";
import { datasetOf, drawingsOf, isAsset, isTiered, type Look, partition, sourceOf } from "./style";
import { swapTiles } from "./swap";

maplibregl.setWorkerUrl(workerUrl);
maplibregl.addProtocol(RASTER_PROTOCOL, rasterTile);

export const FONTS = "'Noto Sans CJK SC','Noto Sans SC','PingFang SC','Microsoft YaHei',sans-serif";
export const GROUND = { day: "#eceeec", night: "#10171d" };
export const ACCENT = { day: "#15202a", night: "#f2f5f7" };
/** What a site without areas shows first: China. */
export const WHOLE: Bounds = [73, 17, 136, 54];
/** Colour of a region outside the opened one, and of any region once cells are large enough to read. */
const OUTSIDE = 0.5;
const REGION_FADE = { from: 7, to: 9.5, factor: 0.3 };
const ASSET_ZOOM = 11.5;
/** Hatching of whole provinces is a hint, that of cells a statement; of regions without assets a whisper. */
const REGION_HATCH = 0.35;
const REGION_WITHOUT_SCORE = 0.25;
/** Further out only the lines of the shown regions are drawn. */
const ALL_LINES_FROM_ZOOM = 8;
const REGION = "region";
const NAMES = "region-names";

export interface Events {
  /** `point` is in pixels of the window. */
  hover: (picked: Picked | null, point: { x: number; y: number }) => void;
  open: (picked: Picked) => void;
  moved: (view: NonNullable<State["view"]>) => void;
  failed: (layerId: string | null, message: string) => void;
}

/** What a part draws above the layers; its ids begin with the part's name. */
export interface Overlay {
  sources: StyleSpecification["sources"];
  layers: LayerSpecification[];
}

export class OneMap {
  readonly chart: Chart;
  #layers: Layer[];
  #state: State;
  #region: Region | null = null;
  #names = NO_NAMES;
  readonly #overlays = new Map<string, Overlay>();
  #ready = false;

  constructor(
    container: HTMLElement,
    layers: Layer[],
    state: State,
    bounds: Bounds | null,
    padding: () => maplibregl.PaddingOptions,
    events: Events,
  ) {
    this.#layers = layers;
    this.#state = state;
    this.chart = new maplibregl.Map({
      container,
      style: styleOf(layers, state, null, NO_NAMES),
      ...(state.view
        ? { center: [state.view[0], state.view[1]], zoom: state.view[2], bearing: state.view[3] ?? 0, pitch: state.view[4] ?? 0 }
        : { bounds: bounds ?? WHOLE, fitBoundsOptions: { padding: padding() } }),
      localIdeographFontFamily: FONTS,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      maxPitch: 0,
      minZoom: 2,
      maxZoom: 18,
      fadeDuration: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 200,
      refreshExpiredTiles: false,
    });
    this.padding = padding;
    this.chart.touchZoomRotate.disableRotation();
    this.chart.keyboard.disableRotation();
    this.chart.addControl(new maplibregl.ScaleControl({ maxWidth: 120, unit: "metric" }), "bottom-left");
    this.chart.on("styleimagemissing", ({ id }) => {
      const made = draw(id);
      if (made && !this.chart.hasImage(id)) this.chart.addImage(id, made.image, { pixelRatio: made.pixelRatio });
    });
    this.chart.once("style.load", () => {
      this.#ready = true;
      this.#draw();
    });
    this.chart.on("idle", () => this.#name());
    this.#listen(events);
  }

  private readonly padding: () => maplibregl.PaddingOptions;

  #listen(events: Events): void {
    const at = (point: { x: number; y: number }): Picked =>
      pick(this.chart, point, this.#layers, this.#region?.level === "county");
    let frame = 0;
    this.chart.on("mousemove", ({ point, originalEvent }) => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => {
        const picked = at(point);
        this.chart.getCanvas().style.cursor = picked.top ? "pointer" : "";
        events.hover(picked, { x: originalEvent.clientX, y: originalEvent.clientY });
      });
    });
    this.chart.on("mouseout", () => {
      cancelAnimationFrame(frame);
      events.hover(null, { x: 0, y: 0 });
    });
    this.chart.on("click", ({ point }) => events.open(at(point)));
    const moved = later(() => {
      const { lng, lat } = this.chart.getCenter();
      const [bearing, pitch] = [this.chart.getBearing(), this.chart.getPitch()];
      const zoom = this.chart.getZoom();
      events.moved(bearing || pitch ? [lng, lat, zoom, bearing, pitch] : [lng, lat, zoom]);
    }, 150);
    this.chart.on("moveend", moved);
    this.chart.on("error", (event) => {
      const source = (event as { sourceId?: string }).sourceId ?? null;
      events.failed(source, event.error.message);
    });
  }

  /** Draw `layers` as `state` asks, with `region` opened. */
  show(layers: Layer[], state: State, region: Region | null): void {
    this.#layers = layers;
    this.#state = state;
    this.#region = region;
    this.#draw();
  }

  /** Draw what a part has to show above the layers, in place of what it showed before; null takes it away. */
  overlay(id: string, overlay: Overlay | null): void {
    if (overlay) this.#overlays.set(id, overlay);
    else if (!this.#overlays.delete(id)) return;
    this.#draw();
  }

  #draw(): void {
    if (!this.#ready) return;
    const style = styleOf(this.#layers, this.#state, this.#region, this.#names);
    for (const { sources, layers } of this.#overlays.values()) {
      Object.assign(style.sources, sources);
      style.layers.push(...layers);
    }
    swapTiles(this.chart, style);
    this.chart.setStyle(style, { diff: true });
  }

  /** Put the names of the shown regions where their polygons are, now that tiles are loaded. */
  #name(): void {
    const layer = this.#layers.find((candidate) => datasetOf(candidate) === REGION);
    if (!layer || !this.chart.getSource(layer.id)) return;
    const names = namesOf(this.chart, layer.id, REGION, partitionOf(this.#region));
    if (JSON.stringify(names) === JSON.stringify(this.#names)) return;
    this.#names = names;
    (this.chart.getSource(NAMES) as maplibregl.GeoJSONSource | undefined)?.setData(names);
  }

  /** Ask for the tiles again, after some could not be read. */
  reload(): void {
    for (const { id, kind } of this.#layers) {
      const source = this.chart.getSource(id);
      if (!source || kind === "raster") continue;
      (source as maplibregl.VectorTileSource).setTiles((source as maplibregl.VectorTileSource).tiles);
    }
  }

  fit(bounds: Bounds, maxZoom = 14): void {
    this.chart.fitBounds(bounds, { padding: this.padding(), maxZoom, duration: 900 });
  }

  flyTo(lng: number, lat: number): void {
    const zoom = Math.max(this.chart.getZoom(), ASSET_ZOOM);
    this.chart.flyTo({ center: [lng, lat], zoom, padding: this.padding(), duration: 1100 });
  }

  label(text: string): void {
    this.chart.getCanvas().setAttribute("aria-label", text);
  }
}

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

function styleOf(layers: Layer[], state: State, region: Region | null, places: Names): StyleSpecification {
  const look = lookOf(layers, state);
  const markers: LayerSpecification[] = [];
  const names: LayerSpecification[] = [];
  const drawings: LayerSpecification[] = [
    { id: "ground", type: "background", paint: { "background-color": GROUND[state.theme] } },
  ];
  for (const layer of layers) {
    const own = drawingsOf(layer, state.layers[layer.id], look);
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
      ...Object.fromEntries(layers.map((layer) => [layer.id, sourceOf(layer, location.origin)])),
      [NAMES]: { type: "geojson", data: places },
    },
    layers: drawings,
  };
}

/** Filter of the regions to fill and name: the children of the opened one, the rest of the country whole. */
function partitionOf(region: Region | null): ExpressionSpecification {
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
    const common = { source: layer.id, "source-layer": datasetOf(layer), filter: chosen };
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
