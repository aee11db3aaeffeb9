/** What lies around an incident: rings, how many people are registered in them, how far a failure may reach; pure. */

import type { Feature, FeatureCollection } from "geojson";
import type { Near } from "../../api/card";
import type { Bounds, Evidence } from "../../types";
import { nodes } from "../card/words";
import { circle, destination, type Place } from "../tools/geodesy";

export const RINGS_KM = [1, 3, 5, 10] as const;
export const FARTHEST_KM = 10;

export interface Tally {
  km: number;
  places: number;
  /** Sum of the places that have a figure. */
  population: number;
  /** Places without one. */
  unknown: number;
}

/** Places and their registered population within a distance. */
export function tally(places: readonly Near[], km: number): Tally {
  const inside = places.filter(({ distance_km: away }) => away <= km);
  const known = inside.filter(({ population }) => typeof population === "number");
  const population = known.reduce((sum, each) => sum + (each.population ?? 0), 0);
  return { km, places: inside.length, population, unknown: inside.length - known.length };
}

export interface Runout {
  /** Kilometres. */
  p10: number | null;
  p50: number | null;
  p90: number | null;
  downstream: number | null;
}

/** What the consequence of the asset's chain says; null where there is no such node. */
export function runoutOf(chain: Evidence | null | undefined): Runout | null {
  if (!chain) return null;
  const all = nodes(chain);
  const figure = (key: string): number | null => {
    const found = all.find((node) => node.key === key && node.state !== "missing")?.value;
    return typeof found === "number" && Number.isFinite(found) ? found : null;
  };
  const km = (key: string): number | null => {
    const metres = figure(key);
    return metres === null ? null : metres / 1000;
  };
  const found = { p10: km("runout/P10"), p50: km("runout/P50"), p90: km("runout/P90"), downstream: figure("population_downstream") };
  return found.p10 === null && found.p50 === null && found.p90 === null ? null : found;
}

const feature = (geometry: Feature["geometry"], properties: Record<string, unknown>): Feature => ({ type: "Feature", properties, geometry });

/** Where the labels of rings stand: apart from those of the runout, and clear of the palette. */
const LABELLED_AT = 45;

/** The rings around a place, each with its label. */
export function rings(centre: Place): FeatureCollection {
  const features = RINGS_KM.flatMap((km) => [
    feature({ type: "LineString", coordinates: circle(centre, km * 1000) }, { km }),
    feature({ type: "Point", coordinates: destination(centre, km * 1000, LABELLED_AT) }, { km, text: `${km} km` }),
  ]);
  return { type: "FeatureCollection", features };
}

/** The band between the short and the long runout, and its middle. */
export function band(centre: Place, { p10, p50, p90 }: Runout): FeatureCollection {
  const features: Feature[] = [];
  const around = (km: number): Place[] => circle(centre, km * 1000, 96);
  if (p10 !== null && p90 !== null && p90 > p10) {
    features.push(feature({ type: "Polygon", coordinates: [around(p90), around(p10).reverse()] }, { part: "band" }));
  }
  for (const [name, km] of [["P10", p10], ["P50", p50], ["P90", p90]] as const) {
    if (km === null) continue;
    features.push(feature({ type: "LineString", coordinates: around(km) }, { part: name }));
    features.push(feature({ type: "Point", coordinates: destination(centre, km * 1000, 180) }, { part: name, text: `${name} ${km < 10 ? km.toFixed(1) : km.toFixed(0)} km` }));
  }
  return { type: "FeatureCollection", features };
}

/** A box that holds a circle. */
export function boxAround(centre: Place, km: number): Bounds {
  const [north, east, south, west] = [0, 90, 180, 270].map((bearing) => destination(centre, km * 1000, bearing)) as [Place, Place, Place, Place];
  return [west[0], south[1], east[0], north[1]];
}
