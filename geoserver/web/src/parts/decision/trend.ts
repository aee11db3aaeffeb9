/** How the assets of the opened region stood, run by run. */

import type { Past } from "../../api/card";
import { h, svg } from "../../dom";
import { moment, say, t, tiers, tierWord } from "../../i18n";
import type { Counts } from "../../types";

const [WIDTH, HEIGHT, FOOT] = [360, 120, 16];
/** Only warned assets are drawn: the normal ones would flatten them. */
const DRAWN = [4, 3, 2, 1] as const;

const of = (counts: Counts | undefined, tier: number): number => counts?.[String(tier)] ?? 0;

export interface Column {
  x: number;
  width: number;
  blocks: { tier: number; y: number; height: number }[];
}

/** Columns of stacked blocks, the worst at the bottom where it is compared best. */
export function columnsOf(past: readonly Past[], width: number, height: number): Column[] {
  const totals = past.map(({ counts }) => DRAWN.reduce((sum, tier) => sum + of(counts, tier), 0));
  const most = Math.max(1, ...totals);
  const step = width / Math.max(past.length, 1);
  return past.map(({ counts }, at) => {
    let y = height;
    const blocks = DRAWN.map((tier) => {
      const size = (of(counts, tier) / most) * height;
      y -= size;
      return { tier, y, height: size };
    });
    return { x: at * step + step * 0.12, width: step * 0.76, blocks };
  });
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
  const blocks = columnsOf(known, WIDTH, HEIGHT).flatMap(({ x, width, blocks: stacked }) =>
    stacked.filter(({ height }) => height > 0).map(({ tier, y, height }) =>
      `<rect data-tier="${tier}" x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${width.toFixed(1)}" height="${height.toFixed(1)}" fill="${tierWord(tier as 1 | 2 | 3 | 4).colour}"/>`,
    ),
  );
  const chart = svg(`<svg class="columns" viewBox="0 0 ${WIDTH} ${HEIGHT + FOOT}" role="img" preserveAspectRatio="none">
    <line x1="0" x2="${WIDTH}" y1="${HEIGHT}" y2="${HEIGHT}"/>${blocks.join("")}</svg>`);
  chart.setAttribute("aria-label", words);
  const ends = h("div", { class: "ends quiet" }, h("time", { datetime: first.valid_at }, moment(first.valid_at)), h("time", { datetime: last.valid_at }, moment(last.valid_at)));
  const head = [h("th", { scope: "col" }, t("decision.time")), ...[...tiers()].reverse().map((word) => h("th", { scope: "col" }, say(word)))];
  const rows = [...known].reverse().map(({ valid_at, counts }) =>
    h("tr", {}, h("th", { scope: "row" }, moment(valid_at)), ...[...tiers()].reverse().map(({ tier }) => h("td", {}, of(counts, tier)))),
  );
  return [
    chart as unknown as HTMLElement,
    ends,
    h("p", { class: "quiet" }, words),
    h("details", { class: "more" }, h("summary", {}, t("decision.table")), h("table", {}, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...rows))),
  ];
}
