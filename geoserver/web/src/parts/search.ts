/** Search by name, code, coordinate or cell: a combobox that the keyboard can drive. */

import { api } from "../api";
import type { Context } from "../context";
import { fill, h, later } from "../dom";
import { levelName, say, t } from "../i18n";
import type { Shape } from "../map/shapes";
import type { Found } from "../types";
import { tierMark } from "../panel/marks";

export interface SearchActions {
  open: (found: Found) => void;
  failed: (failure: unknown, again: () => void) => void;
  /** The server answered. */
  found: () => void;
  shape: (dataset: string) => Shape;
  datasetName: (dataset: string) => string;
}

export class Search {
  readonly element = h("div", { class: "search" });
  readonly #input: HTMLInputElement;
  readonly #list = h("ul", { role: "listbox", id: "search-results", hidden: true });
  #found: Found[] = [];
  #active = -1;
  #asked = 0;

  constructor(private readonly actions: SearchActions) {
    this.#input = h("input", {
      type: "search",
      role: "combobox",
      "aria-expanded": "false",
      "aria-controls": "search-results",
      "aria-autocomplete": "list",
      autocomplete: "off",
      oninput: later(() => void this.#ask(), 200),
      onkeydown: (event) => this.#key(event as KeyboardEvent),
      onblur: later(() => this.#close(), 150),
    });
    this.element.append(this.#input, this.#list);
    this.relabel();
  }

  relabel(): void {
    this.#input.placeholder = t("search.placeholder");
    this.#input.setAttribute("aria-label", t("search.placeholder"));
    this.#list.setAttribute("aria-label", t("search.results"));
  }

  async #ask(): Promise<void> {
    const text = this.#input.value.trim();
    const asked = ++this.#asked;
    if (!text) return this.#close();
    try {
      const found = await api.search(text);
      this.actions.found();
      if (asked === this.#asked) this.#show(found);
    } catch (failure) {
      if (asked === this.#asked) this.actions.failed(failure, () => void this.#ask());
    }
  }

  #show(found: Found[]): void {
    this.#found = found;
    this.#active = found.length ? 0 : -1;
    this.#list.hidden = false;
    this.#input.setAttribute("aria-expanded", "true");
    const options = found.map((one, at) =>
      h(
        "li",
        { role: "option", id: `found-${at}`, onmousedown: () => this.#choose(at) },
        one.tier === null ? null : tierMark(one.tier, one.state ?? "sufficient", this.actions.shape(one.dataset ?? "")),
        h("span", { class: "name" }, one.name),
        h("span", { class: "quiet" }, this.#about(one)),
      ),
    );
    fill(this.#list, ...(options.length ? options : [h("li", { class: "quiet" }, t("search.empty"))]));
    this.#mark();
  }

  /** What was found, or how the text was read. */
  #about({ kind, dataset, id, code, level, how }: Found): string {
    if (kind === "coordinate") return `${t("search.coordinate")} · ${say(how)}`;
    const what = kind === "region" && level ? `${levelName(level)} · ${code ?? id}` : kind === "cell" ? "" : `${this.actions.datasetName(dataset ?? "")} · ${id}`;
    return [what, say(how)].filter(Boolean).join(" · ");
  }

  #mark(): void {
    [...this.#list.children].forEach((option, at) =>
      option.setAttribute("aria-selected", at === this.#active ? "true" : "false"),
    );
    this.#input.setAttribute("aria-activedescendant", this.#active < 0 ? "" : `found-${this.#active}`);
    this.#list.children[this.#active]?.scrollIntoView({ block: "nearest" });
  }

  #key(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.#found.length) {
      event.preventDefault();
      this.#active = (this.#active + step + this.#found.length) % this.#found.length;
      this.#mark();
    } else if (event.key === "Enter" && this.#active >= 0) this.#choose(this.#active);
    else if (event.key === "Escape") this.#close();
  }

  #choose(at: number): void {
    const found = this.#found[at];
    this.#close();
    if (found) this.actions.open(found);
  }

  #close(): void {
    this.#asked++;
    this.#found = [];
    this.#active = -1;
    this.#list.hidden = true;
    this.#input.setAttribute("aria-expanded", "false");
  }
}

/** Show what was found: a coordinate with its report, all else with its card. */
export function openFound({ store, map, actions }: Context, { kind, dataset, id, code, lon, lat }: Found): void {
  if (kind === "region") return actions.openRegion(code ?? id);
  if (kind === "feature") return actions.openAsset(dataset ?? "", id, [lon, lat]);
  if (kind === "cell") actions.openCell(id);
  else store.set({ point: [lon, lat], tool: null });
  map()?.flyTo(lon, lat);
}
