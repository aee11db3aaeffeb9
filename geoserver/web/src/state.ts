/** The page's whole state: one object, mirrored to and from the address. */

import type { Feature } from "geojson";
import { NO_FILTER, type RailFilter, readRailFilter, writeRailFilter } from "./parts/rail/order";
import type { Tier } from "./types";

export type Lang = "zh" | "en";
export type Theme = "day" | "night";
export type Workplace = "monitoring" | "command" | "decision";
export type Tab = "regions" | "layers";
export type Tool = "measure" | "draw" | "identify" | "filter" | "plot";

export interface Selection {
  kind: "feature" | "cell";
  dataset: string;
  id: string;
}

export interface LayerChoice {
  on?: boolean;
  opacity?: number;
  /** Place in the drawing order, 0 at the bottom; the server's own where it is not given. */
  place?: number;
}

/** Two moments side by side: the chosen one and `with` (empty: now). */
export interface Compare {
  mode: "swipe" | "split";
  with: string;
  /** Where the divider stands, 0 to 1. */
  at: number;
}

export interface Filter {
  dataset: string;
  /** CQL2 text. */
  cql: string;
}

export interface Table {
  dataset: string;
  /** As `sortby` of OGC API – Features: `-tier,name`. */
  sort: string;
  /** Only what the map shows. */
  within: boolean;
}

export interface WhatIf {
  /** Rain, mm, that falls in `hours`. */
  rain: number;
  hours: number;
  /** Peak ground acceleration, g. */
  pga: number;
  /** Rise of every pond, m. */
  pond: number;
}

export interface Wall {
  scene: string;
  /** Seconds a scene; 0 stays. */
  loop: number;
  /** Under which a phone can drive it; empty for none. */
  name: string;
}

export interface State {
  lang: Lang;
  theme: Theme;
  workplace: Workplace;
  tab: Tab;
  /** Longitude, latitude, zoom, and where the map is turned bearing and pitch; null until the map was moved. */
  view: [lng: number, lat: number, zoom: number, bearing?: number, pitch?: number] | null;
  region: string;
  selected: Selection | null;
  /** Tiers hidden in the warnings list. */
  hidden: Tier[];
  rail: RailFilter;
  /** Only what differs from the server's defaults. */
  layers: Record<string, LayerChoice>;
  terrain: boolean;
  /** Valid time shown, ISO; null is now. */
  moment: string | null;
  /** As known at this time, ISO; null is as known now. */
  asOf: string | null;
  compare: Compare | null;
  tool: Tool | null;
  /** Place whose report is shown. */
  point: [lng: number, lat: number] | null;
  drawn: Feature[];
  filter: Filter | null;
  table: Table | null;
  /** Warning that the command workplace is about. */
  incident: string | null;
  whatIf: WhatIf | null;
  wall: Wall | null;
  /** Name of the wall that this page drives. */
  remote: string | null;
}

export const NATION = "100000";

export const INITIAL: State = {
  lang: "zh",
  theme: "day",
  workplace: "monitoring",
  tab: "regions",
  view: null,
  region: NATION,
  selected: null,
  hidden: [],
  rail: NO_FILTER,
  layers: {},
  terrain: false,
  moment: null,
  asOf: null,
  compare: null,
  tool: null,
  point: null,
  drawn: [],
  filter: null,
  table: null,
  incident: null,
  whatIf: null,
  wall: null,
  remote: null,
};

const TIERS: readonly Tier[] = [4, 3, 2, 1, 0];

