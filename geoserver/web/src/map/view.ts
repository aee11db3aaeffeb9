/** The map: its style is a pure function of the layers and the state, set anew after every change. */

import maplibregl, { type FilterSpecification, type LayerSpecification, type Map as Chart, type StyleSpecification } from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import workerUrl from "maplibre-gl/dist/maplibre-gl-csp-worker.js?url";
import { later } from "../dom";
import type { State } from "../state";
import type { Bounds, Layer, Region } from "../types";
import { NAMES, partitionOf, REGION, styleOf } from "./compose";
import { draw } from "./images";
import { namesOf, NO_NAMES } from "./names";
import { pick, type Picked, type Thing } from "./pick";
import { RASTER_PROTOCOL, rasterTile } from "./rasters";
import { type Retiered, retiered } from "./retier";
import { datasetOf } from "./style";
import { swapTiles } from "./swap";
import { TERRAIN_PROTOCOL, terrainTile } from "./terrain";

maplibregl.setWorkerUrl(workerUrl);
maplibregl.addProtocol(RASTER_PROTOCOL, rasterTile);
maplibregl.addProtocol(TERRAIN_PROTOCOL, terrainTile);

export const FONTS = "'Noto Sans CJK SC','Noto Sans SC','PingFang SC','Microsoft YaHei',sans-serif";
/** What a site without areas shows first: China. */
export const WHOLE: Bounds = [73, 17, 136, 54];
const ASSET_ZOOM = 11.5;
const MAX_PITCH = 75;
/** How the map leans when its ground gets a third dimension. */
const LEANING = 55;

export interface Events {
  /** `point` is in pixels of the window. */
  hover: (picked: Picked | null, point: { x: number; y: number }) => void;
  open: (picked: Picked) => void;
  moved: (view: NonNullable<State["view"]>) => void;
}

/** What a part draws above the layers; its ids begin with the part's name. */
export interface Overlay {
  sources: StyleSpecification["sources"];
  layers: LayerSpecification[];
}

/** What of the state the style depends on; all else changes nothing on the map. */
const DRAWN = ["lang", "theme", "layers", "terrain", "region", "selected", "moment", "asOf"] as const satisfies readonly (keyof State)[];

/** What tells one style from another; the names follow the tiles by themselves. */
const textOf = (style: StyleSpecification): string =>
  JSON.stringify({ ...style, sources: { ...style.sources, [NAMES]: null } });

/** Give a map the pictures that its style asks for by name. */
export function drawMissing(chart: Chart): void {
  chart.on("styleimagemissing", ({ id }) => {
    const made = draw(id);
    if (made && !chart.hasImage(id)) chart.addImage(id, made.image, { pixelRatio: made.pixelRatio });
  });
}

