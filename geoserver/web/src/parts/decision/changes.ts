/** What changes and why: counts before and after, and every asset with its reasons. */

import type { Answer, Reason, Supposed } from "../../api/decision";
import { h } from "../../dom";
import { say, standingName, t, tierName, tiers, value } from "../../i18n";
import type { Shape } from "../../map/shapes";
import { tierMark } from "../../panel/marks";
import type { Counts, Tier } from "../../types";

const SHOWN = 60;

const countOf = (counts: Counts, tier: Tier): number => counts[String(tier)] ?? 0;
const signed = (difference: number): string => (difference > 0 ? `+${difference}` : difference < 0 ? `−${-difference}` : "0");

/** The number of assets of each tier, worst first. */
export function countTable({ counts }: Answer): HTMLElement {
  const head = ["decision.tier", "decision.before", "decision.after", "decision.difference"] as const;
  const rows = [...tiers()].reverse().map((word) => {
    const [before, after] = [countOf(counts.before, word.tier), countOf(counts.after, word.tier)];
    const trend = after === before ? "" : after > before ? "more" : "less";
    return h(
      "tr",
      { "data-tier": word.tier, class: before || after ? "" : "zero" },
      h("th", { scope: "row" }, h("span", { class: "tier-line" }, tierMark(word.tier), say(word))),
      h("td", {}, before),
      h("td", { class: "after" }, after),
      h("td", { class: trend }, signed(after - before)),
    );
  });
  return h(
    "table",
    { class: "before-after" },
    h("caption", { class: "unseen" }, t("decision.counts")),
    h("thead", {}, h("tr", {}, ...head.map((key) => h("th", { scope: "col" }, t(key))))),
    h("tbody", {}, ...rows),
  );
}

/** "安全超高 3.21 → 0.31 m（≤ 1 × 0.7 m）". */
export function reasonText({ label, was, value: now, unit, threshold, standing }: Reason): string {
  const shift = was === null ? value(now, unit) : t("decision.shift", { was: value(was), now: value(now, unit) });
  const limit = threshold ? ` (${threshold})` : "";
  const doubt = standing === "illustrative" ? ` · ${standingName(standing)}` : "";
  return `${say(label)} ${shift}${limit}${doubt}`;
}

/** The assets whose tier changes, the worst first. */
export function changeList(assets: readonly Supposed[], all: number, open: (asset: Supposed) => void, shape: (dataset: string) => Shape): HTMLElement[] {
  const worse = assets.filter(({ before, tier }) => tier > before).length;
  const heading = h("h3", {}, t("decision.changes"), h("span", { class: "quiet" }, ` ${t("decision.changesCount", { n: worse, m: assets.length - worse })}`));
  if (!assets.length) return [heading, h("p", { class: "quiet" }, t("decision.noChange"))];
  const rows = assets.slice(0, SHOWN).map((asset) => {
    const kind = shape(asset.dataset);
    const words = t("decision.becomes", { before: tierName(asset.before), after: tierName(asset.tier) });
    return h(
      "li",
      {},
      h(
        "button",
        { type: "button", class: "change", "data-asset": `${asset.dataset}/${asset.id}`, onclick: () => open(asset) },
        h("span", { class: "turn", title: words }, tierMark(asset.before, asset.state, kind), h("span", { "aria-hidden": "true" }, "→"), tierMark(asset.tier, asset.state, kind)),
        h("span", { class: "stack" }, h("span", { class: "name" }, asset.name), ...asset.because.map((reason) => h("span", { class: "quiet" }, reasonText(reason)))),
      ),
    );
  });
  const rest = all - rows.length;
  return [heading, h("ol", { class: "rows" }, ...rows), rest > 0 ? h("p", { class: "quiet" }, t("decision.more", { n: rest })) : h("span", {})];
}

/** The changes as a table for other programs. */
export function asCsv({ assets, given }: Answer): string {
  const cell = (text: string | number): string => `"${String(text).replaceAll('"', '""').replace(/^[=+\-@\t\r]/, "'$&")}"`;
  const head = ["what_if", "dataset", "id", "name", "lon", "lat", "tier_before", "tier_what_if", "because"];
  const mark = `rain ${given.rain_mm} mm / ${given.hours} h; pga ${given.pga_g} g; pond ${given.pond_m} m`;
  const rows = assets.map(({ dataset, id, name, lon, lat, before, tier, because }) => [mark, dataset, id, name, lon, lat, before, tier, because.map(reasonText).join("; ")]);
  return `\ufeff${[head, ...rows].map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;
}
