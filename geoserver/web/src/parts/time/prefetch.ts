/** Fetching ahead: the pictures of the moments beside the shown one, so that a step needs no waiting. */

import type { LngLatBounds } from "maplibre-gl";
import type { Context } from "../../context";
import { later } from "../../dom";
import { isOn } from "../../map/style";
import type { Layer, Moment } from "../../types";
import { past } from "./past";

const WAIT_MS = 250;
const REMEMBERED = 4000;
/** A tile of this size shows a zoom as it is; a raster's is half as wide and one zoom deeper. */
const RASTER_DEEPER = 1;
const MOST_TILES = 60;

/** Tiles (zoom, column, row) of a layer that cover `bounds` at `zoom`, none below its first zoom. */
export function covering(layer: Pick<Layer, "kind" | "minzoom" | "maxzoom">, bounds: LngLatBounds, zoom: number): [number, number, number][] {
  const wanted = Math.floor(zoom) + (layer.kind === "raster" ? RASTER_DEEPER : 0);
  if (wanted < layer.minzoom) return [];
  const z = Math.min(wanted, layer.maxzoom);
  const n = 2 ** z;
  const column = (lng: number): number => clamp(Math.floor(((lng + 180) / 360) * n), n);
  const row = (lat: number): number => {
    const sine = Math.sin((lat * Math.PI) / 180);
    return clamp(Math.floor((0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * n), n);
  };
  const found: [number, number, number][] = [];
  for (let x = column(bounds.getWest()); x <= column(bounds.getEast()); x++) {
    for (let y = row(bounds.getNorth()); y <= row(bounds.getSouth()); y++) found.push([z, x, y]);
  }
  return found.slice(0, MOST_TILES);
}

const clamp = (place: number, n: number): number => Math.min(Math.max(place, 0), n - 1);

/** Return what fetches ahead for the moments that `beside` names, once nothing else is asked for. */
export function fetchAhead(context: Context, beside: () => Moment[]): () => void {
  const done = new Set<string>();
  return later(async () => {
    const chart = context.map()?.chart;
    if (!chart) return;
    for (const { known_at: asOf } of beside()) {
      const { region, layers: choices } = context.store.state;
      const bounds = chart.getBounds();
      try {
        const [layers] = await Promise.all([past.layers(asOf), past.region(region, asOf), past.warnings(asOf)]);
        const wanted = layers.filter((layer) => isOn(layer, choices[layer.id]));
        const tiles = wanted.flatMap((layer) =>
          covering(layer, bounds, chart.getZoom()).map(([z, x, y]) => layer.tiles.replace("{z}", `${z}`).replace("{x}", `${x}`).replace("{y}", `${y}`)),
        );
        for (const tile of tiles.filter((each) => !done.has(each))) {
          done.add(tile);
          await (await fetch(tile, { priority: "low" })).arrayBuffer();
        }
      } catch {
        return; // whoever asks for it will be told
      }
      for (const oldest of [...done].slice(0, -REMEMBERED)) done.delete(oldest);
    }
  }, WAIT_MS);
}
