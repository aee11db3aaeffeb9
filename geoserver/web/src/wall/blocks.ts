/** What a wall is made of: large figures, lists, words. */

import type { Region, Tier, Warning } from "../types";
import { h } from "../dom";
import { moment, say, stateName, t, tierName, tiers } from "../i18n";
import type { Shape } from "../map/shapes";
import { countBar, tierBadge, tierMark } from "../panel/marks";
import { byUrgency, waits } from "../parts/rail/order";
import { DESK_SIGNS, headlineOf, isExercise, stateWord } from "../parts/rail/words";
import type { Asset, Layer } from "../types";
import { deciding } from "../parts/card/words";
import { byRisk } from "./scenes";

const ROWS = 7;

/** Beside a word in a column there is room for four digits. */
const LONG = 10_000;
const classOf = (figures: readonly (number | undefined)[]): string => `block wall-numbers${figures.some((figure) => (figure ?? 0) >= LONG) ? " long" : ""}`;

/** How many assets have each tier: digits for ten metres away. */
export function counts(name: string, region: Region): HTMLElement {
  const { risk } = region;
  const found = risk?.counts ?? {};
  const rows = [...tiers()].reverse().map((word) =>
    h(
      "li",
      { "data-tier": word.tier, class: found[String(word.tier)] ? "" : "zero", style: `--tier:${word.colour}` },
      tierMark(word.tier),
      h("b", { class: "digits" }, found[String(word.tier)] ?? 0),
      h("span", {}, tierName(word.tier)),
    ),
  );
  return h(
    "section",
    { class: classOf(Object.values(found)) },
    h("h2", {}, name, h("small", {}, `${t("wall.assets")} · ${t("wall.total", { n: risk?.assets ?? 0 })}`)),
    h("ul", {}, ...rows),
    risk && risk.state !== "sufficient" ? h("p", { class: "doubt hatched" }, stateName(risk.state)) : null,
  );
}

/** The active warnings, the most urgent first; what has no room is counted, never hidden. */
export function warningList(warnings: readonly Warning[], shape: (dataset: string) => Shape): HTMLElement {
  const sorted = [...warnings].sort(byUrgency);
  const rest = sorted.length - ROWS;
  const waiting = warnings.filter(waits).length;
  return h(
    "section",
    { class: "block wall-list" },
    h("h2", {}, t("wall.warnings"), h("b", { class: "figure" }, warnings.length), h("small", {}, t("wall.waiting", { n: waiting }))),
    sorted.length ? h("ol", {}, ...sorted.slice(0, ROWS).map((each) => warningRow(each, shape))) : h("p", { class: "nothing" }, t("wall.none")),
    rest > 0 ? h("p", { class: "rest" }, t("wall.more", { n: rest }), countBar(tally(sorted.slice(ROWS)))) : null,
  );
}

function warningRow(warning: Warning, shape: (dataset: string) => Shape): HTMLElement {
  const { tier, desk, region, raised_at: raised } = warning;
  return h(
    "li",
    { "data-tier": tier, style: `--tier:var(--tier-${tier})` },
    tierMark(tier, "sufficient", shape(warning.dataset)),
    h("span", { class: "stack" }, h("b", {}, warning.asset_name), h("small", {}, [isExercise(warning) ? t("rail.exercise") : "", tierName(tier), region?.name ?? ""].filter(Boolean).join(" · "))),
    h("span", { class: "stack end" }, h("span", {}, `${DESK_SIGNS[desk.state]} ${stateWord(desk.state)}`), h("small", { class: "figure" }, moment(raised))),
  );
}

/** How many of these warnings have each tier. */
function tally(warnings: readonly Warning[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { tier } of warnings) found[tier] = (found[tier] ?? 0) + 1;
  return found;
}

/** How many active warnings have each tier, as large as the counts of assets. */
export function warningCounts(warnings: readonly Warning[]): HTMLElement {
  const found = tally(warnings);
  const rows = [...tiers()].reverse().filter(({ tier }) => tier > 0).map((word) =>
    h(
      "li",
      { "data-tier": word.tier, class: found[word.tier] ? "" : "zero", style: `--tier:${word.colour}` },
      tierMark(word.tier),
      h("b", { class: "digits" }, found[word.tier] ?? 0),
      h("span", {}, tierName(word.tier)),
    ),
  );
  return h("section", { class: classOf(Object.values(found)) }, h("h2", {}, t("wall.warnings"), h("small", {}, t("wall.waiting", { n: warnings.filter(waits).length }))), h("ul", {}, ...rows));
}