/** Write what differs from `INITIAL` as a query string (empty when nothing does). */
export function toQuery(state: State): string {
  const query = new URLSearchParams();
  if (state.lang !== INITIAL.lang) query.set("lang", state.lang);
  if (state.theme !== INITIAL.theme) query.set("theme", state.theme);
  if (state.workplace !== INITIAL.workplace) query.set("work", state.workplace);
  if (state.tab !== INITIAL.tab) query.set("tab", state.tab);
  if (state.region !== INITIAL.region) query.set("region", state.region);
  if (state.selected) {
    const { kind, dataset, id } = state.selected;
    query.set("show", [kind, dataset, id].map(encodeURIComponent).join("/"));
  }
  if (state.hidden.length) query.set("hide", [...state.hidden].sort().join(","));
  const rail = writeRailFilter(state.rail);
  if (rail) query.set("rail", rail);
  for (const [id, choice] of Object.entries(state.layers)) {
    const text = writeLayer(choice);
    if (text) query.append("layer", `${encodeURIComponent(id)}:${text}`);
  }
  if (state.terrain) query.set("terrain", "1");
  if (state.moment) query.set("time", state.moment);
  if (state.asOf) query.set("as_of", state.asOf);
  if (state.compare) query.set("compare", [state.compare.mode, state.compare.at.toFixed(3), state.compare.with].join(","));
  if (state.tool) query.set("tool", state.tool);
  if (state.point) query.set("point", state.point.map((part) => part.toFixed(5)).join(","));
  if (state.drawn.length) query.set("drawn", JSON.stringify(state.drawn));
  if (state.filter) query.set("filter", `${state.filter.dataset}:${state.filter.cql}`);
  if (state.table) query.set("table", [state.table.dataset, state.table.within ? "map" : "all", state.table.sort].join(":"));
  if (state.incident) query.set("incident", state.incident);
  if (state.whatIf) {
    const { rain, hours, pga, pond } = state.whatIf;
    query.set("what_if", [rain, hours, pga, pond].join(","));
  }
  if (state.wall) {
    query.set("wall", state.wall.scene);
    if (state.wall.loop) query.set("loop", String(state.wall.loop));
    if (state.wall.name) query.set("name", state.wall.name);
  }
  if (state.remote) query.set("remote", state.remote);
  if (state.view) query.set("at", writeView(state.view));
  return query.toString();
}

function writeView([lng, lat, zoom, bearing = 0, pitch = 0]: NonNullable<State["view"]>): string {
  const turned = bearing || pitch ? [bearing.toFixed(1), pitch.toFixed(1)] : [];
  return [lng.toFixed(4), lat.toFixed(4), zoom.toFixed(2), ...turned].join(",");
}

function writeLayer({ on, opacity, place }: LayerChoice): string {
  const words = [
    on === undefined ? "" : on ? "on" : "off",
    opacity === undefined ? "" : opacity.toFixed(2),
    place === undefined ? "" : String(place),
  ];
  return words.some(Boolean) ? words.join(":").replace(/:$/, "") : "";
}

/** Read a query string; what cannot be read falls back to `INITIAL`. */
export function fromQuery(text: string): State {
  const query = new URLSearchParams(text);
  const region = query.get("region");
  const wall = query.get("wall");
  return {
    lang: oneOf(query.get("lang"), ["en"], INITIAL.lang),
    theme: oneOf(query.get("theme"), ["night"], INITIAL.theme),
    workplace: oneOf(query.get("work"), ["command", "decision"], INITIAL.workplace),
    tab: oneOf(query.get("tab"), ["layers"], INITIAL.tab),
    view: readView(query.get("at")),
    region: region && /^\d{6}(\d{3})?$/.test(region) ? region : NATION,
    selected: readSelection(query.get("show")),
    hidden: (query.get("hide") ?? "")
      .split(",")
      .filter(Boolean)
      .map(Number)
      .filter((tier): tier is Tier => TIERS.includes(tier as Tier)),
    rail: readRailFilter(query.get("rail")),
    layers: Object.fromEntries(query.getAll("layer").map(readLayer)),
    terrain: query.get("terrain") === "1",
    moment: readMoment(query.get("time")),
    asOf: readMoment(query.get("as_of")),
    compare: readCompare(query.get("compare")),
    tool: oneOf(query.get("tool"), ["measure", "draw", "identify", "filter", "plot"], null),
    point: readPoint(query.get("point")),
    drawn: readDrawn(query.get("drawn")),
    filter: readFilter(query.get("filter")),
    table: readTable(query.get("table")),
    incident: query.get("incident") || null,
    whatIf: readWhatIf(query.get("what_if")),
    wall: wall ? { scene: wall, loop: Math.max(0, number(query.get("loop") ?? "0") ?? 0), name: readName(query.get("name")) ?? "" } : null,
    remote: readName(query.get("remote")),
  };
}

function oneOf<const T extends string, D>(text: string | null, allowed: readonly T[], fallback: D): T | D {
  return allowed.find((word) => word === text) ?? fallback;
}

