import { beforeAll, expect, test } from "vitest";
import { cardApi, type Limit, type Margin, type PointSeries, type Sample } from "../src/api/card";
import { decimals, frameOf, lastUsable, lineOf, pinned, spread, strictest, tierAt } from "../src/charts/readings";
import { isAlone } from "../src/charts/option";
import { useVocabulary } from "../src/i18n";
import { groups, shortName } from "../src/parts/card/charts";
import { distance } from "../src/parts/card/nearby";
import { runningSums } from "../src/parts/card/why";
import { counterfactualSentence, deciding, direction, doubts, eitherWay, marginSentence, requirement, signed } from "../src/parts/card/words";
import type { Evidence, Tier } from "../src/types";

const COLOURS = ["normal", "blue", "yellow", "orange", "red"];

beforeAll(() => {
  useVocabulary({
    tiers: COLOURS.map((key, tier) => ({ tier: tier as Tier, key, colour: "#000000", numeral: "", zh: `<${key}>`, en: key })),
    states: [], standings: [], levels: [], variables: {},
  });
});

const limit = (tier: Tier, value: number, direction: "above" | "below" = "above"): Limit => ({
  tier, value, direction, kind: "rule", clause: "", item: "", label: { zh: "", en: "" },
});

const series = (samples: Sample[], thresholds: Limit[] = [], variable = "pond_level", id = "p"): PointSeries => ({
  point_id: id, name: id, variable, label: { zh: "", en: "" }, unit: "m", interval_minutes: 60, thresholds, samples, total: samples.length, shown: samples.length,
});

const at = (hour: number): string => `2026-07-20T${String(hour).padStart(2, "0")}:00:00Z`;

test("doubted values are apart, and break the line like a gap", () => {
  const line = lineOf(series([[at(0), 1, 1], [at(1), 9, 4], [at(2), null, 9], [at(3), 2, 2], [at(4), 3, 3]]));
  expect(line.usable.map(([, value]) => value)).toEqual([1, null, null, 2, null]);
  expect(line.doubted.map(({ value, qc }) => [value, qc])).toEqual([[9, 4], [3, 3]]);
});

test("a value between two gaps is seen as a dot", () => {
  const places: [number, number | null][] = [[0, 1], [1, null], [2, 5], [3, null], [4, 2], [5, 3]];
  expect(places.map((_, index) => isAlone(places, index))).toEqual([true, false, true, false, false, false]);
});

test("the last usable sample is neither flagged nor silent", () => {
  expect(lastUsable([[at(0), 1, 1], [at(1), 2, 1], [at(2), 9, 4], [at(3), null, 9]])).toEqual([at(1), 2, 1]);
  expect(lastUsable([[at(0), null, 9]])).toBeNull();
});

test("of several limits of a tier the one that is reached first is drawn", () => {
  const above = strictest([limit(4, 12), limit(4, 10), limit(3, 9), limit(4, 11)]);
  expect(above.map(({ tier, value }) => [tier, value])).toEqual([[3, 9], [4, 10]]);
  const below = strictest([limit(4, 2, "below"), limit(4, 3, "below"), limit(4, 10)]);
  expect(below.map(({ value, direction }) => [value, direction])).toEqual([[3, "below"], [10, "above"]]);
});

test("a value has the worst tier whose limit it passes, either way", () => {
  const both = [limit(1, 5), limit(4, 40), limit(1, -5, "below"), limit(4, -40, "below")];
  expect([0, 5, 41, -6, -40].map((value) => tierAt(value, both))).toEqual([0, 1, 4, 1, 4]);
});

test("a limit far from the readings does not flatten them, and is named as beyond", () => {
  // Readings span 10 to 12; 1.5 × 2 = 3 beyond is 15: 14 is inside, 250 is not.
  const frame = frameOf([lineOf(series([[at(0), 10, 1], [at(1), 12, 1]]))], [limit(1, 14), limit(4, 250)]);
  expect(frame.inside.map(({ value }) => value)).toEqual([14]);
  expect(frame.beyond.map(({ value }) => value)).toEqual([250]);
  expect(frame.low).toBeLessThan(10);
  expect(frame.high).toBeGreaterThan(14);
  expect(frame.high).toBeLessThan(16);
});

test("the nearest limit is shown even beside readings that hardly move, the others are not", () => {
  // 3.31 to 3.34 spans 0.03; red at 3.7 is 0.36 away, 12 times that; orange at 4.07 would flatten more.
  const frame = frameOf([lineOf(series([[at(0), 3.31, 1], [at(1), 3.34, 1]]))], [limit(4, 3.7, "below"), limit(3, 4.07, "below")]);
  expect(frame.inside.map(({ value }) => value)).toEqual([3.7]);
  expect(frame.high).toBeGreaterThan(3.7);
});

test("a failed spike does not stretch the axis; it is drawn at the edge", () => {
  const frame = frameOf([lineOf(series([[at(0), 10, 1], [at(1), 12, 1], [at(2), 9999, 4]]))], []);
  expect(frame.high).toBeLessThan(13);
  expect(pinned(9999, frame)).toBe(frame.high);
});

test("labels of limits that lie close are moved apart around where they belong", () => {
  expect(spread([0, 100], 15)).toEqual([0, 100]);
  expect(spread([50, 50], 15)).toEqual([42.5, 57.5]);
  // 10, 12 and 14 belong around 12: 12 − 15, 12, 12 + 15.
  expect(spread([14, 10, 12], 15)).toEqual([27, -3, 12]);
});

test("ticks have the digits that tell them apart", () => {
  expect([2, 0.5, 0.03, 40, 3000].map(decimals)).toEqual([1, 2, 3, 0, 0]);
});

