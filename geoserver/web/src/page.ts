/** The places of the page: header, map, two panels, dock, tools, corner. Panels become sheets on a phone. */

import { h } from "./dom";
import { t } from "./i18n";
import type { LabelKey } from "./labels";
import { handle } from "./panel/handle";
import type { State, Tab } from "./state";

export type Side = "left" | "right";

/**
 * Where a part may stand: `top` in the header, `left` and `right` in the panels, `bottom` in the dock under
 * the map, `tools` in the column of buttons at the map's edge, `corner` under the map, `stage` over the map,
 * `dialogs` over everything.
 */
export type Slot = "top" | "left" | "right" | "bottom" | "tools" | "corner" | "stage" | "dialogs";

const EDGE = 24;
/** Height that is left for what the map is fitted to, whatever covers it. */
const LEAST = 160;
/** Legend, monitoring line and time line: what stands in the dock once it is filled. */
const DOCK = 150;
const NARROW = "(max-width: 760px)";
const TABS: readonly Tab[] = ["regions", "layers"];
/** What the two panels hold in each workplace. */
const PANELS: Readonly<Record<State["workplace"], Readonly<Record<Side, LabelKey>>>> = {
  monitoring: { left: "tab.regions", right: "warning.title" },
  command: { left: "command.incident", right: "plan.title" },
  decision: { left: "decision.title", right: "warning.title" },
};

export class Page {
  readonly map = h("div", { id: "map", role: "region" });
  readonly slots: Readonly<Record<Slot, HTMLElement>> = {
    top: h("header", { class: "top" }),
    left: h("div", { class: "slot", id: "left-body", role: "tabpanel" }),
    right: h("div", { class: "slot", id: "warnings", tabindex: -1 }),
    bottom: h("section", { class: "dock" }),
    tools: h("div", { class: "tools" }),
    corner: h("footer", { class: "corner" }),
    stage: h("div", { class: "over" }),
    dialogs: h("div", { class: "dialogs" }),
  };
  readonly #tabs = h("div", { class: "tabs", role: "tablist" });
  readonly #skip = h("a", { class: "skip", href: "#warnings" });
  readonly #sheets = h("nav", { class: "sheets" });
  readonly #asides: Record<Side, HTMLElement>;
  readonly #handles: HTMLElement[] = [];
  #panels = PANELS.monitoring;
  #worst: Element[] = [];

  constructor(root: Element, ...overlays: HTMLElement[]) {
    const { top, left, right, bottom, tools, corner, stage, dialogs } = this.slots;
    this.#asides = {
      left: h("aside", { class: "panel left" }, this.#tabs, left),
      right: h("aside", { class: "panel right" }, right),
    };
    for (const side of ["left", "right"] as const) this.#asides[side].prepend(this.#handle(side));
    // The map begins below the header: Chromium without a GPU misplaces a canvas under an opaque edge.
    const main = h("main", { class: "stage" }, this.map, stage, this.#asides.left, this.#asides.right, tools, bottom, corner);
    root.append(this.#skip, top, main, this.#sheets, dialogs, ...overlays);
    if (this.narrow) for (const aside of Object.values(this.#asides)) aside.classList.add("closed");
  }

  #handle(side: Side): HTMLElement {
    const grip = handle(this.#asides[side], () => this.open(side, false));
    this.#handles.push(grip);
    return grip;
  }

  get narrow(): boolean {
    return matchMedia(NARROW).matches;
  }

  /** Open one panel; a phone has room for one at a time. */
  open(side: Side, wanted = true): void {
    if (wanted && this.narrow) this.#asides[side === "left" ? "right" : "left"].classList.add("closed");
    this.#asides[side].classList.toggle("closed", !wanted);
    this.relabel();
  }

  isOpen(side: Side): boolean {
    return !this.#asides[side].classList.contains("closed");
  }

  /** Show the tabs of the left panel, or none where `chosen` is null. */
  showTabs(chosen: Tab | null, choose: (tab: Tab) => void): void {
    this.#tabs.hidden = chosen === null;
    const focused = this.#tabs.contains(document.activeElement);
    const buttons = TABS.map((name) =>
      h(
        "button",
        {
          type: "button",
          role: "tab",
          id: `tab-${name}`,
          "data-tab": name,
          "aria-selected": name === chosen ? "true" : "false",
          "aria-controls": "left-body",
          onclick: () => choose(name),
        },
        t(`tab.${name}`),
      ),
    );
    this.#tabs.replaceChildren(...buttons);
    if (focused) this.#tabs.querySelector<HTMLElement>('[aria-selected="true"]')?.focus();
  }

  /** The panels are those of a workplace; `worst` stands beside the name of the warnings, seen while they are closed. */
  describe(workplace: State["workplace"], worst: Element[]): void {
    this.#panels = PANELS[workplace];
    this.#worst = worst;
    this.relabel();
  }

  /** Write the page's own words in the chosen language. */
  relabel(): void {
    this.#skip.textContent = t("page.skip");
    this.map.setAttribute("aria-label", t("page.map"));
    for (const grip of this.#handles) grip.setAttribute("aria-label", t("map.sheet"));
    this.#tabs.setAttribute("aria-label", `${t("tab.regions")} / ${t("tab.layers")}`);
    const { left, right } = this.#panels;
    this.#asides.left.setAttribute("aria-label", left === "tab.regions" ? `${t("tab.regions")} / ${t("tab.layers")}` : t(left));
    this.#asides.right.setAttribute("aria-label", t(right));
    this.#sheets.replaceChildren(this.#toggle("left", left), this.#toggle("right", right));
  }

  #toggle(side: Side, name: LabelKey): HTMLElement {
    const open = this.isOpen(side);
    const hint = `${t(open ? "tab.hide" : "tab.show")}: ${t(name)}`;
    return h(
      "button",
      {
        type: "button",
        class: side,
        title: hint,
        "aria-label": hint,
        "aria-expanded": open ? "true" : "false",
        onclick: () => this.open(side, !open),
      },
      h("span", {}, t(name)),
      ...(name === "warning.title" ? this.#worst : []),
    );
  }

  /** What the panels cover of the map, as MapLibre padding. */
  padding(): { top: number; right: number; bottom: number; left: number } {
    const map = this.map.getBoundingClientRect();
    const covering = (side: Side): DOMRect | null =>
      this.isOpen(side) ? this.#asides[side].getBoundingClientRect() : null;
    const [left, right] = [covering("left"), covering("right")];
    if (this.narrow) {
      const sheet = left ?? right;
      return { top: EDGE, right: EDGE, bottom: EDGE + Math.max(0, Math.min(sheet ? map.bottom - sheet.top : 0, map.height - LEAST)), left: EDGE };
    }
    // The lines of the dock come after the map's first view: room is kept for them.
    const dock = Math.max(this.slots.bottom.getBoundingClientRect().height, DOCK);
    return {
      top: EDGE,
      right: EDGE + (right ? map.right - right.left : 0),
      bottom: EDGE * 2 + dock,
      left: EDGE + (left ? left.right - map.left : 0),
    };
  }
}
