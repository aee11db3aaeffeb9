/** Middle: rings and runout on the map, and the palette of symbols to plot. */

import type { Feature } from "geojson";
import type { Context, Part } from "../../context";
import { fill, h, later, svg } from "../../dom";
import { t } from "../../i18n";
import type { LabelKey } from "../../labels";
import { rounded } from "../tools/drawing";
import { draggable, type Sketch, sketch } from "../tools/sketch";
import { type Focus, focusOf } from "./focus";
import { fly } from "./incident";
import { OVERLAY, showOverlay } from "./overlay";
import { save } from "./plan";
import { drawable, exported, labelOf, moved, plotted, relabelled, shapeOf, type Symbol, symbolOf, SYMBOLS } from "./plots";
import { band, rings, runoutOf } from "./reach";
import { givePictures, PATHS } from "./symbols";

const WORDS: Record<Symbol, LabelKey> = {
  post: "plot.post",
  medical: "plot.medical",
  block: "plot.block",
  evacuation: "plot.evacuation",
  danger: "plot.danger",
  arrow: "plot.arrow",
};
const TYPED_MS = 400;

/** Whether the page was opened by a link to a place in this workplace: that place comes before the incident's. */
let placed = performance.getEntriesByType("navigation").some(({ name }) => /[?&]work=command\b/.test(name) && /[?&]at=/.test(name));

/** What is being set: a new symbol, or a new place for one. */
type Task = { symbol: Symbol; moving: number | null };

export const palette = (context: Context): Part => {
  const plotting = new Plotting(context, focusOf(context));
  return {
    element: plotting.element,
    update: (changed) => plotting.update(changed.has("incident", "warnings"), changed.has("lang", "drawn", "tool"), changed.has("tool")),
    hide: () => plotting.hide(),
  };
};

class Plotting {
  readonly #buttons = h("div", { class: "symbols", role: "toolbar" });
  readonly #hint = h("p", { class: "quiet hint", role: "status" });
  readonly #list = h("ul", { class: "plotted" });
  readonly #fold: HTMLDetailsElement;
  readonly #count = h("summary", {});
  readonly element: HTMLElement;
  #task: Task | null = null;
  #sketch: Sketch | null = null;
  /** Positions of a symbol while it is dragged. */
  #held: Feature | null = null;
  #heldAt = -1;
  #release: (() => void)[] = [];
  #flown = "";
  #shown = "";

  constructor(
    private readonly context: Context,
    private readonly focus: Focus,
  ) {
    this.#fold = h("details", {}, this.#count, this.#list);
    this.element = h("section", { class: "plotting", "data-panel": "plot" }, this.#buttons, this.#hint, this.#fold);
    focus.watch((chosen) => {
      if (this.element.hidden) return;
      if (chosen) this.#fly();
      this.#draw();
    });
  }

  update(followed: boolean, worded: boolean, toolChanged: boolean): void {
    const map = this.context.map();
    if (!map) return;
    if (!this.#release.length) {
      this.#release = [
        givePictures(map.chart),
        draggable(map.chart, "command:symbol", (at, _, place) => this.#drag(at, rounded(place)), () => this.#drop()),
      ];
      this.#fly();
    }
    if (followed) this.focus.follow();
    if (toolChanged && this.context.store.state.tool !== "plot") this.#stop();
    // An address that was shared while somebody was plotting.
    if (!this.#task && this.context.store.state.tool === "plot") return this.context.store.set({ tool: null });
    if (worded || !this.#shown) this.#fill();
    this.#draw();
  }

  hide(): void {
    this.#stop();
    if (this.context.store.state.tool === "plot") queueMicrotask(() => this.context.store.set({ tool: null }));
    for (const release of this.#release) release();
    this.#release = [];
    this.#flown = "";
    this.#shown = "";
    this.context.map()?.overlay(OVERLAY, null);
  }

  /** To the incident when another is chosen. */
  #fly(): void {
    const { warning } = this.focus;
    if (!warning || this.#flown === String(warning.id)) return;
    this.#flown = String(warning.id);
    if (!placed) fly(this.context, warning);
    placed = false;
  }

  #draw(): void {
    const map = this.context.map();
    if (!map) return;
    const { warning, details } = this.focus;
    const { theme, drawn } = this.context.store.state;
    const runout = runoutOf(details.asset?.assessment?.chain);
    const features = drawn.map((feature, at) => (at === this.#heldAt && this.#held ? this.#held : feature));
    showOverlay(map, theme, {
      rings: warning && rings([warning.lon, warning.lat]),
      band: warning && runout && band([warning.lon, warning.lat], runout),
      plots: drawable(features, (symbol) => t(WORDS[symbol])),
    });
  }

  #begin(task: Task): void {
    const map = this.context.map();
    if (!map) return;
    this.#stop();
    this.#task = task;
    this.#sketch = sketch(map.chart, task.moving === null ? shapeOf(task.symbol) : "point", {
      changed: () => this.#words(),
      done: (places) => this.#done(places),
      cancelled: () => this.#end(),
    });
    this.context.store.set({ tool: "plot" });
    this.#words();
    map.chart.getCanvas().focus({ preventScroll: true });
  }

  #done(places: [number, number][]): void {
    const task = this.#task;
    const [first] = places;
    if (!task || !first) return this.#end();
    const { drawn } = this.context.store.state;
    const made = task.moving === null ? plotted(task.symbol, places) : null;
    const next = made ? [...drawn, made] : drawn.map((feature, at) => (at === task.moving ? moved(feature, rounded(first)) : feature));
    this.#stop();
    this.context.store.set({ drawn: next, tool: null });
    if (made) this.#fold.open = true;
  }

  #stop(): void {
    this.#sketch?.stop();
    this.#sketch = null;
    this.#task = null;
  }

