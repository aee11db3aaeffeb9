/** How the assets of the opened region stood, run by run. */

import type { Past } from "../../api/card";
import { h, svg } from "../../dom";
import { moment, say, t, tierName, tiers, tierWord } from "../../i18n";
import { tierMark } from "../../panel/marks";
import type { Counts } from "../../types";

const [WIDTH, HEIGHT] = [240, 24];
/** Only warned assets are drawn: each tier on a scale of its own, or hundreds of blue would hide a red. */
const DRAWN = [4, 3, 2, 1] as const;
/** Of no asset there is a line still, so that a run without any is not a run that is not there. */
const NONE = 1;

const of = (counts: Counts | undefined, tier: number): number => counts?.[String(tier)] ?? 0;

export interface Bar {
  x: number;
  width: number;
  y: number;
  height: number;
}

/** A bar for each run, as high as the assets of one tier are many beside the most that it had. */
export function barsOf(past: readonly Past[], tier: number, width: number, height: number): Bar[] {
  const found = past.map(({ counts }) => of(counts, tier));
  const most = Math.max(1, ...found);
  const step = width / Math.max(past.length, 1);
  return found.map((count, at) => {
    const size = Math.max(NONE, (count / most) * height);
    return { x: at * step + step * 0.08, width: step * 0.84, y: height - size, height: size };
  });
}

function row(past: readonly Past[], tier: (typeof DRAWN)[number]): HTMLElement {
  const bars = barsOf(past, tier, WIDTH, HEIGHT)
    .map(({ x, width, y, height }) => `<rect x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${width.toFixed(1)}" height="${height.toFixed(1)}"/>`)
    .join("");
  const chart = svg(`<svg class="columns" data-tier="${tier}" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" aria-hidden="true" fill="${tierWord(tier).colour}">${bars}</svg>`);
  const [first, last] = [of(past[0]?.counts, tier), of(past.at(-1)?.counts, tier)];
  return h("li", {}, tierMark(tier), h("span", {}, tierName(tier)), chart as unknown as HTMLElement, h("span", { class: "figure" }, `${first} → `, h("b", {}, last)));
}

/** The trend with its words and, folded, its numbers; what there is to say where there is none. */
export function trendOf(past: readonly Past[]): HTMLElement[] {
  const known = past.filter(({ counts }) => counts);
  const [first, last] = [known[0], known.at(-1)];
  if (known.length < 2 || !first || !last) return [h("p", { class: "quiet" }, t("decision.noTrend"))];
  const words = t("decision.trendWords", {
    since: moment(first.valid_at), until: moment(last.valid_at), n: known.length,
    r0: of(first.counts, 4), r1: of(last.counts, 4), o0: of(first.counts, 3), o1: of(last.counts, 3),
  });
  const ends = h("div", { class: "ends quiet" }, h("time", { datetime: first.valid_at }, moment(first.valid_at)), h("time", { datetime: last.valid_at }, moment(last.valid_at)));
  const head = [h("th", { scope: "col" }, t("decision.time")), ...[...tiers()].reverse().map((word) => h("th", { scope: "col" }, say(word)))];
  const rows = [...known].reverse().map(({ valid_at, counts }) =>
    h("tr", {}, h("th", { scope: "row" }, moment(valid_at)), ...[...tiers()].reverse().map(({ tier }) => h("td", {}, of(counts, tier)))),
  );
  return [
    h("ul", { class: "tier-trends", role: "list" }, ...DRAWN.map((tier) => row(known, tier))),
    ends,
    h("p", { class: "quiet" }, words),
    h("details", { class: "more" }, h("summary", {}, t("decision.table")), h("table", {}, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...rows))),
  ];
}
