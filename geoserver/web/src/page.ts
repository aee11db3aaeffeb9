/** The places of the page: header, map, two panels, corner. Panels become sheets on a phone. */

import { h } from "./dom";
import { t } from "./i18n";
import type { LabelKey } from "./labels";

export type Side = "left" | "right";

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
    root.append(
      this.#skip, this.map, this.top, this.#asides.left, this.#asides.right,
      this.legend, this.corner, this.controls, this.#sheets, ...overlays,
    );
    if (this.narrow) this.#asides.left.classList.add("closed");
    if (this.narrow) this.#asides.right.classList.add("closed");
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

  /** The part of the map that no panel covers, as MapLibre padding. */
  padding(): { top: number; right: number; bottom: number; left: number } {
    const edge = 24;
    const top = this.top.getBoundingClientRect().bottom + edge;
    const covered = (side: Side): DOMRect | null =>
      this.isOpen(side) ? this.#asides[side].getBoundingClientRect() : null;
    const [left, right] = [covered("left"), covered("right")];
    if (this.narrow) {
      const sheet = left ?? right;
      return { top, right: edge, bottom: sheet ? innerHeight - sheet.top + edge : 72, left: edge };
    }
    return { top, right: right ? innerWidth - right.left + edge : edge, bottom: 48, left: (left?.right ?? 0) + edge };
  }
}
