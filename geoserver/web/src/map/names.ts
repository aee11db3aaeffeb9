/**
 * One name a region: tiles cut a polygon into pieces and MapLibre would label each of them, so the label
 * stands in the largest piece that is loaded.
 */

import type { FeatureCollection, Point, Polygon, Position } from "geojson";
import type { FilterSpecification, Map as Chart } from "maplibre-gl";

export type Names = FeatureCollection<Point>;

export const NO_NAMES: Names = { type: "FeatureCollection", features: [] };

/** Twice the signed area of a ring, and its centroid. */
export function weigh(ring: readonly Position[]): { area: number; centre: [number, number] } {
  let [area, x, y] = [0, 0, 0];
  ring.forEach(([x0 = 0, y0 = 0], at) => {
    const [x1 = 0, y1 = 0] = ring[(at + 1) % ring.length] ?? [];
    const cross = x0 * y1 - x1 * y0;
    area += cross;
    x += (x0 + x1) * cross;
    y += (y0 + y1) * cross;
  });
  return { area: Math.abs(area), centre: area ? [x / (3 * area), y / (3 * area)] : [0, 0] };
}

/** A label point for every region of `source` that passes `filter` and has a tile loaded. */
export function namesOf(chart: Chart, source: string, sourceLayer: string, filter: FilterSpecification): Names {
  const largest = new Map<string, { area: number; centre: [number, number]; properties: Record<string, unknown> }>();
  for (const { geometry, properties } of chart.querySourceFeatures(source, { sourceLayer, filter })) {
    const parts = geometry.type === "MultiPolygon" ? geometry.coordinates : [(geometry as Polygon).coordinates];
    for (const [ring] of geometry.type === "MultiPolygon" || geometry.type === "Polygon" ? parts : []) {
      const piece = weigh(ring ?? []);
      const code = String(properties["code"]);
      if (piece.area > (largest.get(code)?.area ?? 0)) largest.set(code, { ...piece, properties });
    }
  }
  const features = [...largest].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { centre, properties }]) => ({
    type: "Feature" as const,
    properties,
    geometry: { type: "Point" as const, coordinates: centre.map((part) => Math.round(part * 1e3) / 1e3) },
  }));
  return { type: "FeatureCollection", features };
}
