import { expect, test } from "vitest";
import { inkOn, recolour, scaleOpacity } from "../src/map/colours";
import { inOrder, moved } from "../src/map/order";
import { drawingsOf, type Look, partition, sourceIdOf, sourcesOf } from "../src/map/style";
import { groundOf } from "../src/map/terrain";
import type { Layer } from "../src/types";

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

/** A layer as the server lists it, of which a test says what matters. */
const layer = (id: string, more: Partial<Layer> = {}): Layer => ({
  id,
  title: { zh: id, en: id },
  description: null,
  group: { id: "asset", zh: "", en: "" },
  kind: "vector",
  geometry: "point",
  tiles: `/tiles/vector/${id}/{z}/{x}/{y}.mvt?v=3`,
  source_layer: id,
  minzoom: 0,
  maxzoom: 14,
  visible: true,
  style: { symbol: { layout: { "text-field": ["get", "name"] } } },
  legend: [],
  attribution: null,
  licence: null,
  origin: "public",
  updated_at: null,
  count: null,
  ...more,
});
const BASE = { group: { id: "base", zh: "", en: "" } };
const LOOK: Look = { theme: "day", lang: "zh", fixed: new Set(), kinds: new Map(), words: {} };
const names = (layers: readonly Layer[]): string => layers.map(({ id }) => id).join("");
const ABCD = ["a", "b", "c", "d"].map((id) => layer(id));

test("a layer stands at the place that was chosen for it, the others as the server has them", () => {
  expect(names(inOrder(ABCD, {}))).toBe("abcd");
  expect(names(inOrder(ABCD, { a: { place: 2 } }))).toBe("bcad");
  expect(names(inOrder(ABCD, { d: { place: 0 }, a: { place: 3 } }))).toBe("dbca");
  expect(names(inOrder(ABCD, { b: { place: 99 }, nobody: { place: 0 } }))).toBe("acdb");
});

test("every way of moving one layer after another gives the order that moving a list would", () => {
  let [choices, list] = [{}, ["a", "b", "c", "d"]];
  for (const [id, target] of [["a", "c"], ["d", "b"], ["b", "a"], ["c", "c"], ["a", "d"]] as const) {
    choices = moved(ABCD, choices, id, target);
    const to = list.indexOf(target);
    list = list.filter((each) => each !== id);
    list.splice(to, 0, id);
    expect(names(inOrder(ABCD, choices))).toBe(list.join(""));
  }
});

test("the quiet layers come in one tile whose address tells the state of each", () => {
  const layers = [layer("lake", { ...BASE, maxzoom: 11, tiles: "/tiles/vector/lake/{z}/{x}/{y}.mvt?v=1.2" }), layer("place", BASE), layer("tsf")];
  const sources = sourcesOf(layers, "http://here");
  expect(Object.keys(sources)).toEqual(["base-map", "tsf"]);
  expect(layers.map(sourceIdOf)).toEqual(["base-map", "base-map", "tsf"]);
  expect(sources["base-map"]).toEqual({
    type: "vector", minzoom: 0, maxzoom: 14,
    tiles: ["http://here/tiles/one-map/{z}/{x}/{y}.mvt?collections=lake%2Cplace&v=1.2-3"],
  });
  const past = layers.slice(0, 2).map((each) => ({ ...each, tiles: each.tiles.replace(/v=.*/, "as_of=2026-07-01T00:00:00Z") }));
  expect(JSON.stringify(sourcesOf(past, "http://here"))).toContain("collections=lake%2Cplace&as_of=2026-07-01T00%3A00%3A00Z");
});

test("a map in Chinese has no Latin names far out, one in English has English ones", () => {
  const drawn = (lang: "zh" | "en"): string => JSON.stringify(drawingsOf(layer("place", BASE), undefined, { ...LOOK, lang }));
  expect(drawn("zh")).toContain('["any",["!=",["get","name"],["coalesce",["get","name_en"],""]],[">=",["zoom"],10]]');
  expect(drawn("en")).toContain('"text-field":["coalesce",["get","name_en"],["get","name"]]');
  expect(JSON.stringify(drawingsOf(layer("tsf"), undefined, { ...LOOK, lang: "en" }))).not.toContain("name_en");
});

test("the ground has heights where a layer offers them", () => {
  expect(groundOf(ABCD, "http://here")).toBeNull();
  const ground = groundOf([...ABCD, layer("relief", { terrain: "/tiles/terrain/relief/{z}/{x}/{y}.png?v=1" })], "http://here");
  expect(JSON.stringify(ground)).toContain("terrain://http://here/tiles/terrain/relief/{z}/{x}/{y}.png?v=1");
});
