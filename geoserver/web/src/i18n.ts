/** Words, numbers and times in the chosen language. */

import { LABELS, type LabelKey } from "./labels";
import type { Lang } from "./state";
import type { Label, State, Tier, TierWord, Vocabulary } from "./types";

let lang: Lang = "zh";
let vocabulary: Vocabulary = { tiers: [], states: [], standings: [], levels: [], variables: {} };
let clock: () => number = Date.now;

export function speak(next: Lang): void {
  lang = next;
  document.documentElement.lang = next === "zh" ? "zh-CN" : "en";
}

export function useVocabulary(words: Vocabulary): void {
  vocabulary = words;
}

/** A sample site has a frozen clock: ages are counted from its reference time. */
export function freezeClock(referenceTime: string | null): void {
  const frozen = referenceTime ? Date.parse(referenceTime) : Number.NaN;
  clock = Number.isNaN(frozen) ? Date.now : () => frozen;
}

/** The page's own word for `key`, with `{name}` filled from `values`. */
export function t(key: LabelKey, values: Record<string, string | number> = {}): string {
  return LABELS[key][lang].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** A label of the server in the chosen language. */
export function say(label: Label | string | null | undefined): string {
  if (!label) return "";
  return typeof label === "string" ? label : label[lang] || label.zh || label.en;
}

export function tierWord(tier: Tier | null | undefined): TierWord {
  const word = vocabulary.tiers.find((candidate) => candidate.tier === tier);
  return word ?? { tier: tier ?? 0, key: "", colour: "#9fb3c1", numeral: "", zh: "—", en: "—" };
}

export const tiers = (): TierWord[] => vocabulary.tiers;

/** "红色 Ⅰ级" and "Red Ⅰ". */
export function tierName(tier: Tier | null | undefined): string {
  const word = tierWord(tier);
  if (!word.numeral) return say(word);
  return lang === "zh" ? `${word.zh} ${word.numeral}级` : `${word.en} ${word.numeral}`;
}

export const stateName = (state: State): string => say(vocabulary.states.find(({ key }) => key === state)) || state;
export const standingName = (key: string): string => say(vocabulary.standings.find((word) => word.key === key)) || key;
export const levelName = (key: string): string => say(vocabulary.levels.find((word) => word.key === key)) || key;
export const variableName = (name: string): string => say(vocabulary.variables[name]) || name;

/** Below this a figure would only show that computers count finely. */
const NEGLIGIBLE = 1e-9;

/** A number in at most four significant figures below 1000, grouped above; texts as they are. */
export function value(raw: unknown, unit = ""): string {
  if (raw === null || raw === undefined || raw === "") return "—";
  if (typeof raw === "boolean") return t(raw ? "page.yes" : "page.no");
  const text = typeof raw === "number" ? figure(raw) : String(raw);
  return unit && unit !== "1" ? `${text} ${unit}` : text;
}

function figure(number: number): string {
  if (Number.isInteger(number)) return number.toLocaleString("en", { useGrouping: Math.abs(number) >= 10_000 });
  const size = Math.abs(number);
  if (size > 0 && size < NEGLIGIBLE) return "≈0";
  if (size > 0 && size < 1e-4) return number.toExponential(2);
  return number.toLocaleString("en", size >= 100 ? { maximumFractionDigits: 2 } : { maximumSignificantDigits: 4 });
}

export const percent = (share: number | null | undefined): string =>
  share === null || share === undefined ? "—" : share > 0 && share < 0.01 ? "<1%" : `${Math.round(share * 100)}%`;

const MOMENT = new Intl.DateTimeFormat("sv-SE", {
  timeZone: "Asia/Shanghai",
  dateStyle: "short",
  timeStyle: "short",
});

/** Beijing time to the minute: "2026-07-01 08:00". */
export function moment(iso: string | null | undefined): string {
  const at = iso ? Date.parse(iso) : Number.NaN;
  return Number.isNaN(at) ? "—" : MOMENT.format(at);
}

export function ageInHours(iso: string): number {
  return (clock() - Date.parse(iso)) / 3_600_000;
}

/** How long before the site's clock: "3 小时前"; the time itself where a frozen clock has not reached it. */
export function age(iso: string | null | undefined): string {
  if (!iso || Number.isNaN(Date.parse(iso))) return "—";
  const minutes = Math.round(ageInHours(iso) * 60);
  return minutes < 0 ? moment(iso) : ago(minutes);
}

/** "3 小时前". */
export function ago(minutes: number): string {
  if (minutes < 1) return t("age.now");
  if (minutes < 120) return t("age.minutes", { n: minutes });
  if (minutes < 48 * 60) return t("age.hours", { n: Math.round(minutes / 60) });
  return t("age.days", { n: Math.round(minutes / 1440) });
}
