/** The page's whole state: one object, mirrored to and from the address. */

import type { Tier } from "./types";

export type Lang = "zh" | "en";
export type Theme = "day" | "night";
export type Tab = "regions" | "layers";

export interface Selection {
  kind: "feature" | "cell";
  dataset: string;
  id: string;
}

export interface LayerChoice {
  on?: boolean;
  opacity?: number;
}

export interface State {
  lang: Lang;
  theme: Theme;
  tab: Tab;
  /** Longitude, latitude and zoom; null until the map was moved. */
  view: [lng: number, lat: number, zoom: number] | null;
  region: string;
  selected: Selection | null;
  /** Tiers hidden in the warnings list. */
  hidden: Tier[];
  /** Only what differs from the server's defaults. */
  layers: Record<string, LayerChoice>;
}

export const NATION = "100000";

export const INITIAL: State = {
  lang: "zh",
  theme: "day",
  tab: "regions",
  view: null,
  region: NATION,
  selected: null,
  hidden: [],
  layers: {},
};

const TIERS: readonly Tier[] = [4, 3, 2, 1, 0];

/** Write what differs from `INITIAL` as a query string (empty when nothing does). */
export function toQuery(state: State): string {
  const query = new URLSearchParams();
  if (state.lang !== INITIAL.lang) query.set("lang", state.lang);
  if (state.theme !== INITIAL.theme) query.set("theme", state.theme);
  if (state.tab !== INITIAL.tab) query.set("tab", state.tab);
  if (state.region !== INITIAL.region) query.set("region", state.region);
  if (state.selected) {
    const { kind, dataset, id } = state.selected;
    query.set("show", [kind, dataset, id].map(encodeURIComponent).join("/"));
  }
  if (state.hidden.length) query.set("hide", [...state.hidden].sort().join(","));
  for (const [id, { on, opacity }] of Object.entries(state.layers)) {
    const words = [on === undefined ? "" : on ? "on" : "off", opacity === undefined ? "" : opacity.toFixed(2)];
    if (words.some(Boolean)) query.append("layer", `${encodeURIComponent(id)}:${words.join(":")}`);
  }
  if (state.view) {
    const [lng, lat, zoom] = state.view;
    query.set("at", `${lng.toFixed(4)},${lat.toFixed(4)},${zoom.toFixed(2)}`);
  }
  return query.toString();
}

/** Read a query string; what cannot be read falls back to `INITIAL`. */
export function fromQuery(text: string): State {
  const query = new URLSearchParams(text);
  const region = query.get("region");
  return {
    lang: query.get("lang") === "en" ? "en" : "zh",
    theme: query.get("theme") === "night" ? "night" : "day",
    tab: query.get("tab") === "layers" ? "layers" : "regions",
    view: readView(query.get("at")),
    region: region && /^\d{6}$/.test(region) ? region : NATION,
    selected: readSelection(query.get("show")),
    hidden: (query.get("hide") ?? "")
      .split(",")
      .filter(Boolean)
      .map(Number)
      .filter((tier): tier is Tier => TIERS.includes(tier as Tier)),
    layers: Object.fromEntries(query.getAll("layer").map(readLayer)),
  };
}

function readView(text: string | null): State["view"] {
  const numbers = (text ?? "").split(",").map((part) => (part.trim() ? Number(part) : Number.NaN));
  const [lng, lat, zoom] = numbers;
  if (lng === undefined || lat === undefined || zoom === undefined) return null;
  const inside = Math.abs(lng) <= 180 && Math.abs(lat) <= 85 && zoom >= 0 && zoom <= 22;
  return inside ? [lng, lat, zoom] : null;
}

function readSelection(text: string | null): Selection | null {
  const [kind, dataset, id] = (text ?? "").split("/").map(decode);
  if (kind !== "cell" && kind !== "feature") return null;
  return dataset && id ? { kind, dataset, id } : null;
}

function readLayer(text: string): [string, LayerChoice] {
  const [id = "", on = "", opacity = ""] = text.split(":");
  const choice: LayerChoice = {};
  if (on) choice.on = on === "on";
  if (opacity && Number(opacity) >= 0 && Number(opacity) <= 1) choice.opacity = Number(opacity);
  return [decode(id), choice];
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

  /** Change some of the state; a new region or selection becomes a step that Back undoes. */
  set(change: Partial<State>): void {
    const next = { ...this.#state, ...change };
    const step = "region" in change || "selected" in change;
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
