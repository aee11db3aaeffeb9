import { expect, test } from "vitest";
import { inkOn, recolour, scaleOpacity } from "../src/map/colours";
import { partition } from "../src/map/style";

const DAY = { theme: "day", saturation: 1, fixed: new Set(["#e60012"]) } as const;
const NIGHT = { ...DAY, theme: "night" } as const;

test("by day at full saturation a colour stays what it was", () => {
  for (const colour of ["#8fc1de", "#33414e", "#ffffff", "#000000", "#7b4fa3"]) expect(recolour(colour, DAY)).toBe(colour);
});

test("at night light becomes dark and dark light, deep inside expressions too", () => {
  const [, white, black] = recolour(["case", "#ffffff", "#000000"], NIGHT) as string[];
  // Lightness 1 becomes 0.10 and 0 becomes 0.92: 0.10 × 255 = 25.5, 0.92 × 255 = 234.6.
  expect(white).toBe("#1a1a1a");
  expect(black).toBe("#ebebeb");
});

test("a warning colour is never changed", () => {
  expect(recolour("#E60012", NIGHT)).toBe("#E60012");
});

test("alpha and words that are no colour are kept", () => {
  expect(recolour("#8FC1DE80", { ...DAY, saturation: 0 })).toMatch(/^#([0-9a-f]{2})\1\1(80)$/);
  expect(recolour(["get", "name"], NIGHT)).toEqual(["get", "name"]);
});

test("an opacity is multiplied as a number, as an expression and at every zoom", () => {
  expect(scaleOpacity(undefined, 0.5)).toBe(0.5);
  expect(scaleOpacity(0.8, 0.5)).toBe(0.4);
  expect(scaleOpacity(["get", "x"], 0.5)).toEqual(["*", 0.5, ["get", "x"]]);
  expect(scaleOpacity(["interpolate", ["linear"], ["zoom"], 4, 1, 8, 0.5], 0.5)).toEqual([
    "interpolate", ["linear"], ["zoom"], 4, 0.5, 8, 0.25,
  ]);
  expect(scaleOpacity(["step", ["zoom"], 1, 8, 0.5], 0.5)).toEqual(["step", ["zoom"], 0.5, 8, 0.25]);
});

test("ink on yellow and orange is dark, on red and blue white", () => {
  expect(["#F5D000", "#FF7D00", "#E60012", "#2F6BFF"].map(inkOn)).toEqual(["#15202a", "#15202a", "#ffffff", "#ffffff"]);
});

test("an opened region gives way to its children, a county stays", () => {
  const path = ["100000", "510000", "513200"];
  expect(JSON.stringify(partition(path, false))).toContain('["!",["in",["get","code"],["literal",["100000","510000","513200"]]]]');
  expect(JSON.stringify(partition([...path, "513221"], true))).not.toContain("513221");
});
