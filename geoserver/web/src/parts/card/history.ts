/** The past of a tier, and the warnings it led to. */

import type { Past } from "../../api/card";
import { sparkline } from "../../charts/sparkline";
import { h } from "../../dom";
import { moment, say, stateName, t, tierName, value } from "../../i18n";
import { tierMark } from "../../panel/marks";
import type { Warning } from "../../types";

/** The trend of a score with its words and, folded, its numbers; nothing where there is no past. */
export function trend(past: readonly Past[]): HTMLElement[] {
  if (past.length < 2) return [];
  const [first, last] = [past[0], past.at(-1)];
  if (!first || !last) return [];
  const change = first.score === null || last.score === null ? null : last.score - first.score;
  const words = t("card.trendWords", { since: moment(first.valid_at), until: moment(last.valid_at), from: tierName(first.tier), to: tierName(last.tier) });
  const arrow = change === null || Math.abs(change) < 0.5 ? t("card.steady") : t(change > 0 ? "card.rising" : "card.falling", { n: Math.abs(change).toFixed(1) });
  const rows = [...past].reverse().map((each) =>
    h("tr", {}, h("th", { scope: "row" }, moment(each.valid_at)), h("td", {}, h("span", { class: "tier-line" }, tierMark(each.tier, each.state), each.state === "sufficient" ? tierName(each.tier) : stateName(each.state))), h("td", {}, value(each.score))),
  );
  const head = h("tr", {}, ...[t("card.time"), t("card.tier"), t("card.score")].map((name) => h("th", { scope: "col" }, name)));
  return [
    h("div", { class: "trend" }, sparkline(past, words), h("p", { class: "quiet" }, h("b", {}, arrow), ` ${t("card.since", { at: moment(first.valid_at) })}`)),
    h("details", { class: "more" }, h("summary", {}, t("card.table")), h("table", {}, h("thead", {}, head), h("tbody", {}, ...rows))),
  ];
}

export function warningList(warnings: readonly Warning[]): HTMLElement {
  const rows = warnings.map((warning) =>
    h(
      "li",
      { class: "warning pad" },
      tierMark(warning.tier),
      h(
        "span",
        { class: "stack" },
        h("span", {}, say(warning.headline)),
        h("span", { class: "quiet" }, `${t("warning.raised")} ${moment(warning.raised_at)}`),
        ended(warning),
      ),
      warning.cap ? h("a", { href: warning.cap, target: "_blank", rel: "noopener" }, t("warning.cap")) : null,
    ),
  );
  return h("ul", { class: "plain-list" }, ...rows);
}

function ended({ cancelled_at: over, expires_at: until }: Warning): HTMLElement | null {
  if (over) return h("span", { class: "quiet" }, `${t("card.cancelled")} ${moment(over)}`);
  return until ? h("span", { class: "quiet" }, `${t("warning.expires")} ${moment(until)}`) : null;
}