test("the quantity that is worst now comes first, then the usual order", () => {
  const rain = series([[at(0), 60, 1]], [limit(2, 50)], "rain_24h");
  const level = series([[at(0), 1, 1]], [limit(4, 5)]);
  const depth = series([[at(0), 4, 1]], [limit(3, 4.1, "below")], "phreatic_depth");
  const odd = series([[at(0), 4, 1]], [], "unknown");
  expect(groups([odd, rain, level, depth]).map(({ variable, tier }) => [variable, tier])).toEqual([
    ["phreatic_depth", 3], ["rain_24h", 2], ["pond_level", 0], ["unknown", 0],
  ]);
});

test("points of a chart are told apart by the end of their ids", () => {
  const points = [{ point_id: "tsf-12-level-1" }, { point_id: "tsf-12-level-20" }];
  expect(points.map(({ point_id }) => shortName(point_id, points))).toEqual(["#1", "#20"]);
  expect(shortName("only", [{ point_id: "only" }])).toBe("#only");
});

const margin = (change: Partial<Margin>): Margin => ({
  item: "freeboard", label: { zh: "安全超高", en: "Freeboard" }, unit: "m", tier: 0, state: "sufficient", required: 0.5, present: 1.2,
  margin: 0.7, left: 2, direction: "below", kind: "statutory", clause: "", point_id: "p", valid_time: at(0), note: null, ...change,
});

test("a margin is said as what is left, or as how far the limit is passed", () => {
  expect(marginSentence(margin({}))).toBe("安全超高 1.2 m，距红色限值 0.5 m 还有 0.7 m");
  expect(marginSentence(margin({ present: 0.3, margin: -0.2 }))).toBe("安全超高 0.3 m，已越过红色限值 0.5 m，超出 0.2 m");
  expect(marginSentence(margin({ present: null, margin: null }))).toContain("无法比较");
  expect([requirement(margin({})), requirement(margin({ direction: "above", required: 250, unit: "mm" })), requirement(margin({ required: null }))]).toEqual(["> 0.5 m", "< 250 mm", "—"]);
});

test("signs are always said", () => {
  expect([signed(0.42, "m"), signed(-0.4237, "m"), signed(0, "mm")]).toEqual(["+0.42 m", "−0.424 m", "+0 mm"]);
});

test("a counterfactual is a sentence", () => {
  const change = (key: string, shift: number | null, tier: Tier | null = null) => ({ key, label: { zh: key, en: key }, shift, unit: "m", tier });
  const both = { tier: 3 as Tier, changes: [change("level", -0.42), change("blocked", null), change("T1", null, 1)] };
  expect(counterfactualSentence(4, both)).toBe("若 level −0.42 m，且 「blocked」消除，且 T1降为<blue>，则由<red>降为<orange>");
});

const node = (change: Partial<Evidence>): Evidence => ({
  key: "x", label: { zh: "", en: "" }, value: null, unit: "", tier: 0, state: "sufficient", method: "", standing: null, clause: "", provenance: "", threshold: "",
  valid_time: "", source: "", note: null, inputs: [], ...change,
});

test("what decides is the deepest node with the tier and a clause of its own", () => {
  const item = node({ key: "item/phreatic", tier: 4, clause: "GB 51108", threshold: "≤ 3.7 m" });
  const chain = node({ tier: 4, inputs: [node({ key: "model", tier: 1 }), node({ key: "statutory", tier: 4, clause: "GB 39496", inputs: [node({ tier: 1 }), item] })] });
  expect(deciding(chain)?.key).toBe("item/phreatic");
  expect(deciding(node({}))).toBeNull();
});

test("silence, missing points, illustrative models and defaults are said as doubts", () => {
  const silent = node({ key: "reading/level/p", state: "missing" });
  const model = node({ key: "model", inputs: [node({ standing: "illustrative", inputs: [node({ standing: "illustrative" })] }), node({ standing: "verified" })] });
  const chain = node({ inputs: [node({ key: "statutory", provenance: "ED", inputs: [silent, node({ key: "unmonitored/x" })] }), model] });
  const told = doubts(chain, 0.5);
  expect(told).toHaveLength(5);
  expect(told.join()).toContain("50%");
  expect(told.join()).toContain("1 个模型结果为示意性");
  expect(doubts(node({}), 1)).toEqual([]);
});

test("bearings have a word and distances a unit", () => {
  expect([0, 44, 46, 90, 200, 359].map(direction)).toEqual(["北", "东北", "东北", "东", "南", "北"]);
  expect([0.4, 0.9996, 12.34].map(distance)).toEqual(["400 m", "1000 m", "12.3 km"]);
});

test("the bars of factors begin where the one before ends", () => {
  expect(runningSums([80, 5, -3])).toEqual([80, 85, 82]);
});

test("limits that are the same either way are said once", () => {
  const both = [limit(4, -40, "below"), limit(4, 40), limit(3, 7, "below")];
  expect(eitherWay(both).map(({ words }) => words("mm/d"))).toEqual(["<red> ≥ ±40 mm/d · 项目默认值", "<orange> ≤ 7 mm/d · 项目默认值"]);
  expect(eitherWay([limit(4, -3, "below")])).toHaveLength(1);
});

test("a file of an asset holds what was known at the time that is shown", () => {
  expect(cardApi.file("tsf", "T-1/2", null, "csv")).toBe("/api/v1/assets/tsf/T-1/2/download?f=csv");
  expect(cardApi.file("tsf", "T-1", "2026-07-19T00:00:00Z", "gpkg")).toBe("/api/v1/assets/tsf/T-1/download?f=gpkg&as_of=2026-07-19T00%3A00%3A00Z");
});