/** Parts of a region, worst first. */
export function ranking(region: Region): HTMLElement {
  const sorted = region.children.filter(({ assets }) => assets > 0).sort(byRisk);
  const rows = sorted.slice(0, ROWS).map((each) =>
    h(
      "li",
      { "data-tier": each.tier, style: `--tier:var(--tier-${each.tier})` },
      tierMark(each.tier, each.state),
      h("span", { class: "stack" }, h("b", {}, each.name), countBar(each.counts)),
      h("span", { class: "stack end" }, tierBadge(each.tier, each.state), h("small", { class: "figure" }, [4, 3].map((tier) => `${say(tiers().find((word) => word.tier === tier))} ${each.counts[tier] ?? 0}`).join(" · "))),
    ),
  );
  const rest = sorted.length - ROWS;
  return h("section", { class: "block wall-list" }, h("h2", {}, t("wall.inRegion", { name: region.name })), h("ol", {}, ...rows), rest > 0 ? h("p", { class: "rest" }, t("wall.more", { n: rest })) : null);
}

/** One asset: tier, since when, what decides. */
export function summary(asset: Asset, warning: Warning | undefined, shape: Shape): HTMLElement {
  const { assessment } = asset;
  const tier: Tier = assessment?.tier ?? 0;
  const reason = assessment?.chain ? deciding(assessment.chain) : null;
  return h(
    "section",
    { class: "block wall-summary", style: `--tier:var(--tier-${tier})` },
    tierMark(tier, assessment?.state ?? "missing", shape),
    h("p", { class: "tier-word" }, tierBadge(tier, assessment?.state ?? "missing")),
    h("h2", {}, asset.name ?? asset.id),
    h("p", {}, asset.regions.map(({ name }) => name).join(" ")),
    warning ? h("p", { class: "quiet" }, t("wall.since", { since: moment(warning.raised_at) })) : null,
    reason ? h("p", { class: "reason" }, h("small", {}, t("wall.share")), h("b", {}, say(reason.label)), ` ${reasonValue(reason)}`) : h("p", { class: "doubt hatched" }, t("wall.noEvidence")),
  );
}

const reasonValue = ({ value: raw, unit, threshold }: NonNullable<ReturnType<typeof deciding>>): string =>
  [raw === null ? "" : `${raw}${unit && unit !== "1" ? ` ${unit}` : ""}`, threshold].filter(Boolean).join(" · ");

/** What the colours of a layer mean, and as of when. */
export function legend(layer: Layer): HTMLElement {
  const rows = layer.legend.map(({ colour, label }) => h("li", {}, h("i", { style: `background:${colour}` }), say(label)));
  return h("section", { class: "block wall-legend" }, h("h2", {}, say(layer.title), h("small", {}, moment(layer.updated_at))), h("ul", {}, ...rows));
}

/** What a new red warning says to the whole room. */
export function alarm(warning: Warning, others: number, level: string): HTMLElement {
  const { desk } = warning;
  return h(
    "section",
    { class: `alarm-stage${isExercise(warning) ? " exercise" : ""}`, role: "alert", style: `--tier:var(--tier-${warning.tier})`, "data-warning": String(warning.id) },
    isExercise(warning) ? h("p", { class: "exercise-band" }, t("wall.exercise")) : null,
    h("p", { class: "what" }, tierMark(warning.tier), h("b", {}, t("wall.newRed")), h("span", {}, tierName(warning.tier))),
    h("h2", {}, warning.asset_name),
    h("p", { class: "headline" }, headlineOf(warning)),
    h("p", { class: "where" }, [warning.region?.name ?? "", t("wall.raised", { at: moment(warning.raised_at) })].filter(Boolean).join(" · ")),
    desk.due_at ? h("p", { class: "due" }, t("wall.due", { at: moment(desk.due_at), level })) : null,
    others > 0 ? h("p", { class: "others" }, t("wall.more", { n: others })) : null,
    isExercise(warning) ? h("p", { class: "exercise-band" }, t("wall.exercise")) : null,
  );
}
