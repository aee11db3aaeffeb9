/** What is supposed, by slider or exactly; keyboard as any form. */

import type { Context } from "../../context";
import { h } from "../../dom";
import { t } from "../../i18n";
import type { LabelKey } from "../../labels";
import type { WhatIf } from "../../state";
import { NOTHING } from "./supposed";

interface Slide {
  name: "rain" | "pga" | "pond";
  title: LabelKey;
  hint: LabelKey;
  unit: string;
  /** Of the slider; the number beside it takes all that the server does. */
  least: number;
  most: number;
  step: number;
  limits: readonly [number, number];
}

const SLIDES: readonly Slide[] = [
  { name: "rain", title: "decision.rain", hint: "decision.rainHint", unit: "mm", least: 0, most: 300, step: 5, limits: [0, 2000] },
  { name: "pga", title: "decision.pga", hint: "decision.pgaHint", unit: "g", least: 0, most: 0.6, step: 0.01, limits: [0, 2] },
  { name: "pond", title: "decision.pond", hint: "decision.pondHint", unit: "m", least: -3, most: 5, step: 0.1, limits: [-20, 20] },
];
const HOURS: readonly number[] = [1, 3, 6, 12, 24];

const PRESETS: readonly { title: LabelKey; given: Partial<WhatIf> }[] = [
  { title: "decision.presetStorm", given: { rain: 100, hours: 24 } },
  { title: "decision.presetBurst", given: { rain: 50, hours: 3 } },
  { title: "decision.presetQuake", given: { pga: 0.2 } },
  { title: "decision.presetPond", given: { pond: 1 } },
  { title: "decision.presetDrawn", given: { pond: -1 } },
];

/** Bring a number into the limits; what is no number is nothing. */
export const bounded = (text: string, [least, most]: readonly [number, number]): number => {
  const number = Number(text);
  return Number.isFinite(number) && text.trim() ? Math.min(most, Math.max(least, number)) : 0;
};

/** Where a number stands on its slider, per cent. */
const placeOf = (number: number, least: number, most: number): number => ((Math.min(most, Math.max(least, number)) - least) / (most - least)) * 100;

export class Sliders {
  readonly element = h("form", { class: "sliders" });
  readonly #inputs = new Map<Slide["name"], { range: HTMLInputElement; exact: HTMLInputElement }>();
  #hours = h("select", {});

  constructor(private readonly context: Context) {
    this.element.addEventListener("submit", (event) => event.preventDefault());
  }

  /** Write everything anew, in the language of the page. */
  relabel(): void {
    this.#inputs.clear();
    this.element.setAttribute("aria-label", t("decision.title"));
    this.element.replaceChildren(...SLIDES.map((slide) => this.#slide(slide)), this.#presets());
    this.follow();
  }

  /** Show what the state supposes; what somebody is writing is left alone. */
  follow(): void {
    const given = this.context.store.state.whatIf ?? NOTHING;
    for (const { name, least, most } of SLIDES) {
      const inputs = this.#inputs.get(name);
      if (!inputs) continue;
      const value = String(given[name]);
      if (inputs.range.value !== value) inputs.range.value = value;
      const [from, to] = [0, given[name]].map((number) => placeOf(number, least, most)).sort((a, b) => a - b);
      inputs.range.style.setProperty("--from", `${from}%`);
      inputs.range.style.setProperty("--to", `${to}%`);
      if (document.activeElement !== inputs.exact && inputs.exact.value !== value) inputs.exact.value = value;
    }
    this.#hours.value = String(given.hours);
  }

  #set(change: Partial<WhatIf>): void {
    const { store } = this.context;
    store.set({ whatIf: { ...(store.state.whatIf ?? NOTHING), ...change } });
  }

  #slide(slide: Slide): HTMLElement {
    const { name, unit, least, most, step, limits } = slide;
    const title = t(slide.title);
    const id = `what-if-${name}`;
    const range = h("input", { type: "range", id, name, min: least, max: most, step, "aria-describedby": `${id}-hint` });
    const exact = h("input", { type: "number", name: `${name}-exact`, min: limits[0], max: limits[1], step: "any", "aria-label": t("decision.exact", { what: title }) });
    range.addEventListener("input", () => this.#set({ [name]: Number(range.value) }));
    exact.addEventListener("input", () => this.#set({ [name]: bounded(exact.value, limits) }));
    exact.addEventListener("blur", () => this.follow());
    this.#inputs.set(name, { range, exact });
    return h(
      "div",
      { class: "slide" },
      h("label", { for: id }, title),
      h("span", { class: "exact" }, exact, h("span", {}, unit), name === "rain" ? this.#within() : null),
      range,
      h("p", { class: "quiet", id: `${id}-hint` }, t(slide.hint)),
    );
  }

  #within(): HTMLElement {
    const given = this.context.store.state.whatIf?.hours;
    const offered = given && !HOURS.includes(given) ? [...HOURS, given].sort((a, b) => a - b) : HOURS;
    const options = offered.map((hours) => h("option", { value: hours }, `${hours} h`));
    this.#hours = h("select", { name: "hours", "aria-label": t("decision.hours") }, ...options);
    this.#hours.addEventListener("change", () => this.#set({ hours: Number(this.#hours.value) }));
    return h("span", { class: "within" }, `/ `, this.#hours);
  }

  #presets(): HTMLElement {
    const buttons = PRESETS.map(({ title, given }) =>
      h("button", { type: "button", class: "plain preset", onclick: () => this.context.store.set({ whatIf: { ...NOTHING, ...given } }) }, t(title)),
    );
    const reset = h("button", { type: "button", class: "plain reset", "data-reset": "", onclick: () => this.context.store.set({ whatIf: null }) }, t("decision.reset"));
    return h("div", { class: "presets", role: "group", "aria-label": t("decision.presets") }, ...buttons, reset);
  }
}
