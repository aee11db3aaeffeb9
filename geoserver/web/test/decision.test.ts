import type { LayerSpecification } from "maplibre-gl";
import { beforeAll, expect, test } from "vitest";
import type { Past } from "../src/api/card";
import { type Answer, queryOf, type Supposed } from "../src/api/decision";
import { useVocabulary } from "../src/i18n";
import { retiered } from "../src/map/retier";
import { asCsv, reasonText } from "../src/parts/decision/changes";
import { rowsOf, sorted } from "../src/parts/decision/comparison";
import { rings, tiersOf } from "../src/parts/decision/frame";
import { bounded } from "../src/parts/decision/sliders";
import { SupposedLayers, supposedOf } from "../src/parts/decision/supposed";
import { barsOf } from "../src/parts/decision/trend";
import type { Layer, Region, Tier } from "../src/types";

beforeAll(() => useVocabulary({ tiers: [], states: [], standings: [{ key: "illustrative", zh: "示意性", en: "Illustrative" }], levels: [], variables: {} }));

const RAIN = { rain: 60, hours: 6, pga: 0, pond: 0 };

const asset = (id: string, before: Tier, tier: Tier, dataset = "tsf"): Supposed => ({
  dataset, id, name: `库${id}`, lon: 103.5, lat: 31.2, before, tier, score_before: 0, score: 50, state: "sufficient",
  because: [{ key: "item/freeboard", label: { zh: "安全超高", en: "Freeboard" }, before, tier, was: 3.21, value: 0.31, unit: "m", threshold: "≤ 1 × 0.7 m", clause: "GB", standing: null }],
});

const answer = (assets: Supposed[], regions: Answer["regions"] = []): Answer => ({
  given: { rain_mm: 60, hours: 6, pga_g: 0, pond_m: 0 }, standing: { key: "what-if", zh: "推演", en: "What-if" }, run: "r", at: "2026-07-20T04:00:00Z",
  region: null, counts: { before: {}, after: {} }, changed: assets.length, assets, regions, unheard: {}, took_ms: { answer: 1, made: {} },
});

test("only what is supposed is asked for", () => {
  expect(queryOf(RAIN)).toBe("rain_mm=60&hours=6");
  expect(queryOf({ rain: 0, hours: 6, pga: 0.1, pond: -0.5 })).toBe("pga_g=0.1&pond_m=-0.5");
});

test("nothing supposed is no supposition, and the past is not supposed", () => {
  expect(supposedOf({ whatIf: { rain: 0, hours: 3, pga: 0, pond: 0 }, asOf: null })).toBeNull();
  expect(supposedOf({ whatIf: RAIN, asOf: "2026-07-01T00:00:00Z" })).toBeNull();
  expect(supposedOf({ whatIf: RAIN, asOf: null })).toEqual(RAIN);
});

test("cells alone are asked for as they would be, and the same list comes back as long as nothing differs", () => {
  const layers = [{ id: "risk", kind: "cells", tiles: "/tiles/cells/{z}/{x}/{y}.mvt?v=3" }, { id: "tsf", kind: "vector", tiles: "/tiles/vector/tsf/{z}/{x}/{y}.mvt" }] as Layer[];
  const made = new SupposedLayers();
  const first = made.of(layers, RAIN);
  expect(first.map(({ tiles }) => tiles)).toEqual(["/tiles/cells/{z}/{x}/{y}.mvt?v=3&rain_mm=60&hours=6", layers[1]?.tiles]);
  expect(made.of(layers, { ...RAIN })).toBe(first);
  expect(made.of(layers, null)).toBe(layers);
  expect(made.of(layers, { ...RAIN, hours: 12 })).not.toBe(first);
});

test("every look at a tier sees the supposed one, and other datasets are left alone", () => {
  const drawing = {
    id: "tsf:marker", type: "symbol", source: "tsf", "source-layer": "tsf",
    layout: { "symbol-sort-key": ["coalesce", ["get", "tier"], 0] }, paint: { "icon-opacity": ["case", [">", ["get", "tier"], 0], 1, 0.5] },
  } as unknown as LayerSpecification;
  const others = tiersOf(answer([asset("a", 0, 4), asset("b", 1, 4), asset("c", 3, 2)]));
  const match = ["match", ["to-string", ["get", "id"]], ["a", "b"], 4, ["c"], 2, ["get", "tier"]];
  expect(retiered(drawing, others)).toMatchObject({ layout: { "symbol-sort-key": ["coalesce", match, 0] }, paint: { "icon-opacity": ["case", [">", match, 0], 1, 0.5] } });
  const mine = { ...drawing, "source-layer": "mine" } as LayerSpecification;
  expect(retiered(mine, others)).toBe(mine);
});

