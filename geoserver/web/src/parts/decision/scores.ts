/** How well the warnings did: rates with their Wilson intervals, never a percentage of few. */

import type { Rate, TierScores, Verification } from "../../api/decision";
import { h } from "../../dom";
import { moment, say, t, tierWord } from "../../i18n";
import type { LabelKey } from "../../labels";
import { tierMark } from "../../panel/marks";

const RATES: readonly [keyof Pick<TierScores, "pod" | "far" | "csi">, LabelKey][] = [["pod", "decision.pod"], ["far", "decision.far"], ["csi", "decision.csi"]];

/** A rate as a point on its interval; the server's words say it exactly. */
function rate(found: Rate): HTMLElement {
  const at = (share: number): string => `${(100 * share).toFixed(1)}%`;
  const bar = h("span", { class: "interval", "aria-hidden": "true" });
  bar.style.setProperty("--low", at(found.low));
  bar.style.setProperty("--high", at(1 - found.high));
  if (found.value !== null) bar.append(pointAt(at(found.value)));
  return h("td", {}, found.of ? bar : null, h("span", { class: "figure" }, found.of ? found.shown : "—"));
}

function pointAt(place: string): HTMLElement {
  const point = h("i", {});
  point.style.setProperty("--at", place);
  return point;
}

export function scores({ warnings }: Verification): HTMLElement[] {
  const { since, until, assets, incidents, made_up: madeUp, tiers } = warnings;
  const head = [h("th", { scope: "col" }, t("decision.tier")), ...RATES.map(([, key]) => h("th", { scope: "col" }, t(key))), h("th", { scope: "col" }, t("decision.lead"))];
  const rows = [...tiers].reverse().map((each) =>
    h(
      "tr",
      { "data-tier": each.tier },
      h("th", { scope: "row" }, h("span", { class: "tier-line" }, tierMark(each.tier), t("decision.atLeast", { tier: say(tierWord(each.tier)) }))),
      ...RATES.map(([name]) => rate(each[name])),
      h("td", { class: "figure" }, each.lead_hours.median === null ? "—" : `${each.lead_hours.median.toFixed(1)} h`),
    ),
  );
  return [
    madeUp ? h("p", { class: "hatched unheard" }, h("span", {}, t("decision.madeUp"))) : h("span", {}),
    h("table", { class: "rates" }, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...rows)),
    h("p", { class: "quiet" }, `${t("decision.scoresOf", { since: moment(since), until: moment(until), assets, incidents })} · ${t("decision.wilson")}`),
  ];
}
