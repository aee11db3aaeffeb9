import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { freezeClock, useVocabulary } from "../src/i18n";
import { NO_NAMES } from "../src/map/names";
import { styleOf } from "../src/map/compose";
import { makersOf } from "../src/panel/corner";
import { staleSources } from "../src/panel/stale";
import { INITIAL } from "../src/state";
import type { Layer } from "../src/types";

const NOW = "2026-07-20T12:00:00Z";

beforeAll(() => useVocabulary({ tiers: [], states: [], standings: [], levels: [], variables: {} }));
beforeEach(() => {
  vi.stubGlobal("location", { origin: "http://here" });
  freezeClock(NOW);
});
afterEach(() => {
  vi.unstubAllGlobals();
  freezeClock(null);
});

const layer = (id: string, more: Partial<Layer> = {}): Layer =>
  ({ id, title: { zh: id, en: id }, kind: "raster", group: { id: "weather", zh: "", en: "" }, visible: true, style: {}, legend: [], tiles: "/tiles/{z}", minzoom: 0, maxzoom: 9, attribution: null, updated_at: null, ...more }) as Layer;

test("each source is named once, also where several layers share it with others", () => {
  const layers = [layer("a", { attribution: "meteva" }), layer("b", { attribution: "meteva; USGS ShakeMap" }), layer("c", { attribution: "USGS ShakeMap", visible: false }), layer("d", { attribution: "GeoNames", visible: false })];
  expect(makersOf(layers, INITIAL)).toEqual(["meteva", "USGS ShakeMap"]);
});

test("a source on the map that has said nothing for a day is named with its age, and no other is", () => {
  const hours = (n: number): string => new Date(Date.parse(NOW) - n * 3_600_000).toISOString();
  const old = layer("rain", { updated_at: hours(30) });
  expect(staleSources([old, layer("new", { updated_at: hours(23) }), layer("never")], {})).toBe("rain（30 小时前）");
  expect(staleSources([old], { rain: { on: false } })).toBe("");
  expect(staleSources([layer("relief", { updated_at: hours(9_999), group: { id: "base", zh: "", en: "" } })], {})).toBe("");
  expect(staleSources([layer("rain", { updated_at: hours(1) })], {})).toBe("");
});

test("of many stale sources the oldest are named and the rest counted", () => {
  const days = (n: number): string => new Date(Date.parse(NOW) - n * 86_400_000).toISOString();
  const layers = [2, 5, 3, 4].map((n) => layer(`r${n}`, { updated_at: days(n) }));
  expect(staleSources(layers, {})).toBe("r5（5 天前） · r4（4 天前） · r3（3 天前） 等 4 个图层");
});

test("at a time past, what had not occurred by then is not on the map; now nothing is left out", () => {
  const quakes = layer("earthquake", { kind: "vector", geometry: "point", source_layer: "earthquake", occurred: "occurred_at", style: { circle: { filter: [">", ["get", "magnitude"], 5] } } });
  const filterOf = (state: Partial<typeof INITIAL>): unknown => {
    const drawing = styleOf([quakes], { ...INITIAL, ...state }, null, NO_NAMES).layers.find(({ id }) => id === "earthquake:circle");
    return drawing && "filter" in drawing ? drawing.filter : undefined;
  };
  const own = [">", ["get", "magnitude"], 5];
  const by = (limit: string): unknown[] => ["all", own, ["<=", ["to-string", ["get", "occurred_at"]], limit]];
  expect(filterOf({})).toEqual(own);
  expect(filterOf({ moment: "2026-07-19T08:00:00.123456Z", asOf: "2026-07-19T09:00:00Z" })).toEqual(by("2026-07-19T08:00:00Z"));
  expect(filterOf({ asOf: "2026-07-19T17:00:00+08:00" })).toEqual(by("2026-07-19T09:00:00Z"));
  expect(filterOf({ asOf: NOW, layers: { earthquake: { on: false } } })).toEqual(own);
});
