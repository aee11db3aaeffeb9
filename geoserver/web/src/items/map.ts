/** A map of items alone, on the quiet ground of the one map. */

import maplibregl, { type FilterSpecification, type Map as Chart, type StyleSpecification } from "maplibre-gl";
import type { FeatureCollection } from "geojson";
import { ACCENT, GROUND, lookOf } from "../map/compose";
import { datasetOf, drawingsOf, isTiered, sourcesOf } from "../map/style";
import { drawMissing, FONTS, WHOLE } from "../map/view";
import { INITIAL } from "../state";
import type { Layer } from "../types";
import { itemDrawings, marked, PLACES, SOURCE } from "./drawings";
import { boundsOf, placesOf } from "./read";

const QUIET_GROUP = "base";
const ROOM = 36;
const NEAREST = 12;
const NOBODY = "";

export class ItemMap {
  /** The layers whose data are on the map. */
  readonly drawn: Layer[];
  /** Whether the items are coloured by warning tier. */
  readonly tiered: boolean;
  readonly #chart: Chart;
  readonly #parts: string[];

  constructor(container: HTMLElement, items: FeatureCollection, collection: string, layers: Layer[]) {
    const own = layers.find((layer) => layer.kind !== "raster" && datasetOf(layer) === collection) ?? null;
    const ground = layers.filter((layer) => layer !== own && layer.group.id === QUIET_GROUP && layer.kind === "vector" && layer.visible);
    this.tiered = own !== null && isTiered(own);
    this.drawn = own ? [...ground, { ...own, visible: true }] : ground;
    const style = styleOf(items, own, ground, layers);
    this.#parts = style.layers.filter((part) => "source" in part && [SOURCE, PLACES].includes(part.source) && !part.id.includes(":marked")).map(({ id }) => id);
    this.#chart = new maplibregl.Map({
      container,
      style,
      bounds: boundsOf(items) ?? WHOLE,
      fitBoundsOptions: { padding: ROOM, maxZoom: NEAREST },
      localIdeographFontFamily: FONTS,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      maxPitch: 0,
      maxZoom: 18,
      fadeDuration: 0,
    });
    this.#chart.touchZoomRotate.disableRotation();
    this.#chart.keyboard.disableRotation();
    this.#chart.scrollZoom.disable(); // the page scrolls; the buttons and a double click zoom
    this.#chart.addControl(new maplibregl.NavigationControl({ showCompass: false }), "top-right");
    this.#chart.addControl(new maplibregl.ScaleControl({ maxWidth: 120, unit: "metric" }), "bottom-left");
    drawMissing(this.#chart);
    this.#chart.on("mousemove", ({ point }) => {
      this.#chart.getCanvas().style.cursor = this.#at(point) === null ? "" : "pointer";
    });
    Object.assign(window, { minegisMap: this.#chart });
  }

  /** Call `open` with the id of an item that is clicked. */
  onOpen(open: (id: string) => void): void {
    this.#chart.on("click", ({ point }) => {
      const id = this.#at(point);
      this.mark(id);
      if (id !== null) open(id);
    });
  }

  /** Outline one item, or none. */
  mark(id: string | null): void {
    if (!this.#chart.isStyleLoaded()) return;
    for (const part of marked(id ?? NOBODY, ACCENT.day)) {
      if ("filter" in part) this.#chart.setFilter(part.id, part.filter as FilterSpecification);
    }
  }

  label(text: string): void {
    this.#chart.getCanvas().setAttribute("aria-label", text);
  }

  #at(point: { x: number; y: number }): string | null {
    const [found] = this.#chart.queryRenderedFeatures([point.x, point.y], { layers: this.#parts });
    return found ? String(found.properties["id"]) : null;
  }
}

function styleOf(items: FeatureCollection, own: Layer | null, ground: Layer[], layers: Layer[]): StyleSpecification {
  const look = lookOf(layers, INITIAL);
  return {
    version: 8,
    sources: {
      ...sourcesOf(ground, location.origin),
      [SOURCE]: { type: "geojson", data: items },
      [PLACES]: { type: "geojson", data: placesOf(items) },
    },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": GROUND.day } },
      ...ground.flatMap((layer) => drawingsOf(layer, undefined, look)),
      ...itemDrawings(own, look),
      ...marked(NOBODY, ACCENT.day),
    ],
  };
}
