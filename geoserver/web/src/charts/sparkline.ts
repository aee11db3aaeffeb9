/** A line of the past in the size of a word: the score as steps, each in the colour of its tier. */

import { svg } from "../dom";
import { tierWord } from "../i18n";
import type { Past } from "../api/card";

export const WIDTH = 220;
export const HEIGHT = 34;
const EDGE = 3;

/** Steps from one assessment to the next; where there was no score, no line. */
export function sparkline(past: readonly Past[], words: string): Element {
  const times = past.map(({ valid_at }) => Date.parse(valid_at));
  const [first = 0, last = 0] = [times[0], times.at(-1)];
  const x = (at: number): number => EDGE + ((at - first) / Math.max(last - first, 1)) * (WIDTH - 2 * EDGE);
  const y = (score: number): number => HEIGHT - EDGE - (Math.min(Math.max(score, 0), 100) / 100) * (HEIGHT - 2 * EDGE);
  const drawn = past.map(({ score, tier, state }, index) => {
    if (score === null) return "";
    const from = x(times[index] ?? first);
    const to = index + 1 < past.length ? x(times[index + 1] ?? last) : WIDTH - EDGE;
    const next = past[index + 1]?.score ?? null;
    const dashed = state === "sufficient" ? "" : ' stroke-dasharray="3 2"';
    const riser = next === null ? "" : `V${y(next).toFixed(1)}`;
    return `<path class="step" data-tier="${tier}" d="M${from.toFixed(1)} ${y(score).toFixed(1)}H${to.toFixed(1)}" stroke="${tierWord(tier).colour}"${dashed}/>
      <path class="riser" d="M${to.toFixed(1)} ${y(score).toFixed(1)}${riser}"/>`;
  });
  const mark = svg(`<svg class="sparkline" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img">
    <line x1="${EDGE}" x2="${WIDTH - EDGE}" y1="${HEIGHT - EDGE}" y2="${HEIGHT - EDGE}" class="base"/>${drawn.join("")}</svg>`);
  mark.setAttribute("aria-label", words);
  return mark;
}
