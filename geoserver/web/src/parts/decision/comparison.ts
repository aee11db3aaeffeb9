/** The parts of the opened region beside one another, as they are and as they would be. */

import type { Answer } from "../../api/decision";
import type { Actions } from "../../context";
import { fill, h } from "../../dom";
import { t, tierName, value } from "../../i18n";
import type { LabelKey } from "../../labels";
import { countBar, tierMark } from "../../panel/marks";
import type { Counts, Region, Tier } from "../../types";

export type Column = "region" | "tier" | "severe" | "score" | "change";

/** One region; `after` where something is supposed. */
export interface Row {
  code: string;
  name: string;
  tier: Tier;
  state: Region["children"][number]["state"];
  score: number | null;
  assets: number;
  counts: Counts;
  after: { tier: Tier; score: number | null; counts: Counts } | null;
}

const severe = (counts: Counts): number => (counts["4"] ?? 0) + (counts["3"] ?? 0);

/** The children that have assets, with what they would be; a region that the answer does not name stays. */
export function rowsOf(region: Region, answer: Answer | null): Row[] {
  const changed = new Map(answer?.regions.map((each) => [each.code, each]));
  return region.children
    .filter(({ assets }) => assets > 0)
    .map(({ code, name, tier, state, score, assets, counts }) => {
      const would = answer ? (changed.get(code) ?? { tier, score, counts }) : null;
      return { code, name, tier, state, score, assets, counts, after: would && { tier: would.tier, score: would.score, counts: would.counts } };
    });
}

/** Worst first by what would be where something is supposed; names in their order. */
export function sorted(rows: readonly Row[], column: Column): Row[] {
  const now = (row: Row): { tier: Tier; score: number | null; counts: Counts } => row.after ?? row;
  const by: Record<Column, (row: Row) => number> = {
    region: () => 0,
    tier: (row) => now(row).tier,
    severe: (row) => severe(now(row).counts),
    score: (row) => now(row).score ?? -1,
    change: (row) => (row.after ? severe(row.after.counts) - severe(row.counts) + ((row.after.score ?? 0) - (row.score ?? 0)) / 1000 : 0),
  };
  const ties = (a: Row, b: Row): number => now(b).tier - now(a).tier || (now(b).score ?? -1) - (now(a).score ?? -1) || b.assets - a.assets;
  if (column === "region") return [...rows].sort((a, b) => (a.code < b.code ? -1 : 1));
  return [...rows].sort((a, b) => by[column](b) - by[column](a) || ties(a, b));
}

export class Comparison {
  readonly element = h("section", { class: "comparison" });
  #column: Column = "tier";

  constructor(private readonly actions: Actions) {}

  show(region: Region | null, answer: Answer | null): void {
    if (!region) return fill(this.element);
    const focused = document.activeElement?.closest<HTMLElement>("[data-sort]")?.dataset["sort"];
    const title = h("h3", {}, t("decision.comparison"), h("span", { class: "quiet" }, ` ${t("decision.comparisonOf", { region: region.name })}`));
    const rows = sorted(rowsOf(region, answer), this.#column);
    const above = region.breadcrumb.at(-2);
    const up = above ? h("button", { type: "button", class: "link up", onclick: () => this.actions.openRegion(above.code) }, t("decision.up", { region: above.name })) : null;
    fill(this.element, h("div", { class: "heading" }, title, up), rows.length ? this.#table(region, rows, answer !== null, () => this.show(region, answer)) : h("p", { class: "quiet" }, t("decision.noParts")));
    if (focused) this.element.querySelector<HTMLElement>(`[data-sort="${focused}"]`)?.focus({ preventScroll: true });
  }

  #table(region: Region, rows: readonly Row[], supposing: boolean, again: () => void): HTMLElement {
    const columns: [Column | null, LabelKey][] = [
      ["region", "decision.region"], ["tier", "decision.tier"], [null, "decision.spread"], ["severe", "decision.severe"], ["score", "decision.score"],
      ...(supposing ? ([["change", "decision.difference"]] as [Column, LabelKey][]) : []),
    ];
    const head = columns.map(([column, key]) => {
      if (!column) return h("th", { scope: "col" }, t(key));
      const chosen = column === this.#column;
      const choose = (): void => {
        this.#column = column;
        again();
      };
      return h(
        "th",
        { scope: "col", "aria-sort": chosen ? (column === "region" ? "ascending" : "descending") : "none" },
        h("button", { type: "button", class: "sort", "data-sort": column, onclick: choose }, t(key), chosen ? h("span", { "aria-hidden": "true" }, column === "region" ? " ↑" : " ↓") : null),
      );
    });
    const most = Math.max(...rows.map(({ assets }) => assets));
    const body = rows.map((row) => this.#row(row, most));
    return h(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": t("decision.comparisonOf", { region: region.name }) },
      h("table", {}, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...body)),
    );
  }

  #row(row: Row, most: number): HTMLElement {
    const { code, name, tier, state, after } = row;
    const open = h("button", { type: "button", class: "link", "data-region": code, onclick: () => this.actions.openRegion(code) }, name);
    const turned = after !== null && after.tier !== tier;
    const words = turned ? t("decision.becomes", { before: tierName(tier), after: tierName(after.tier) }) : tierName(tier);
    const bars = [countBar(row.counts), ...(after ? [countBar(after.counts)] : [])].map((bar, at) => {
      bar.style.setProperty("--size", `${(100 * row.assets) / most}%`);
      bar.classList.add(at ? "would" : "is");
      bar.setAttribute("aria-label", `${t(at ? "decision.after" : "decision.before")}: ${bar.getAttribute("aria-label") ?? ""}`);
      return bar;
    });
    const more = after ? severe(after.counts) - severe(row.counts) : 0;
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, open),
      h("td", { title: words }, h("span", { class: "turn" }, tierMark(tier, state), turned ? h("span", { "aria-hidden": "true" }, "→") : null, turned ? tierMark(after.tier, state) : null)),
      h("td", { class: "bars" }, ...bars),
      h("td", { class: "figure" }, severe((after ?? row).counts), ` / ${row.assets}`),
      h("td", { class: "figure" }, value((after ?? row).score)),
      after ? h("td", { class: `figure ${more > 0 ? "more" : more < 0 ? "less" : ""}` }, more > 0 ? `+${more}` : more < 0 ? `−${-more}` : "0") : null,
    );
  }
}
