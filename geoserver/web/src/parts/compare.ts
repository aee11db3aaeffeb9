/** Two moments of one place: swiped over one another, or side by side, always moved together. */

import type { Map as Chart } from "maplibre-gl";
import type { Context, MakePart } from "../context";
import { fill, h } from "../dom";
import { moment as clock, t } from "../i18n";
import { OneMap } from "../map/view";
import type { Compare } from "../state";
import type { Layer, Moment, Region } from "../types";
import { along, before, shown } from "./time/moments";
import { past } from "./time/past";
import "./compare.css";

const STEP = 0.02;
const LEAP = 0.1;
const HOURS_OF_DAY = 24;
const WORDS = { swipe: "compare.swipe", split: "compare.split", dayBefore: "compare.dayBefore", first: "compare.first" } as const;

/** The second map with its moment, and the divider. */
export const compare: MakePart = (context) => {
  const { store, data } = context;
  const holder = h("div", { class: "other" });
  const divider = h("div", { class: "divider", role: "slider", tabindex: 0, "aria-valuemin": 0, "aria-valuemax": 100 });
  const sides = h("div", { class: "sides" });
  const element = h("div", { class: "compare" }, holder, sides, divider);
  let other: OneMap | null = null;
  let untie: (() => void) | null = null;
  /** Which moment the second map shows; null while it shows none. */
  let standing: string | null = null;
  /** Of several readings under way the last one counts. */
  let turn = 0;
  let drawn = "";

  const set = (change: Partial<Compare>): void => {
    const { compare: known } = store.state;
    if (known) store.set({ compare: { ...known, ...change } });
  };
  slides(divider, element, () => store.state.compare?.at ?? 0.5, (at) => set({ at }));

  async function draw(): Promise<void> {
    const { state } = store;
    const { compare: wanted } = state;
    const first = context.map();
    if (!wanted || !first) return;
    const asked = ++turn;
    const asOf = wanted.with || null;
    const then = { ...state, moment: null, asOf, selected: null };
    const read = (): Promise<[Layer[], Region]> => Promise.all([past.layers(asOf), past.region(state.region, asOf)]);
    const found = await context.ask("compare", "what.layers", read, () => void draw());
    if (!found || asked !== turn) return;
    const [layers, region] = found;
    if (other) other.show(layers, then, region);
    else {
      other = new OneMap(holder, layers, { ...then, view: viewOf(first.chart) }, null, () => ({ top: 0, right: 0, bottom: 0, left: 0 }), {
        hover: () => {},
        open: () => {},
        moved: () => {},
      });
      Object.assign(window, { minegisOther: other.chart });
      other.show(layers, then, region);
      untie = tie(first.chart, other.chart);
    }
    other.label(t("compare.right"));
    standing = wanted.with;
    holder.classList.toggle("waiting", false);
  }

  function frame(): void {
    const { compare: wanted } = store.state;
    if (!wanted) return;
    element.className = `compare ${wanted.mode}`;
    // No moment stands under the name of another.
    holder.classList.toggle("waiting", standing !== wanted.with);
    element.style.setProperty("--divide", `${100 * wanted.at}%`);
    document.documentElement.dataset["compare"] = wanted.mode;
    divider.setAttribute("aria-label", t("compare.divider"));
    divider.setAttribute("aria-valuenow", String(Math.round(100 * wanted.at)));
    fill(sides, left(context), right(context, set));
  }

  return {
    element,
    update: (changed) => {
      if (changed.has("compare", "moments", "asOf", "lang", "theme")) frame();
      // A past does not change, but now does with every run; where the divider stands changes nothing.
      const wanted = `${store.state.compare?.with} ${data.site?.run?.id}`;
      if (wanted !== drawn || changed.has("map", "layers", "region", "theme", "lang", "terrain")) void draw();
      drawn = wanted;
    },
    hide: () => {
      delete document.documentElement.dataset["compare"];
      turn += 1;
      drawn = "";
      context.banner.clear("compare");
      untie?.();
      other?.chart.remove();
      other = untie = standing = null;
    },
  };
};

