/** The JSON that the server speaks. */

export interface Label {
  zh: string;
  en: string;
}

export type Tier = 0 | 1 | 2 | 3 | 4;
export type State = "sufficient" | "stale" | "insufficient" | "missing";
export type Origin = "sample" | "public" | "operator";
export type Level = "nation" | "province" | "city" | "county" | "township";
export type Bounds = [west: number, south: number, east: number, north: number];

export interface Evidence {
  key: string;
  label: Label;
  value: number | string | null;
  unit: string;
  tier: Tier;
  state: State;
  method: string;
  standing: string | null;
  clause: string;
  provenance: string;
  threshold: string;
  valid_time: string;
  source: string;
  note: Label | null;
  inputs: Evidence[];
}

export interface Site {
  title: Label;
  origin: Origin;
  reference_time: string | null;
  run: { id: string; finished_at: string; counts: Record<string, unknown> } | null;
  missing: { what: Label; why: Label }[];
  bounds: Bounds | null;
  areas: { id: string; title: Label; bounds: Bounds | null }[];
  review_number: string | null;
  /** Whether there is a verification report. */
  verified?: boolean;
}

export interface TierWord extends Label {
  tier: Tier;
  key: string;
  colour: string;
  numeral: string;
}

export interface Word extends Label {
  key: string;
}

export interface Vocabulary {
  tiers: TierWord[];
  states: Word[];
  standings: Word[];
  levels: Word[];
  variables: Record<string, Label & { unit: string }>;
}

export interface Layer {
  id: string;
  title: Label;
  description: Label | null;
  group: Label & { id: string };
  kind: "vector" | "raster" | "cells";
  geometry: string | null;
  tiles: string;
  /** Tiles of heights, of a layer of elevation. */
  terrain?: string;
  source_layer?: string;
  bounds?: Bounds | null;
  minzoom: number;
  maxzoom: number;
  visible: boolean;
  style: Record<string, unknown>;
  legend: { colour: string; label: Label }[];
  attribution: string | Label | null;
  licence: string | null;
  origin: Origin;
  updated_at: string | null;
  count: number | null;
  /** Property that says when a feature occurred, where they do. */
  occurred?: string | null;
  /** What it was made from, and the record of that in the catalogue. */
  lineage?: { text: string; record: string | null }[];
}

export type Counts = Partial<Record<string, number>>;

export interface RegionName {
  code: string;
  name: string;
  level: Level;
}

export interface Contributor {
  dataset: string;
  id: string;
  name: string;
  tier: Tier;
  score: number | null;
  weight: number;
  share: number;
  state: State;
}

export interface Region extends RegionName {
  parent: string | null;
  bounds: Bounds;
  breadcrumb: RegionName[];
  risk: {
    tier: Tier;
    state: State;
    score: number | null;
    nemerow: number | null;
    rule_tier: Tier | null;
    coverage: number | null;
    assets: number;
    counts: Counts;
    contributors: Contributor[];
    explanation: Evidence | null;
  } | null;
  children: (RegionName & {
    tier: Tier;
    state: State;
    score: number | null;
    coverage: number | null;
    assets: number;
    counts: Counts;
  })[];
}

export type DeskState = "unacknowledged" | "acknowledged" | "escalated" | "closed";

/** Where a warning stands at the duty desk; its colour and its counting do not depend on it. */
export interface Desk {
  state: DeskState;
  by: string | null;
  at: string | null;
  assigned_to: string | null;
  /** The highest level that was told. */
  level: string | null;
  /** Until when somebody must have answered. */
  due_at: string | null;
  next_level: string | null;
  /** Why it was closed. */
  reason: string | null;
  actions: number;
  /** The moment of the last message or act, as wide as any other: texts compare as times do. */
  changed_at: string;
}

export interface Warning {
  id: string | number;
  identifier: string;
  dataset: string;
  asset_id: string;
  asset_name: string;
  region: { code: string; name: string } | null;
  tier: Tier;
  status: string;
  msg_type: string;
  headline: Label;
  raised_at: string;
  updated_at: string;
  cancelled_at: string | null;
  expires_at: string | null;
  lon: number;
  lat: number;
  cap: string | null;
  origin: Origin;
  desk: Desk;
}

export interface Reading {
  point_id: string;
  variable: string;
  value: number | null;
  unit: string;
  observed_at: string;
  qc: string;
  origin: Origin;
}

export interface Property {
  name: string;
  label: Label;
  value: string | number | boolean | null;
  value_label?: Label | null;
  unit: string;
}

/** Any feature of a dataset; `assessment` is there for supervised assets. */
export interface Asset {
  dataset: string;
  id: string;
  name: string | null;
  origin: Origin;
  geometry: { type: string; bounds: Bounds } | null;
  properties: Property[];
  assessment: {
    tier: Tier;
    statutory: Tier | null;
    model: Tier | null;
    satellite: Tier | null;
    state: State;
    score: number | null;
    coverage: number | null;
    valid_at: string | null;
    chain: Evidence | null;
  } | null;
  readings: Reading[];
  regions: (RegionName & { weight: number })[];
  cells: { id: string; fraction: number }[];
  warnings: Warning[];
}

export interface Cell {
  id: string;
  resolution: number;
  tier: Tier;
  state: State;
  score: number | null;
  p: number | null;
  area_km2: number;
  assets: { dataset: string; id: string; name: string; tier: Tier; state?: State }[];
  chain: Evidence | null;
}

/** How a text was read. */
export interface How extends Label {
  kind: "decimal" | "dms" | "grid" | "h3" | "code";
  epsg: number | null;
}

export interface Found {
  kind: "feature" | "region" | "cell" | "coordinate";
  /** None where a coordinate was found. */
  dataset: string | null;
  id: string;
  name: string;
  code?: string | null;
  tier: Tier | null;
  state?: State | null;
  level?: Level | null;
  lon: number;
  lat: number;
  how: How | null;
}

/** RFC 9457 with the project's four words. */
export interface Problem {
  title: string;
  status: number;
  detail?: string;
  what?: string;
  where?: string;
  expected?: string;
  got?: string;
}

/** A published run: the time it is about, when it became known, and how the assets stood. */
export interface Moment {
  run: string;
  valid_at: string;
  known_at: string;
  /** Assets by tier. */
  tiers: Counts;
  warnings: number;
  /** Whether its cells are still kept. */
  cells: boolean;
}