test("regions are told apart by their code", () => {
  const region = { code: "140000", name: "山西省", level: "province" as const, before: 3 as Tier, tier: 4 as Tier, score_before: 60, score: 85, counts_before: {}, counts: {} };
  expect(tiersOf(answer([], [region])).get("region")).toEqual({ by: "code", tiers: new Map([["140000", 4]]) });
});

test("a ring says from which tier to which", () => {
  const { sources } = rings([asset("a", 1, 4)], false);
  const data = (sources["what-if"] as { data: { features: { properties: object }[] } }).data;
  expect(data.features.map(({ properties }) => properties)).toEqual([{ dataset: "tsf", id: "a", before: 1, tier: 4, worse: true }]);
});

test.each([["12.5", 12.5], ["", 0], ["many", 0], ["99999", 2000], ["-3", 0]])("a number %s is brought into the limits", (text, expected) => {
  expect(bounded(text, [0, 2000])).toBe(expected);
});

test("a reason tells the value before and after, the limit, and when a model is only illustrative", () => {
  const [reason] = asset("a", 0, 4).because;
  if (!reason) throw new Error("no reason");
  expect(reasonText(reason)).toBe("安全超高 3.21 → 0.31 m (≤ 1 × 0.7 m)");
  expect(reasonText({ ...reason, was: null, threshold: "", standing: "illustrative" })).toBe("安全超高 0.31 m · 示意性");
});

test("an export says what was supposed in every line, and no cell of it is a formula", () => {
  const lines = asCsv(answer([{ ...asset("a", 0, 4), name: '=1+1"x' }])).split("\r\n");
  expect(lines[0]).toContain('"what_if","dataset","id"');
  expect(lines[1]).toContain('"rain 60 mm / 6 h; pga 0 g; pond 0 m","tsf","a","\'=1+1""x"');
});

const child = (code: string, tier: Tier, score: number, red: number): Region["children"][number] => ({
  code, name: code, level: "city", tier, state: "sufficient", score, coverage: 1, assets: 10, counts: { "4": red, "0": 10 - red },
});
const region = { children: [child("1", 2, 40, 0), child("2", 4, 90, 2), { ...child("3", 0, 0, 0), assets: 0 }, child("4", 3, 60, 1)] } as Region;

test("regions without assets are not compared, the others worst first", () => {
  expect(sorted(rowsOf(region, null), "tier").map(({ code }) => code)).toEqual(["2", "4", "1"]);
  expect(sorted(rowsOf(region, null), "region").map(({ code }) => code)).toEqual(["1", "2", "4"]);
});

test("a supposition sorts by what would be, and by how much more is severe", () => {
  const would = answer([], [{ code: "1", name: "1", level: "city", before: 2, tier: 4, score_before: 40, score: 99, counts_before: {}, counts: { "4": 7, "0": 3 } }]);
  const rows = rowsOf(region, would);
  expect(sorted(rows, "severe").map(({ code }) => code)).toEqual(["1", "2", "4"]);
  expect(sorted(rows, "change").map(({ code }) => code)[0]).toBe("1");
  expect(rows.find(({ code }) => code === "2")?.after).toEqual({ tier: 4, score: 90, counts: { "4": 2, "0": 8 } });
});

test("each tier has a scale of its own, so that one red among hundreds of blue is seen", () => {
  const past = [{ counts: { "4": 0, "1": 100 } }, { counts: { "4": 1, "1": 200, "0": 90 } }] as unknown as Past[];
  // the most red there was is 1: the full height of 40; the most blue 200, half of it before
  expect(barsOf(past, 4, 200, 40).map(({ height }) => height)).toEqual([1, 40]);
  expect(barsOf(past, 1, 200, 40).map(({ height }) => height)).toEqual([20, 40]);
  const [first, second] = barsOf(past, 1, 200, 40);
  expect(first?.y).toBe(20);
  expect((first?.x ?? 0) + (first?.width ?? 0)).toBeLessThan(second?.x ?? 0);
});
