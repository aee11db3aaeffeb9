/** What the tools and the table ask for. */

import type { Feature, FeatureCollection, Geometry } from "geojson";
import { get, part } from "../api";
import type { Lang, Selection } from "../state";
import type { Label, Origin, RegionName, State, Tier } from "../types";

export interface Grid {
  zone: number;
  width: number;
  meridian: number;
  /** Northing, m. */
  x: number;
  /** Easting with the zone's number, m. */
  y: number;
  epsg: number;
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
}

export interface PointReport {
  lon: number;
  lat: number;
  radius_km: number;
  grid: Grid | null;
  grid_6: Grid | null;
  regions: (RegionName & { tier: Tier; state: State })[];
  cell: { id: string; resolution: number; judged: boolean; tier: Tier; state: State; score: number | null };
  rasters: { layer: string; title: Label; value: number | null; unit: string; updated_at: string; origin: Origin }[];
  counts: Record<string, number>;
  assets: Near[];
  places: Near[];
}

/** A property of a collection, as JSON Schema has it. */
export interface Queryable {
  title: string;
  type?: "string" | "integer" | "number" | "boolean";
  format?: string;
  oneOf?: { const: string | number; title: string }[];
  "x-ogc-unit"?: string;
}

export interface Items extends FeatureCollection<Geometry | null> {
  numberMatched?: number;
  links: { rel: string; href: string }[];
}

/** What selects and orders items. */
export interface Asked {
  cql?: string;
  sort?: string;
  bbox?: readonly number[] | null;
  asOf?: string | null;
}

const query = ({ cql, sort, bbox, asOf }: Asked, more: Record<string, string> = {}): URLSearchParams => {
  const asked = new URLSearchParams(more);
  if (cql) asked.set("filter", cql);
  if (sort) asked.set("sortby", sort);
  if (bbox) asked.set("bbox", bbox.map((edge) => edge.toFixed(5)).join(","));
  if (asOf) asked.set("as_of", asOf);
  return asked;
};

const items = (dataset: string, asked: URLSearchParams): string => `/ogc/collections/${part(dataset)}/items?${asked}`;

export const MOST_IDS = 10_000;

export const toolsApi = {
  point: (lng: number, lat: number, km: number, asOf: string | null) =>
    get<PointReport>(`/api/v1/points/${lng},${lat}?${query({ asOf }, { radius_km: String(km) })}`),
  bufferOfShape: (geometry: Geometry, km: number) =>
    get<Feature>(`/api/v1/buffers?${new URLSearchParams({ geometry: JSON.stringify(geometry), km: String(km) })}`),
  bufferOfAsset: ({ dataset, id }: Selection, km: number) =>
    get<Feature>(`/api/v1/buffers?${new URLSearchParams({ dataset, asset: id, km: String(km) })}`),
  queryables: async (dataset: string, lang: Lang): Promise<Record<string, Queryable>> => {
    const found = await get<{ properties: Record<string, Queryable> }>(`/ogc/collections/${part(dataset)}/queryables?f=json&lang=${lang}`);
    return Object.fromEntries(Object.entries(found.properties).filter(([name]) => name !== "geometry"));
  },
  count: async (dataset: string, asked: Asked): Promise<number> =>
    (await get<Items>(items(dataset, query(asked, { f: "json", resulttype: "hits" })))).numberMatched ?? 0,
  /** How many reds a condition leaves out; what is not known of a red does not keep it in. */
  redsLeftOut: async (dataset: string, cql: string, asOf: string | null): Promise<number> => {
    const [all, kept] = await Promise.all(["tier = 4", `tier = 4 AND (${cql})`].map((each) => toolsApi.count(dataset, { cql: each, asOf })));
    return (all ?? 0) - (kept ?? 0);
  },
  ids: async (dataset: string, asked: Asked): Promise<string[] | null> => {
    const sparse = { f: "json", skipGeometry: "true", limit: String(MOST_IDS) };
    const found = await get<Items>(items(dataset, query(asked, sparse)));
    const more = found.links.some(({ rel }) => rel === "next");
    return more ? null : found.features.map(({ id }) => String(id));
  },
  page: (dataset: string, asked: Asked, limit: number) =>
    get<Items>(items(dataset, query(asked, { f: "json", limit: String(limit), "zoom-level": "8" }))),
  next: (address: string) => {
    const { pathname, search } = new URL(address, location.href);
    return get<Items>(pathname + search);
  },
  file: (dataset: string, asked: Asked, format: string, lang: Lang) => items(dataset, query(asked, { f: format, lang })),
};
