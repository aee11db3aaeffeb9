/** What the map of items reads from its own origin, and how it is made ready to draw. */

import type { Feature, FeatureCollection, Geometry, Position } from "geojson";
import { api } from "../api";
import { weigh } from "../map/names";
import type { Bounds, Layer, Site, Vocabulary } from "../types";

const TIME_LIMIT_MS = 20_000;

export interface Found {
  items: FeatureCollection<Geometry | null>;
  layers: Layer[];
  site: Site;
  vocabulary: Vocabulary;
}

/** Read the items of `address` and what it takes to draw them. */
export async function read(address: string): Promise<Found> {
  const here = new URL(address, location.href);
  const own = new URL(here.pathname + here.search, location.origin);
  const asked = fetch(own, { headers: { Accept: "application/geo+json" }, signal: AbortSignal.timeout(TIME_LIMIT_MS) });
  const [answer, layers, site, vocabulary] = await Promise.all([asked, api.layers(), api.site(), api.vocabulary()]);
  if (!answer.ok) throw new Error(`${answer.status} ${answer.url}`);
  const found = (await answer.json()) as Feature<Geometry | null> | FeatureCollection<Geometry | null>;
  const items = found.type === "Feature" ? { type: "FeatureCollection" as const, features: [found] } : found;
  return { items, layers, site, vocabulary };
}

/** Features with a place, with their id among the properties, where map expressions find it. */
export function itemsOf({ features }: FeatureCollection<Geometry | null>): FeatureCollection {
  return {
    type: "FeatureCollection",
    features: features
      .filter((feature): feature is Feature => feature.geometry !== null)
      .map(({ id, geometry, properties }) => ({
        type: "Feature",
        geometry,
        properties: { ...properties, id: String(id) },
      })),
  };
}

/** West, south, east and north of all positions; null when there are none. */
export function boundsOf({ features }: FeatureCollection): Bounds | null {
  const bounds: Bounds = [Infinity, Infinity, -Infinity, -Infinity];
  const widen = (part: Position | Position[] | Position[][] | Position[][][]): void => {
    const [x, y] = part;
    if (typeof x !== "number" || typeof y !== "number") {
      (part as Position[]).forEach(widen);
      return;
    }
    bounds[0] = Math.min(bounds[0], x);
    bounds[1] = Math.min(bounds[1], y);
    bounds[2] = Math.max(bounds[2], x);
    bounds[3] = Math.max(bounds[3], y);
  };
  for (const { geometry } of features) if (geometry.type !== "GeometryCollection") widen(geometry.coordinates);
  return Number.isFinite(bounds[0]) ? bounds : null;
}

/** The same features with one place for a name each: areas as a point in their largest part. */
export function placesOf({ features }: FeatureCollection): FeatureCollection {
  return {
    type: "FeatureCollection",
    features: features.map((feature) => {
      const { geometry } = feature;
      const parts = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.type === "MultiPolygon" ? geometry.coordinates : [];
      const pieces = parts.map(([ring]) => weigh(ring ?? [])).sort((a, b) => b.area - a.area);
      const [largest] = pieces;
      return largest ? { ...feature, geometry: { type: "Point", coordinates: largest.centre } } : feature;
    }),
  };
}