  #end(): void {
    this.#stop();
    this.context.store.set({ tool: null });
  }

  #drag(at: number, place: [number, number]): void {
    const feature = this.context.store.state.drawn[at];
    if (!feature || !symbolOf(feature)) return;
    this.#heldAt = at;
    this.#held = moved(feature, place);
    this.#draw();
  }

  #drop(): void {
    const [held, place] = [this.#held, this.#heldAt];
    this.#held = null;
    this.#heldAt = -1;
    if (held) this.context.store.set({ drawn: this.context.store.state.drawn.map((feature, at) => (at === place ? held : feature)) });
  }

  #fill(): void {
    const { drawn } = this.context.store.state;
    this.element.setAttribute("aria-label", t("plot.title"));
    this.#buttons.setAttribute("aria-label", t("plot.title"));
    fill(this.#buttons, h("b", {}, t("plot.title")), ...SYMBOLS.map((symbol) => this.#button(symbol)));
    const rows = drawn.flatMap((feature, at) => {
      const symbol = symbolOf(feature);
      return symbol ? [{ feature, at, symbol }] : [];
    });
    this.#fold.hidden = !rows.length;
    fill(this.#count, t("plot.list", { n: rows.length }), h("span", { class: "quiet" }, t("plot.shared")));
    const shown = `${this.context.store.state.lang} ${rows.map(({ at, symbol }) => `${at}/${symbol}`).join(" ")}`;
    if (shown !== this.#shown) fill(this.#list, ...rows.map(({ feature, at, symbol }) => this.#row(feature, at, symbol)), this.#exports());
    this.#shown = shown;
    this.#words();
  }

  #button(symbol: Symbol): HTMLElement {
    const pressed = this.#task?.symbol === symbol && this.#task.moving === null;
    return h(
      "button",
      { type: "button", "data-plot": symbol, title: t(WORDS[symbol]), "aria-pressed": pressed ? "true" : "false", onclick: () => (pressed ? this.#end() : this.#begin({ symbol, moving: null })) },
      icon(symbol),
      h("span", {}, t(WORDS[symbol])),
    );
  }

  #row(feature: Feature, at: number, symbol: Symbol): HTMLElement {
    const name = `${t(WORDS[symbol])} ${at + 1}`;
    const put = later((label: string) => this.#put(at, (old) => relabelled(old, label)), TYPED_MS);
    const input = h("input", { type: "text", value: labelOf(feature), maxlength: 40, placeholder: t(WORDS[symbol]), "aria-label": `${t("plot.label")}: ${name}`, oninput: () => put(input.value) });
    return h(
      "li",
      { "data-plotted": symbol },
      icon(symbol),
      input,
      h("button", { type: "button", class: "link", "aria-label": `${t("plot.move")}: ${name}`, onclick: () => this.#begin({ symbol, moving: at }) }, t("plot.move")),
      h("button", { type: "button", class: "link", "data-remove": "", "aria-label": `${t("plot.remove")}: ${name}`, onclick: () => this.context.store.set({ drawn: this.context.store.state.drawn.filter((_, place) => place !== at) }) }, t("plot.remove")),
    );
  }

  #exports(): HTMLElement {
    const give = (): void => {
      const text = exported(this.context.store.state.drawn, (symbol) => t(WORDS[symbol]));
      save(new Blob([text], { type: "application/geo+json" }), "plots.geojson");
    };
    return h("li", {}, h("button", { type: "button", class: "link", "data-export": "plots", onclick: give }, t("plot.export")));
  }

  #put(at: number, change: (feature: Feature) => Feature): void {
    this.context.store.set({ drawn: this.context.store.state.drawn.map((feature, place) => (place === at ? change(feature) : feature)) });
  }

  #words(): void {
    const task = this.#task;
    this.#hint.hidden = !task;
    if (!task) return;
    const shape = task.moving === null ? shapeOf(task.symbol) : "point";
    fill(
      this.#hint,
      t(shape === "point" ? "plot.hintPoint" : "plot.hintShape"),
      shape === "point" ? null : h("button", { type: "button", class: "link", onclick: () => this.#sketch?.finish() }, t("plot.finish")),
      h("button", { type: "button", class: "link", onclick: () => this.#end() }, t("plot.cancel")),
    );
  }
}

const icon = (symbol: Symbol): Element =>
  svg(`<svg viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linejoin="round" stroke-linecap="round" aria-hidden="true"><path d="${PATHS[symbol]}"/></svg>`);
