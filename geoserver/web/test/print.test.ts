import { expect, test } from "vitest";
import { metresPerPixel, roundLength } from "../src/map/scale";
import { marksOf } from "../src/parts/print/sheet";

test("the bar of a scale is the longest round length that fits", () => {
  expect([730, 1999, 20, 5000, 0.7].map(roundLength)).toEqual([500, 1000, 20, 5000, 0.5]);
});

test("a pixel spans the share of the parallel that Web Mercator gives it", () => {
  expect(metresPerPixel(0, 0)).toBeCloseTo(40_075_016.686 / 512, 6);
  // At 60 degrees half as much, and a zoom further in half of that.
  expect(metresPerPixel(60, 1)).toBeCloseTo(40_075_016.686 / 512 / 4, 6);
});

test("paper says in large letters what is supposed and which time past it shows, and of the present neither", () => {
  const rain = { rain: 60, hours: 6, pga: 0, pond: 0 };
  expect(marksOf({ whatIf: null, moment: null, asOf: null })).toEqual([]);
  expect(marksOf({ whatIf: { ...rain, rain: 0 }, moment: null, asOf: null })).toEqual([]);
  expect(marksOf({ whatIf: rain, moment: null, asOf: null })).toEqual([expect.stringContaining("60 mm / 6 h")]);
  // 00:00 in UTC is 08:00 in Beijing; the past is not supposed.
  expect(marksOf({ whatIf: rain, moment: "2026-07-19T00:00:00Z", asOf: "2026-07-20T00:00:00Z" })).toEqual([expect.stringContaining("2026-07-19 08:00")]);
  expect(marksOf({ whatIf: null, moment: null, asOf: "2026-07-20T00:00:00Z" })).toEqual([expect.stringContaining("2026-07-20 08:00")]);
});
