/** What the card and the region panel ask for: series, images, surroundings, the past, what a score is made of. */

import { get, part } from "../api";
import type { Asset, Bounds, Counts, Label, Origin, State, Tier } from "../types";

export type Direction = "above" | "below";
export type LimitKind = "designer" | "statutory" | "rule";

/** Where a tier begins on the scale of a point's readings. */
export interface Limit {
  tier: Tier;
  value: number;
  direction: Direction;
  kind: LimitKind;
  clause: string;
  item: string;
  label: Label;
}

/** Time, value (null where the point was silent), QARTOD flag. */
export type Sample = [at: string, value: number | null, qc: number];

export interface PointSeries {
  point_id: string;
  name: string;
  variable: string;
  label: Label;
  unit: string;
  interval_minutes: number;
  thresholds: Limit[];
  samples: Sample[];
  total: number;
  shown: number;
}

/** What is required of an item beside what is. */
export interface Margin {
  item: string;
  label: Label;
  unit: string;
  tier: Tier;
  state: State;
  required: number | null;
  present: number | null;
  margin: number | null;
  left: number | null;
  direction: Direction;
  kind: LimitKind;
  clause: string;
  point_id: string | null;
  valid_time: string | null;
  note: Label | null;
}

export interface Series {
  since: string;
  until: string;
  judged_at: string;
  series: PointSeries[];
  margins: Margin[];
}

export interface DatedImage {
  layer: string | null;
  title: Label;
  since: string;
  at: string;
  thumbnail: string;
  bounds: Bounds;
  source: string;
  origin: Origin;
}

export interface Near {
  dataset: string;
  id: string;
  name: string | null;
  distance_km: number;
  bearing: number;
  lon: number;
  lat: number;
  tier?: Tier;
  state?: State;
  population?: number | null;
  variable?: string;
  asset_id?: string;
}

export type NearKind = "assets" | "places" | "facilities" | "stations";

export interface Nearby extends Record<NearKind, Near[]> {
  radius_km: number;
  counts: Record<NearKind, number>;
}

export interface Past {
  valid_at: string;
  known_at: string;
  tier: Tier;
  state: State;
  score: number | null;
  counts?: Counts;
}

export interface Change {
  key: string;
  label: Label;
  shift: number | null;
  unit: string;
  tier: Tier | null;
}

export interface Explanation {
  tier: Tier;
  score: number;
  held: boolean;
  factors: { key: string; label: Label; points: number }[];
  counterfactuals: { tier: Tier; changes: Change[] }[];
}

const path = (dataset: string, id: string): string => `/api/v1/assets/${part(dataset)}/${id.split("/").map(part).join("/")}`;

/** Append what is given, and the moment whose knowledge is asked for. */
function query(asOf: string | null, given: Record<string, string | number> = {}): string {
  const words = new URLSearchParams(Object.entries(given).map(([name, value]) => [name, String(value)]));
  if (asOf) words.set("as_of", asOf);
  const text = words.toString();
  return text ? `?${text}` : "";
}

export const cardApi = {
  asset: (dataset: string, id: string, asOf: string | null) => get<Asset>(path(dataset, id) + query(asOf)),
  series: (dataset: string, id: string, asOf: string | null, period: { since?: string; until?: string } = {}) =>
    get<Series>(`${path(dataset, id)}/series${query(asOf, period)}`),
  images: (dataset: string, id: string, asOf: string | null) => get<DatedImage[]>(`${path(dataset, id)}/images${query(asOf)}`),
  nearby: (dataset: string, id: string, asOf: string | null, radius: number) =>
    get<Nearby>(`${path(dataset, id)}/nearby${query(asOf, { radius_km: radius })}`),
  history: (dataset: string, id: string) => get<Past[]>(`${path(dataset, id)}/history`),
  /** Where an asset is as a file. */
  file: (dataset: string, id: string, asOf: string | null, format: string) => `${path(dataset, id)}/download${query(asOf, { f: format })}`,
  regionHistory: (code: string) => get<Past[]>(`/api/v1/regions/${part(code)}/history`),
  explanation: (subject: string, asOf: string | null) =>
    get<Explanation>(`/api/v1/explanations/${subject.split("/").map(part).join("/")}${query(asOf)}`),
};