export class OneMap {
  readonly chart: Chart;
  #layers: Layer[];
  #state: State;
  #region: Region | null = null;
  #names = NO_NAMES;
  /** The style on the screen, and whether the names in it may be out of place. */
  #drawn = "";
  #unnamed = true;
  readonly #overlays = new Map<string, Overlay>();
  /** Ids of a dataset that alone are drawn. */
  readonly #only = new Map<string, readonly string[]>();
  #retiered: Retiered = new Map();
  #ready = false;
  readonly #pointing = new Set<(thing: Thing | null) => void>();
  /** What lies under the pointer. */
  #pointed = "";

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
    const style = styleOf(layers, state, null, NO_NAMES);
    this.#drawn = textOf(style);
    this.chart = new maplibregl.Map({
      container,
      style,
      ...(state.view
        ? { center: [state.view[0], state.view[1]], zoom: state.view[2], bearing: state.view[3] ?? 0, pitch: state.view[4] ?? 0 }
        : { bounds: bounds ?? WHOLE, fitBoundsOptions: { padding: padding() } }),
      localIdeographFontFamily: FONTS,
      attributionControl: false,
      maxPitch: MAX_PITCH,
      minZoom: 2,
      maxZoom: 18,
      fadeDuration: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 200,
      refreshExpiredTiles: false,
    });
    this.padding = padding;
    this.chart.touchZoomRotate.disableRotation(); // two fingers mean to zoom; the buttons turn the map
    this.chart.addControl(new maplibregl.ScaleControl({ maxWidth: 120, unit: "metric" }), "bottom-left");
    drawMissing(this.chart);
    this.chart.once("style.load", () => {
      this.#ready = true;
      this.#draw();
    });
    this.chart.on("idle", () => this.#name());
    this.chart.on("sourcedata", ({ tile, sourceId }) => {
      if (tile && sourceId === this.#regions()?.id) this.#unnamed = true;
    });
    this.chart.on("moveend", () => (this.#unnamed = true));
    this.#listen(events);
  }

  private readonly padding: () => maplibregl.PaddingOptions;

  #listen(events: Events): void {
    const at = (point: { x: number; y: number }): Picked =>
      pick(this.chart, point, this.#layers, this.#region?.level === "county", this.#retiered);
    let frame = 0;
    this.chart.on("mousemove", ({ point, originalEvent }) => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => {
        const picked = at(point);
        this.chart.getCanvas().style.cursor = picked.top ? "pointer" : "";
        this.#point(picked.top);
        events.hover(picked, { x: originalEvent.clientX, y: originalEvent.clientY });
      });
    });
    this.chart.on("mouseout", () => {
      cancelAnimationFrame(frame);
      this.#point(null);
      events.hover(null, { x: 0, y: 0 });
    });
    this.chart.on("click", ({ point }) => events.open(at(point)));
    const seen = (): NonNullable<State["view"]> => {
      const { lng, lat } = this.chart.getCenter();
      const [bearing, pitch] = [this.chart.getBearing(), this.chart.getPitch()];
      const zoom = this.chart.getZoom();
      return bearing || pitch ? [lng, lat, zoom, bearing, pitch] : [lng, lat, zoom];
    };
    let told = String(seen());
    const moved = later(() => {
      const view = seen();
      if (String(view) === told) return; // a map that changed its size has moved nowhere
      told = String(view);
      events.moved(view);
    }, 150);
    this.chart.on("moveend", moved);
  }

  /** Call `listener` whenever something else lies under the pointer, until what is returned is called. */
  pointing(listener: (thing: Thing | null) => void): () => void {
    this.#pointing.add(listener);
    return () => this.#pointing.delete(listener);
  }

  #point(thing: Thing | null): void {
    const pointed = thing ? `${thing.dataset}/${thing.id}` : "";
    if (pointed === this.#pointed) return;
    this.#pointed = pointed;
    for (const listener of this.#pointing) listener(thing);
  }

  /** Draw `layers` as `state` asks, with `region` opened. */
  show(layers: Layer[], state: State, region: Region | null): void {
    const same = layers === this.#layers && region === this.#region && DRAWN.every((name) => state[name] === this.#state[name]);
    this.#layers = layers;
    this.#state = state;
    this.#region = region;
    if (!same) this.#draw();
  }

  /** Lean over a ground with three dimensions, or look straight down again. */
  lean(leaning: boolean): void {
    this.chart.easeTo(leaning ? { pitch: LEANING } : { pitch: 0, bearing: 0 });
  }

  /** Draw what a part has to show above the layers, in place of what it showed before; null takes it away. */
  overlay(id: string, overlay: Overlay | null): void {
    if (overlay) this.#overlays.set(id, overlay);
    else if (!this.#overlays.delete(id)) return;
    this.#draw();
  }

  /** Draw only these features of a dataset; null draws all of them again. */
  restrict(dataset: string, ids: readonly string[] | null): void {
    if (ids) this.#only.set(dataset, ids);
    else if (!this.#only.delete(dataset)) return;
    this.#draw();
  }

  /** Draw features in other tiers than the tiles say; null draws them as they are. */
  retier(others: Retiered | null): void {
    if (!others && !this.#retiered.size) return;
    this.#retiered = others ?? new Map();
    this.#draw();
  }

  /** What is on the map now, as `theme` has it. */
  styleIn(theme: State["theme"]): StyleSpecification {
    return this.#composed({ ...this.#state, theme });
  }

  #composed(state: State): StyleSpecification {
    const style = styleOf(this.#layers, state, this.#region, this.#names);
    style.layers = style.layers.map((drawing) => retiered(restricted(drawing, this.#only), this.#retiered));
    for (const { sources, layers } of this.#overlays.values()) {
      Object.assign(style.sources, sources);
      style.layers.push(...layers);
    }
    return style;
  }

  #draw(): void {
    if (!this.#ready) return;
    const style = this.#composed(this.#state);
    const text = textOf(style);
    if (text === this.#drawn) return;
    this.#drawn = text;
    this.#unnamed = true;
    swapTiles(this.chart, style);
    // What a style of ours may be is tested; checking it again takes longer than changing it.
    const { terrain = null, ...flat } = style;
    const standing = this.chart.getTerrain();
    // MapLibre 5.24 fails to change the terrain by a difference of styles, and then begins everything anew.
    this.chart.setStyle({ ...flat, ...(standing ? { terrain: standing } : {}) }, { diff: true, validate: false });
    if (JSON.stringify(standing) !== JSON.stringify(terrain)) this.chart.setTerrain(terrain);
  }

  /** Put the names of the shown regions where their polygons are, now that tiles are loaded. */
  #name(): void {
    const layer = this.#regions();
    if (!this.#unnamed) return;
    this.#unnamed = false;
    if (!layer || !this.chart.getSource(layer.id)) return;
    const names = namesOf(this.chart, layer.id, REGION, partitionOf(this.#region));
    if (JSON.stringify(names) === JSON.stringify(this.#names)) return;
    this.#names = names;
    (this.chart.getSource(NAMES) as maplibregl.GeoJSONSource | undefined)?.setData(names);
  }

  #regions(): Layer | undefined {
    return this.#layers.find((layer) => datasetOf(layer) === REGION);
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

/** A drawing with the filter of its dataset: a lookup, as fast for ten thousand ids as for one. */
function restricted(drawing: LayerSpecification, only: ReadonlyMap<string, readonly string[]>): LayerSpecification {
  const ids = "source-layer" in drawing && drawing["source-layer"] ? only.get(drawing["source-layer"]) : undefined;
  if (!ids) return drawing;
  const kept = ids.length ? ["match", ["to-string", ["get", "id"]], [...ids], true, false] : ["literal", false];
  const filter = "filter" in drawing && drawing.filter ? ["all", drawing.filter, kept] : kept;
  return { ...drawing, filter: filter as FilterSpecification } as LayerSpecification;
}
