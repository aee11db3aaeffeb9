/** The places of the page: header, map, two panels, corner. Panels become sheets on a phone. */

import { h } from "./dom";
import { t } from "./i18n";
import type { LabelKey } from "./labels";

export type Side = "left" | "right";

const EDGE = 24;
const NARROW = "(max-width: 760px)";

export class Page {
  readonly top = h("header", { class: "top" });
  readonly map = h("div", { id: "map", role: "region" });
  readonly tabs = h("div", { class: "tabs", role: "tablist" });
  readonly left = h("div", { class: "body", id: "left-body", role: "tabpanel" });
  readonly rightHead = h("div", { class: "panel-head" });
  readonly right = h("div", { class: "body", id: "warnings", tabindex: -1 });
  readonly legend = h("ul", { class: "tier-legend" });
  readonly corner = h("footer", { class: "corner" });
  readonly controls = h("div", { class: "controls", role: "group" });
  readonly #skip = h("a", { class: "skip", href: "#warnings" });
  readonly #sheets = h("nav", { class: "sheets" });
  readonly #asides: Record<Side, HTMLElement>;

  constructor(root: Element, ...overlays: HTMLElement[]) {
    this.#asides = {
      left: h("aside", { class: "panel left" }, this.tabs, this.left),
      right: h("aside", { class: "panel right" }, this.rightHead, this.right),
    };
    const { left, right } = this.#asides;
    // The map begins below the header: Chromium without a GPU misplaces a canvas under an opaque edge.
    const stage = h("main", { class: "stage" }, this.map, left, right, this.legend, this.corner, this.controls);
    root.append(this.#skip, this.top, stage, this.#sheets, ...overlays);
    if (this.narrow) for (const aside of [left, right]) aside.classList.add("closed");
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

  /** Write the page's own words in the chosen language. */
  relabel(): void {
    this.#skip.textContent = t("page.skip");
    this.map.setAttribute("aria-label", t("page.map"));
    this.legend.setAttribute("aria-label", t("page.legend"));
    this.#asides.left.setAttribute("aria-label", `${t("tab.regions")} / ${t("tab.layers")}`);
    this.#asides.right.setAttribute("aria-label", t("warning.title"));
    this.#sheets.replaceChildren(this.#toggle("left", "tab.regions"), this.#toggle("right", "warning.title"));
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
      return { top: EDGE, right: EDGE, bottom: EDGE + (sheet ? map.bottom - sheet.top : 0), left: EDGE };
    }
    return {
      top: EDGE,
      right: EDGE + (right ? map.right - right.left : 0),
      bottom: EDGE * 2,
      left: EDGE + (left ? left.right - map.left : 0),
    };
  }
}
