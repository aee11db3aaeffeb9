/** Regions of the present, kept while their run is the last: what was opened, and what may be opened next. */

import { api } from "./api";
import type { Region } from "./types";

/** Enough for the way from the nation to a township and back, and the rows beside it. */
const KEPT = 120;
const AHEAD = 8;
const LIKELIEST = 3;

const kept = new Map<string, Promise<Region>>();
let of = "";

/** Read a region of a run; one that is kept is there at once. */
export function region(code: string, run: string): Promise<Region> {
  if (run !== of) kept.clear();
  of = run;
  const answer = kept.get(code) ?? api.region(code);
  kept.delete(code);
  kept.set(code, answer);
  answer.catch(() => kept.delete(code));
  for (const oldest of [...kept.keys()].slice(0, -KEPT)) kept.delete(oldest);
  return answer;
}

type Child = Region["children"][number];

/** Worst first: tier, then score, then number of assets. */
export function byRisk(a: Child, b: Child): number {
  return b.tier - a.tier || (b.score ?? -1) - (a.score ?? -1) || b.assets - a.assets;
}

/** What one opens from a region: the one above, and the worst of those below. */
export function next({ children, parent }: Region): string[] {
  const below = children.filter(({ assets }) => assets > 0).sort(byRisk);
  return [...(parent ? [parent] : []), ...below.map(({ code }) => code)];
}

/** Ask for all of them again. */
export function forget(): void {
  kept.clear();
}

/** Read what is likely to be opened next: the likeliest at once, the rest while nothing else is to be done. */
export async function ahead(codes: readonly string[], run: string): Promise<void> {
  const quietly = (code: string): Promise<unknown> => region(code, run).catch(() => null); // said when it is opened
  await Promise.all(codes.slice(0, LIKELIEST).map(quietly));
  for (const code of codes.slice(LIKELIEST, AHEAD)) {
    await idle();
    if (run !== of) return;
    await quietly(code);
  }
}

const idle = (): Promise<void> => new Promise((resolve) => ("requestIdleCallback" in window ? requestIdleCallback(() => resolve(), { timeout: 2000 }) : setTimeout(resolve, 200)));
