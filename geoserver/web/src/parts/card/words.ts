/** Sentences of a card: the margin before red, what would change the colour, how sure it all is. */

import type { Change, Explanation, Limit, Margin } from "../../api/card";
import { percent, say, t, tierName, tierWord, value } from "../../i18n";
import type { Evidence, Tier } from "../../types";

/** "+0.62 m" and "−0.37 m": the sign is always said. */
export function signed(number: number, unit: string): string {
  return `${number < 0 ? "−" : "+"}${value(Math.abs(rounded(number)), unit)}`;
}

/** Enough digits for a decision, none that only computers see. */
function rounded(number: number): number {
  return Number(number.toPrecision(3));
}

/** "≥ 0.5 m" or "≤ 250 mm": what an item must keep to. */
export function requirement({ required, direction, unit }: Pick<Margin, "required" | "direction" | "unit">): string {
  return required === null ? "—" : `${direction === "below" ? ">" : "<"} ${value(required, unit)}`;
}

/** What decides, in one line: value, limit and what is left; null where nothing was compared. */
export function marginSentence(margin: Margin): string {
  const name = say(margin.label);
  if (margin.present === null || margin.margin === null) return t("card.marginUnknown", { name });
  const words = { name, present: value(margin.present, margin.unit), required: value(margin.required, margin.unit), margin: value(Math.abs(rounded(margin.margin)), margin.unit) };
  return t(margin.margin <= 0 ? "card.marginPassed" : "card.marginLeft", words);
}

/** "red → orange if pond level −0.42 m and …". */
export function counterfactualSentence(from: Tier, { tier, changes }: Explanation["counterfactuals"][number]): string {
  const [before, after] = [say(tierWord(from)), say(tierWord(tier))];
  return t("card.wouldBe", { before, after, changes: changes.map(changeWords).join(t("card.and")) });
}

function changeWords({ label, shift, unit, tier }: Change): string {
  const name = say(label);
  if (shift !== null) return `${name} ${signed(shift, unit)}`;
  return tier === null ? t("card.ceases", { name }) : t("card.becomes", { name, tier: say(tierWord(tier)) });
}

/** Limits with their words, worst as given; two that say the same of both directions are one. */
export function eitherWay(limits: readonly Limit[]): { limit: Limit; words: (unit: string) => string }[] {
  const mirrored = (limit: Limit): boolean => limits.some((other) => other.tier === limit.tier && other.direction !== limit.direction && other.value === -limit.value);
  return limits
    .filter((limit) => !(limit.direction === "below" && limit.value < 0 && mirrored(limit)))
    .map((limit) => ({ limit, words: (unit) => limitWords(limit, unit, mirrored(limit) ? `≥ ±${value(limit.value, unit)}` : null) }));
}

/** "orange ≤ 4.07 m, project default": a limit in words. */
export function limitWords({ tier, value: limit, kind, direction }: Limit, unit: string, both: string | null = null): string {
  return `${tierName(tier)} ${both ?? `${direction === "above" ? "≥" : "≤"} ${value(limit, unit)}`} · ${t(`card.kind.${kind}`)}`;
}

/** Every node of a chain, the root first. */
export function nodes(chain: Evidence): Evidence[] {
  return [chain, ...chain.inputs.flatMap(nodes)];
}

/** What models and satellites say. */
const VOICES = ["model", "satellite"];

/** How the evidence for a colour is weak; empty where nothing is. */
export function doubts(chain: Evidence, coverage: number | null): string[] {
  const all = nodes(chain);
  const voices = chain.inputs.filter(({ key }) => VOICES.includes(key)).flatMap(({ inputs }) => inputs);
  const illustrative = voices.filter(({ standing, state }) => standing === "illustrative" && state !== "missing").length;
  const defaults = all.filter(({ provenance }) => /\b(ED|M-lo)\b/.test(provenance)).length;
  const silent = all.filter(({ key, state }) => key.startsWith("reading/") && state !== "sufficient").length;
  const unmonitored = all.filter(({ key }) => key.startsWith("unmonitored/")).length;
  const found: string[] = [];
  if (coverage !== null && coverage < 1) found.push(t("card.doubt.coverage", { share: percent(coverage) }));
  if (silent) found.push(t("card.doubt.silent", { n: silent }));
  if (unmonitored) found.push(t("card.doubt.unmonitored", { n: unmonitored }));
  if (illustrative) found.push(t("card.doubt.illustrative", { n: illustrative }));
  if (defaults) found.push(t("card.doubt.defaults", { n: defaults }));
  return found;
}

/** The nodes that decided: from the root along what has the tier of its parent. */
export function deciding(chain: Evidence): Evidence | null {
  if (!chain.tier) return null;
  const next = chain.inputs.filter(({ tier }) => tier === chain.tier);
  const first = next.find(({ threshold, clause }) => threshold || clause) ?? next[0];
  return first ? (deciding(first) ?? first) : chain;
}

const ROSE = 8;

/** North, north-east …: the eighth of the rose that a bearing is in. */
export function direction(bearing: number): string {
  const eighth = Math.round(bearing / (360 / ROSE)) % ROSE;
  return t(COMPASS[eighth] ?? "compass.n");
}

const COMPASS = ["compass.n", "compass.ne", "compass.e", "compass.se", "compass.s", "compass.sw", "compass.w", "compass.nw"] as const;
