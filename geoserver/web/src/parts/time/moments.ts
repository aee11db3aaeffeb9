/** Which run a time means, and which comes next. A moment on the scrubber is a published run. */

import type { State } from "../../state";
import type { Moment, Tier } from "../../types";

/** `valid`: by the time that was judged. `known`: by the time of publication. */
export type Axis = "valid" | "known";

/** The axis that the state is on: a valid time that was chosen, or knowledge alone. */
export const axisOf = ({ moment, asOf }: Pick<State, "moment" | "asOf">): Axis => (asOf && !moment ? "known" : "valid");

export const timeOf = (each: Moment, axis: Axis): string => (axis === "known" ? each.known_at : each.valid_at);

/** Along an axis, the earliest first; of one valid time only what was published last. */
export function along(moments: readonly Moment[], axis: Axis): Moment[] {
  const sorted = [...moments].sort((a, b) => at(timeOf(a, axis)) - at(timeOf(b, axis)) || at(a.known_at) - at(b.known_at));
  return axis === "known" ? sorted : sorted.filter((each, place) => sorted[place + 1]?.valid_at !== each.valid_at);
}

/** The moment that is shown: the newest of valid time no later than `moment` that was known by `asOf`. */
export function shown(moments: readonly Moment[], { moment, asOf }: Pick<State, "moment" | "asOf">): Moment | null {
  const known = moments.filter(
    (each) => (!asOf || at(each.known_at) <= at(asOf)) && (!moment || at(each.valid_at) <= at(moment)),
  );
  return along(known, moment ? "valid" : "known").at(-1) ?? null;
}

/** What to put into the state so that `chosen` is shown; null is now. */
export function chosenAs(chosen: Moment | null, axis: Axis): Pick<State, "moment" | "asOf"> {
  if (!chosen) return { moment: null, asOf: null };
  return { moment: axis === "valid" ? chosen.valid_at : null, asOf: chosen.known_at };
}

/** Where a moment stands in a row; one that is not in it, and now, at its end. */
export function placeOf(row: readonly Moment[], chosen: Moment | null): number {
  const found = row.findIndex(({ run }) => run === chosen?.run);
  return found < 0 ? row.length : found;
}

/** What was known by a time, all of it where that is now. */
export const knownBy = <T extends { known_at: string }>(history: readonly T[], asOf: string | null): T[] =>
  history.filter(({ known_at: known }) => !asOf || at(known) <= at(asOf));

/** The newest moment at least `hours` before another, else the first. */
export function before(moments: readonly Moment[], chosen: Moment, hours: number): Moment | null {
  const limit = at(chosen.valid_at) - hours * 3_600_000;
  const row = along(moments, "valid");
  return row.filter((each) => at(each.valid_at) <= limit).at(-1) ?? row[0] ?? null;
}

/** The worst tier that any asset had. */
export function worst({ tiers }: Moment): Tier {
  const found = ([4, 3, 2, 1] as const).find((tier) => (tiers[tier] ?? 0) > 0);
  return found ?? 0;
}

/** Microseconds count: two runs may be published within one millisecond. */
function at(iso: string): number {
  const fraction = /\.\d{3}(\d{1,3})/.exec(iso)?.[1] ?? "";
  return Date.parse(iso) + Number(fraction.padEnd(3, "0")) / 1000;
}
