import { expect, test } from "vitest";
import { along, axisOf, before, chosenAs, knownBy, placeOf, shown, worst } from "../src/parts/time/moments";
import { covering } from "../src/parts/time/prefetch";
import { fromQuery, INITIAL, toQuery } from "../src/state";
import type { Moment } from "../src/types";

const run = (name: string, valid_at: string, known_at: string, tiers: Moment["tiers"] = {}): Moment => ({
  run: name, valid_at, known_at, tiers, warnings: 0, cells: true,
});
/** Judged at 1 and 2 o'clock and published ten minutes later each, but 2 o'clock was published twice. */
const LIVE = [
  run("one", "2026-07-20T01:00:00Z", "2026-07-20T01:10:00Z", { "2": 3, "0": 9 }),
  run("two", "2026-07-20T02:00:00Z", "2026-07-20T02:10:00Z", { "4": 1, "2": 3 }),
  run("again", "2026-07-20T02:00:00Z", "2026-07-20T02:30:00.000001Z", { "0": 3 }),
];
/** A frozen sample: judged of July, published in November, two of them within one millisecond. */
const SAMPLE = [
  run("a", "2026-07-17T04:00:00Z", "2026-11-22T13:00:00.000100Z"),
  run("b", "2026-07-18T04:00:00Z", "2026-11-22T13:00:00.000200Z"),
  run("c", "2026-07-20T04:00:00Z", "2026-11-22T13:01:00Z"),
];
const of = (moment: string | null, asOf: string | null): string | undefined => shown(LIVE, { moment, asOf })?.run;

test("as known now, a valid time shows the newest run judged by then", () => {
  expect(of("2026-07-20T01:59:00Z", null)).toBe("one");
  expect(of("2026-07-20T02:00:00Z", null)).toBe("again");
  expect(of("2026-07-20T00:59:00Z", null)).toBeUndefined();
});

test("as known then, what had not been published is not shown", () => {
  expect(of(null, "2026-07-20T02:05:00Z")).toBe("one");
  expect(of(null, "2026-07-20T02:10:00Z")).toBe("two");
  expect(of("2026-07-20T02:00:00Z", "2026-07-20T02:20:00Z")).toBe("two");
  expect(of(null, "2026-07-20T01:09:00Z")).toBeUndefined();
});

test("microseconds tell two runs of one millisecond apart", () => {
  expect(shown(SAMPLE, { moment: null, asOf: "2026-11-22T13:00:00.000150Z" })?.run).toBe("a");
  expect(shown(SAMPLE, { moment: null, asOf: "2026-11-22T13:00:00.000200Z" })?.run).toBe("b");
});

test("of a frozen sample nothing was known at its valid times", () => {
  expect(shown(SAMPLE, { moment: null, asOf: "2026-07-18T04:00:00Z" })).toBeNull();
  expect(shown(SAMPLE, { moment: "2026-07-18T04:00:00Z", asOf: null })?.run).toBe("b");
});

test("each choice on either axis shows the run that was chosen", () => {
  for (const moments of [LIVE, SAMPLE]) {
    for (const axis of ["valid", "known"] as const) {
      for (const each of along(moments, axis)) {
        const state = chosenAs(each, axis);
        expect(shown(moments, state)?.run).toBe(each.run);
        expect(axisOf(state)).toBe(axis);
      }
    }
  }
  expect(chosenAs(null, "known")).toEqual({ moment: null, asOf: null });
});

test("of one valid time only the last publication has a place on the axis of valid times", () => {
  expect(along(LIVE, "valid").map((each) => each.run)).toEqual(["one", "again"]);
  expect(along(LIVE, "known").map((each) => each.run)).toEqual(["one", "two", "again"]);
});

test("now stands at the end of the row", () => {
  expect(LIVE.map((each) => placeOf(LIVE, each))).toEqual([0, 1, 2]);
  expect(placeOf(LIVE, null)).toBe(3);
});

test("a day before is the newest moment so far back, and else the first", () => {
  const c = SAMPLE[2] as Moment;
  expect(before(SAMPLE, c, 24)?.run).toBe("b");
  expect(before(SAMPLE, c, 72)?.run).toBe("a");
  expect(before(SAMPLE, c, 1000)?.run).toBe("a");
  expect(before([], c, 24)).toBeNull();
});

test("the worst tier colours a moment", () => {
  expect(LIVE.map(worst)).toEqual([2, 4, 0]);
});

test("moment, knowledge and comparison survive in the address", () => {
  const state = {
    ...INITIAL,
    ...chosenAs(SAMPLE[1] as Moment, "valid"),
    compare: { mode: "split" as const, with: "2026-11-22T13:00:00.000100Z", at: 0.25 },
  };
  expect(fromQuery(toQuery(state))).toEqual(state);
});

test("tiles ahead are those under the view, a raster's one zoom deeper", () => {
  const bounds = { getWest: () => 100, getEast: () => 112, getNorth: () => 40, getSouth: () => 30 };
  const layer = { kind: "vector" as const, minzoom: 0, maxzoom: 14 };
  // At zoom 4 a tile is 22.5° wide: 100 and 112 lie in column 12; 30 to 40 N in row 6 (21.9 to 40.98 N).
  expect(covering(layer, bounds as never, 4.9)).toEqual([[4, 12, 6]]);
  // At zoom 5, 11.25°: columns 24 (90 to 101.25) and 25; rows 12 (31.95 to 40.98 N) and 13.
  expect(covering({ ...layer, kind: "raster" }, bounds as never, 4.9)).toEqual([[5, 24, 12], [5, 24, 13], [5, 25, 12], [5, 25, 13]]);
  expect(covering({ ...layer, minzoom: 6 }, bounds as never, 4.9)).toEqual([]);
  expect(covering({ ...layer, maxzoom: 3 }, bounds as never, 4.9)).toEqual([[3, 6, 3]]);
});

test("at a time past, a history ends with what was known by then, to the microsecond", () => {
  const runs = (found: readonly Moment[]): string => found.map((each) => each.run).join(" ");
  expect(runs(knownBy(SAMPLE, null))).toBe("a b c");
  expect(runs(knownBy(SAMPLE, "2026-11-22T13:00:00.000100Z"))).toBe("a");
  expect(runs(knownBy(SAMPLE, "2026-11-22T13:00:59Z"))).toBe("a b");
});
