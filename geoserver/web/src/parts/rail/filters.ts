/** What the rail shows: tiers, state at the desk, kind of asset, text, only mine. */

import type { Actions } from "../../context";
import { h, later } from "../../dom";
import { t, tierName, tiers } from "../../i18n";
import { tierMark } from "../../panel/marks";
import type { Store } from "../../state";
import type { Warning } from "../../types";
import { type DeskFilter, NO_FILTER } from "./order";
import { stateWord } from "./words";

const STATES: readonly DeskFilter[] = ["waiting", "unacknowledged", "escalated", "acknowledged", "closed"];
const TYPING_MS = 200;

export class Filters {
  readonly find = h("input", { type: "search", class: "find", maxlength: 80, "data-find": "" });
  readonly element = h("div", { class: "filters" });
  readonly #chips = h("div", { class: "chips", role: "group" });
  readonly #more = h("div", { class: "more" });
  #open = false;

  constructor(
    private readonly store: Store,
    private readonly actions: Actions,
  ) {
    this.#open = store.state.rail.desk !== null || store.state.rail.kind !== null || store.state.rail.mine;
    this.find.value = store.state.rail.text;
    const typed = later(() => this.#set({ text: this.find.value }), TYPING_MS);
    this.find.addEventListener("input", () => typed());
    this.element.append(this.#chips, this.#more);
  }

  /** Drop every filter. */
  clear(): void {
    this.find.value = "";
    this.store.set({ hidden: [], rail: NO_FILTER });
  }

  draw(warnings: readonly Warning[]): void {
    const { rail } = this.store.state;
    this.find.placeholder = t("rail.find");
    this.find.setAttribute("aria-label", t("rail.find"));
    if (document.activeElement !== this.find) this.find.value = rail.text;
    const focused = [...this.element.querySelectorAll<HTMLElement>("button, select, input")].indexOf(document.activeElement as HTMLElement);
    this.#chips.setAttribute("aria-label", t("warning.filter"));
    this.#chips.replaceChildren(...this.#tiers(warnings));
    const toggle = h(
      "button",
      { type: "button", class: "plain", "aria-expanded": this.#open ? "true" : "false", onclick: () => this.#toggle(warnings) },
      t("rail.more"),
      rail.desk || rail.kind || rail.mine ? " •" : "",
    );
    this.#more.replaceChildren(this.find, toggle, ...(this.#open ? this.#choices(warnings) : []));
    if (focused >= 0) [...this.element.querySelectorAll<HTMLElement>("button, select, input")][focused]?.focus({ preventScroll: true });
  }

  #toggle(warnings: readonly Warning[]): void {
    this.#open = !this.#open;
    this.draw(warnings);
  }

  #tiers(warnings: readonly Warning[]): HTMLElement[] {
    const { hidden } = this.store.state;
    return [...tiers()]
      .reverse()
      .filter(({ tier }) => tier > 0)
      .map(({ tier }) => {
        const on = !hidden.includes(tier);
        const count = warnings.filter((warning) => warning.tier === tier).length;
        const next = on ? [...hidden, tier] : hidden.filter((other) => other !== tier);
        return h(
          "button",
          { type: "button", class: "chip", "aria-pressed": on ? "true" : "false", "aria-label": `${tierName(tier)} ${count}`, onclick: () => this.store.set({ hidden: next }) },
          tierMark(tier),
          h("b", {}, count),
        );
      });
  }

  #choices(warnings: readonly Warning[]): HTMLElement[] {
    const { rail } = this.store.state;
    const kinds = [...new Set(warnings.map(({ dataset }) => dataset))].sort();
    const desk = choice(t("rail.desk"), rail.desk, STATES.map((state) => [state, stateWord(state)]), (next) => this.#set({ desk: next }));
    const kind = choice(t("rail.kind"), rail.kind, kinds.map((name) => [name, this.actions.datasetName(name)]), (next) => this.#set({ kind: next }));
    const mine = h("label", { class: "mine" }, h("input", { type: "checkbox", checked: rail.mine, onchange: () => this.#set({ mine: !rail.mine }) }), t("rail.mine"));
    return [desk, kind, mine];
  }

  #set(change: Partial<typeof NO_FILTER>): void {
    this.store.set({ rail: { ...this.store.state.rail, ...change } });
  }
}

function choice<T extends string>(name: string, chosen: T | null, options: [T, string][], choose: (next: T | null) => void): HTMLElement {
  const select = h(
    "select",
    { "aria-label": name, onchange: () => choose((select.value || null) as T | null) },
    h("option", { value: "", selected: chosen === null }, `${name}: ${t("rail.any")}`),
    ...options.map(([value, word]) => h("option", { value, selected: value === chosen }, word)),
  );
  return select;
}