function number(text: string | undefined): number | null {
  const found = text?.trim() ? Number(text) : Number.NaN;
  return Number.isFinite(found) ? found : null;
}

function readView(text: string | null): State["view"] {
  const [lng, lat, zoom, bearing, pitch] = (text ?? "").split(",").map(number);
  if (lng == null || lat == null || zoom == null) return null;
  if (Math.abs(lng) > 180 || Math.abs(lat) > 85 || zoom < 0 || zoom > 22) return null;
  if (!bearing && !pitch) return [lng, lat, zoom];
  return [lng, lat, zoom, bearing ?? 0, Math.min(Math.max(pitch ?? 0, 0), 85)];
}

function readSelection(text: string | null): Selection | null {
  const [kind, dataset, id] = (text ?? "").split("/").map(decode);
  if (kind !== "cell" && kind !== "feature") return null;
  return dataset && id ? { kind, dataset, id } : null;
}

function readLayer(text: string): [string, LayerChoice] {
  const [id = "", on = "", opacity, place] = text.split(":");
  const choice: LayerChoice = {};
  if (on) choice.on = on === "on";
  const [seen, at] = [number(opacity), number(place)];
  if (seen !== null && seen >= 0 && seen <= 1) choice.opacity = seen;
  if (at !== null && Number.isInteger(at) && at >= 0) choice.place = at;
  return [decode(id), choice];
}

const readMoment = (text: string | null): string | null => (text && !Number.isNaN(Date.parse(text)) ? text : null);

function readCompare(text: string | null): Compare | null {
  const [mode, at, moment = ""] = (text ?? "").split(",");
  if (mode !== "swipe" && mode !== "split") return null;
  return { mode, at: Math.min(1, Math.max(0, number(at) ?? 0.5)), with: readMoment(moment) ?? "" };
}

function readPoint(text: string | null): State["point"] {
  const [lng, lat] = (text ?? "").split(",").map(number);
  return lng == null || lat == null || Math.abs(lng) > 180 || Math.abs(lat) > 90 ? null : [lng, lat];
}

function readDrawn(text: string | null): Feature[] {
  try {
    const found = JSON.parse(text ?? "[]") as unknown;
    return Array.isArray(found) ? found.filter((each): each is Feature => each?.type === "Feature" && each.geometry?.coordinates) : [];
  } catch {
    return [];
  }
}

function readFilter(text: string | null): Filter | null {
  const [, dataset, cql] = /^(\w+):([\s\S]+)$/.exec(text ?? "") ?? [];
  return dataset && cql ? { dataset, cql } : null;
}

const readName = (text: string | null): string | null => (text && /^[\w-]{1,40}$/.test(text) ? text : null);

function readTable(text: string | null): Table | null {
  const [dataset, within, ...sort] = (text ?? "").split(":");
  return dataset && /^\w+$/.test(dataset) ? { dataset, within: within === "map", sort: sort.join(":") } : null;
}

function readWhatIf(text: string | null): WhatIf | null {
  const [rain, hours, pga, pond] = (text ?? "").split(",").map(number);
  return rain == null || hours == null || pga == null || pond == null ? null : { rain, hours, pga, pond };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

type Listener = (state: State, before: State) => void;

/** Holds the state, tells listeners what changed and keeps the address in step. */
export class Store {
  #state: State;
  readonly #listeners: Listener[] = [];

  constructor() {
    this.#state = fromQuery(location.search);
    addEventListener("popstate", () => this.#become(fromQuery(location.search)));
  }

  get state(): State {
    return this.#state;
  }

  /** Call `listener` after every change. */
  watch(listener: Listener): void {
    this.#listeners.push(listener);
  }

  /** Change some of the state; a new region, selection or workplace becomes a step that Back undoes. */
  set(change: Partial<State>): void {
    const next = { ...this.#state, ...change };
    const step = "region" in change || "selected" in change || "workplace" in change;
    const query = toQuery(next);
    const address = query ? `?${query}` : location.pathname;
    if (query !== toQuery(this.#state)) {
      if (step) history.pushState(null, "", address);
      else history.replaceState(null, "", address);
    }
    this.#become(next);
  }

  #become(next: State): void {
    const before = this.#state;
    this.#state = next;
    for (const listener of this.#listeners) listener(next, before);
  }
}