const viewOf = (chart: Chart): [number, number, number, number, number] => {
  const { lng, lat } = chart.getCenter();
  return [lng, lat, chart.getZoom(), chart.getBearing(), chart.getPitch()];
};

/** Move two maps together, whichever is moved; returns what ends it. */
export function tie(one: Chart, two: Chart): () => void {
  let following = false;
  const follow = (from: Chart, to: Chart) => (): void => {
    if (following) return;
    following = true;
    // What panels cover counts as padding of the first map: without it the two would lie apart.
    const padding = from.getPadding();
    to.jumpTo({ center: from.getCenter(), zoom: from.getZoom(), bearing: from.getBearing(), pitch: from.getPitch(), padding });
    following = false;
  };
  const [forth, back] = [follow(one, two), follow(two, one)];
  one.on("move", forth);
  two.on("move", back);
  forth();
  return () => {
    one.off("move", forth);
    two.off("move", back);
  };
}

/** A divider for pointer and keyboard: arrows a little, page keys more, Home and End to the edges. */
function slides(divider: HTMLElement, within: HTMLElement, at: () => number, put: (at: number) => void): void {
  const bounded = (place: number): void => put(Math.round(1000 * Math.min(1, Math.max(0, place))) / 1000);
  divider.addEventListener("pointerdown", (event) => {
    divider.setPointerCapture(event.pointerId);
    event.preventDefault();
    divider.focus();
  });
  divider.addEventListener("pointermove", (event) => {
    if (!divider.hasPointerCapture(event.pointerId)) return;
    const box = within.getBoundingClientRect();
    bounded((event.clientX - box.left) / box.width);
  });
  divider.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -STEP, ArrowRight: STEP, PageDown: -LEAP, PageUp: LEAP, Home: -1, End: 1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    bounded(at() + by);
  });
}

const named = (chosen: Moment | null): string => (chosen ? clock(chosen.valid_at) : t("time.now"));

function left({ store, data }: Context): HTMLElement {
  const { state } = store;
  return h("p", { class: "side" }, h("b", {}, t("compare.left")), named(state.asOf ? shown(data.moments, state) : null));
}

function right({ store, data }: Context, set: (change: Partial<Compare>) => void): HTMLElement {
  const { state } = store;
  const wanted = state.compare;
  const row = along(data.moments, "valid");
  const base = state.asOf ? shown(data.moments, state) : (row.at(-1) ?? null);
  const choice = (value: string, text: string): HTMLElement =>
    h("option", { value, selected: value === (wanted?.with ?? "") }, text);
  const select = h(
    "select",
    { "aria-label": t("compare.with"), "data-name": "with", onchange: () => set({ with: select.value }) },
    choice("", t("time.now")),
    ...row.map((each) => choice(each.known_at, named(each))).reverse(),
  );
  const mode = (name: Compare["mode"]): HTMLElement =>
    h("button", { type: "button", "data-name": name, "aria-pressed": wanted?.mode === name ? "true" : "false", onclick: () => set({ mode: name }) }, t(WORDS[name]));
  const to = (name: "dayBefore" | "first", chosen: Moment | null | undefined): HTMLElement | null =>
    chosen ? h("button", { type: "button", "data-name": name, onclick: () => set({ with: chosen.known_at }) }, t(WORDS[name])) : null;
  return h(
    "div",
    { class: "side" },
    h("b", {}, t("compare.right")),
    select,
    to("dayBefore", base && before(data.moments, base, HOURS_OF_DAY)),
    to("first", row[0]),
    mode("swipe"),
    mode("split"),
    h("button", { type: "button", "data-name": "off", onclick: () => store.set({ compare: null }) }, t("compare.off")),
  );
}
