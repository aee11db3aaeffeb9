import type { FeatureCollection, Geometry } from "geojson";
import { expect, test } from "vitest";
import { itemDrawings, marked, PLACES, SOURCE } from "../src/items/drawings";
import { boundsOf, itemsOf, placesOf } from "../src/items/read";
import type { Look } from "../src/map/style";
import type { Layer } from "../src/types";

const LOOK: Look = { theme: "day", lang: "zh", fixed: new Set(), kinds: new Map(), words: {} };
const LAYER: Layer = {
  id: "place",
  title: { zh: "居民地", en: "Places" },
  description: null,
  group: { id: "base", zh: "基础", en: "Base" },
  kind: "vector",
  geometry: "point",
  tiles: "/tiles/vector/place/{z}/{x}/{y}.mvt",
  minzoom: 7,
  maxzoom: 14,
  visible: false,
  style: { symbol: { layout: { "text-field": ["get", "name"] }, minzoom: 9 } },
  legend: [{ colour: "#33414e", label: { zh: "居民地", en: "Place" } }],
  attribution: null,
  licence: null,
  origin: "public",
  updated_at: null,
  count: 1,
};

const collection = (...geometries: (Geometry | null)[]): FeatureCollection<Geometry | null> => ({
  type: "FeatureCollection",
  features: geometries.map((geometry, at) => ({ type: "Feature", id: `示例-${at}`, geometry, properties: { name: "甲" } })),
});

test("items without a place are left to the table, the others carry their id", () => {
  const items = itemsOf(collection(null, { type: "Point", coordinates: [103, 31] }));
  expect(items.features.map(({ properties }) => properties)).toEqual([{ name: "甲", id: "示例-1" }]);
});

test("the bounds hold every part of every geometry", () => {
  const shapes: Geometry[] = [
    { type: "Point", coordinates: [103, 31, 400] },
    { type: "MultiLineString", coordinates: [[[100, 30], [101, 33]], [[104, 29], [104, 30]]] },
    { type: "MultiPolygon", coordinates: [[[[102, 31], [105, 31], [105, 32], [102, 31]]]] },
  ];
  expect(boundsOf(itemsOf(collection(...shapes)))).toEqual([100, 29, 105, 33]);
  expect(boundsOf(itemsOf(collection()))).toBeNull();
});

test("an area of many parts has one name, in the middle of its largest part", () => {
  const small = [[[100, 30], [101, 30], [101, 31], [100, 31], [100, 30]]];
  const large = [[[104, 30], [106, 30], [106, 32], [104, 32], [104, 30]]];
  const places = placesOf(itemsOf(collection({ type: "MultiPolygon", coordinates: [small, large] })));
  expect(places.features.map(({ geometry }) => geometry)).toEqual([{ type: "Point", coordinates: [105, 31] }]);
});

test("every item is drawn, also where the map only has names", () => {
  const drawings = itemDrawings(LAYER, LOOK);
  expect(drawings.map(({ type }) => type)).toEqual(["fill", "line", "circle", "symbol"]);
  for (const drawing of drawings) {
    expect(drawing).toMatchObject({ source: drawing.type === "symbol" ? PLACES : SOURCE });
    expect(drawing).not.toHaveProperty("source-layer");
    expect(drawing.layout?.visibility).not.toBe("none");
  }
});

test("a collection has the style of its layer, and one without a layer is drawn plainly", () => {
  const circle = { ...LAYER, style: { circle: { paint: { "circle-color": "#7b4fa3" }, minzoom: 9 } } };
  expect(itemDrawings(circle, LOOK).map(({ id }) => id)).toEqual(["place:circle"]);
  expect(itemDrawings(circle, LOOK)[0]).not.toHaveProperty("minzoom");
  expect(itemDrawings(null, LOOK).map(({ type }) => type)).toEqual(["fill", "line", "circle"]);
});

test("one item is marked by its id, whatever stands in it", () => {
  expect(JSON.stringify(marked('a"]', "#000000"))).toContain('["==",["get","id"],"a\\"]"]');
});
