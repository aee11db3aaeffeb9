/** Regions of the present, kept while their run is the last: what was opened, and what may be opened next. */

import { api } from "./api";
import type { Region } from "./types";

/** Enough for the way from the nation to a township and back, and the rows beside it. */
const KEPT = 120;
const AHEAD = 8;

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

/** Ask for all of them again. */
export function forget(): void {
  kept.clear();
}

/** Read what is likely to be opened next, one after another, while nothing else is to be done. */
export async function ahead(codes: readonly string[], run: string): Promise<void> {
  for (const code of codes.slice(0, AHEAD)) {
    await idle();
    if (run !== of) return;
    await region(code, run).catch(() => null); // it is read again, and said, when it is opened
  }
}

const idle = (): Promise<void> => new Promise((resolve) => ("requestIdleCallback" in window ? requestIdleCallback(() => resolve(), { timeout: 2000 }) : setTimeout(resolve, 200)));
