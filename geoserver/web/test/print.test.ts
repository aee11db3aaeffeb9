import { expect, test } from "vitest";
import { metresPerPixel, roundLength } from "../src/map/scale";

test("the bar of a scale is the longest round length that fits", () => {
  expect([730, 1999, 20, 5000, 0.7].map(roundLength)).toEqual([500, 1000, 20, 5000, 0.5]);
});

test("a pixel spans the share of the parallel that Web Mercator gives it", () => {
  expect(metresPerPixel(0, 0)).toBeCloseTo(40_075_016.686 / 512, 6);
  // At 60 degrees half as much, and a zoom further in half of that.
  expect(metresPerPixel(60, 1)).toBeCloseTo(40_075_016.686 / 512 / 4, 6);
});
