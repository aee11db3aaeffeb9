import type { Feature } from "geojson";
import { expect, test } from "vitest";
import type { Near, PointSeries, Series } from "../src/api/card";
import { measures, type Rules, steps, tick, ticks } from "../src/parts/command/checklist";
import { anchorOf, drawable, exported, heading, moved, plotted, relabelled } from "../src/parts/command/plots";
import { band, boxAround, rings, RINGS_KM, runoutOf, tally } from "../src/parts/command/reach";
import { timeline } from "../src/parts/command/timeline";
import { finished } from "../src/parts/tools/overlay";
import { distance, type Place } from "../src/parts/tools/geodesy";
import type { Desk, Evidence } from "../src/types";

const CENTRE: Place = [103.2, 30.91];

const near = (distance_km: number, population?: number | null): Near =>
  ({ dataset: "place", id: String(distance_km), name: "p", distance_km, bearing: 0, lon: 0, lat: 0, population }) as Near;

test("people are summed over the registered places inside a ring, and places without a figure are counted apart", () => {
  const places = [near(0.4, 1200), near(2.9, 300), near(3.1, 50), near(3.5, null), near(9.9, 8000)];
  // 1200 + 300 within 3 km; + 50 within 5, where one place has no figure; + 8000 within 10.
  expect(tally(places, 1)).toEqual({ km: 1, places: 1, population: 1200, unknown: 0 });
  expect(tally(places, 3)).toEqual({ km: 3, places: 2, population: 1500, unknown: 0 });
  expect(tally(places, 5)).toEqual({ km: 5, places: 4, population: 1550, unknown: 1 });
  expect(tally(places, 10)).toEqual({ km: 10, places: 5, population: 9550, unknown: 1 });
});

test("each ring is as far away as it says, on the ellipsoid, and is labelled once", () => {
  const { features } = rings(CENTRE);
  for (const km of RINGS_KM) {
    const [line, label] = features.filter(({ properties }) => properties?.["km"] === km);
    if (line?.geometry.type !== "LineString" || label?.geometry.type !== "Point") throw new Error("a line and a label");
    for (const place of line.geometry.coordinates) expect(distance(CENTRE, place as Place)).toBeCloseTo(km * 1000, 3);
    expect(distance(CENTRE, label.geometry.coordinates as Place)).toBeCloseTo(km * 1000, 3);
    expect(label.properties?.["text"]).toBe(`${km} km`);
  }
  expect(features).toHaveLength(2 * RINGS_KM.length);
});

const node = (key: string, value: Evidence["value"], inputs: Evidence[] = [], state = "sufficient"): Evidence =>
  ({ key, value, inputs, state }) as Evidence;

test("the runout is read from the consequence of the chain, in kilometres, and only where it is known", () => {
  const chain = node("tsf/1", 88, [node("model", null, [node("consequence", "low", [node("runout/P10", 2889), node("runout/P50", 20140), node("runout/P90", 140400), node("population_downstream", 12)])])]);
  expect(runoutOf(chain)).toEqual({ p10: 2.889, p50: 20.14, p90: 140.4, downstream: 12 });
  expect(runoutOf(node("slope/1", 3))).toBeNull();
  expect(runoutOf(node("tsf/1", 3, [node("runout/P10", null, [], "missing")]))).toBeNull();
  expect(runoutOf(null)).toBeNull();
});

test("the band lies between the short and the long runout", () => {
  const found = band(CENTRE, { p10: 2.889, p50: 20.14, p90: 140.4, downstream: null }).features;
  const area = found.find(({ properties }) => properties?.["part"] === "band")?.geometry;
  if (area?.type !== "Polygon") throw new Error("a polygon");
  const [outer, inner] = area.coordinates.map((ring) => distance(CENTRE, ring[0] as Place));
  expect(outer).toBeCloseTo(140_400, 2);
  expect(inner).toBeCloseTo(2889, 2);
  expect(found.filter(({ geometry }) => geometry.type === "Point").map(({ properties }) => properties?.["text"])).toEqual(["P10 2.9 km", "P50 20 km", "P90 140 km"]);
  expect(band(CENTRE, { p10: null, p50: 4, p90: null, downstream: null }).features).toHaveLength(2);
});

test("a box around a place touches the circle on four sides", () => {
  const [west, south, east, north] = boxAround(CENTRE, 5);
  expect(distance(CENTRE, [CENTRE[0], north])).toBeCloseTo(5000, 2);
  expect(distance(CENTRE, [CENTRE[0], south])).toBeCloseTo(5000, 2);
  expect(west).toBeLessThan(CENTRE[0]);
  expect(east).toBeGreaterThan(CENTRE[0]);
});

const RULES: Rules = {
  name: "national/1",
  levels: ["county", "city", "province"],
  minutes: [5, 15, 30],
  factor: { red: 1, orange: 2 },
  instruction: { red: { zh: "撤离人员，停止作业。", en: "Evacuate people, stop work." } },
};
const desk = (next_level: string | null, due_at: string | null): { desk: Desk; raised_at: string } => ({ desk: { next_level, due_at } as Desk, raised_at: "2026-07-20T04:00:00Z" });

test("deadlines are counted from the message that the desk's own deadline gives away", () => {
  // Due 10:05 with 5 min to the county: the desk was told at 10:00. Orange doubles: 10:10 less 2 × 5 is 10:00, too.
  const red = steps(desk("county", "2026-07-20T10:05:00Z"), "red", RULES).slice(0, 3);
  expect(red.map(({ due }) => due?.at)).toEqual(["2026-07-20T10:05:00.000Z", "2026-07-20T10:15:00.000Z", "2026-07-20T10:30:00.000Z"]);
  const orange = steps(desk("county", "2026-07-20T10:10:00Z"), "orange", RULES);
  expect(orange.map(({ due }) => due?.at)).toEqual(["2026-07-20T10:10:00.000Z", "2026-07-20T10:30:00.000Z", "2026-07-20T11:00:00.000Z"]);
});

test("without a deadline of the desk they are counted from the time of the warning", () => {
  expect(steps(desk(null, null), "red", RULES)[0]?.due?.at).toBe("2026-07-20T04:05:00.000Z");
});

test("an instruction is taken apart only where both languages have the same parts", () => {
  expect(measures({ zh: "撤离人员，停止作业。", en: "Evacuate people, stop work." })).toEqual([{ zh: "撤离人员", en: "Evacuate people" }, { zh: "停止作业", en: "Stop work" }]);
  expect(measures({ zh: "关注变化，核实数据。", en: "Watch and verify." })).toHaveLength(1);
});

class Shelf {
  readonly kept = new Map<string, string>();
  get length(): number {
    return this.kept.size;
  }
  key = (at: number): string | null => [...this.kept.keys()][at] ?? null;
  getItem = (name: string): string | null => this.kept.get(name) ?? null;
  setItem = (name: string, text: string): void => void this.kept.set(name, text);
  removeItem = (name: string): void => void this.kept.delete(name);
}

test("ticks are kept for each incident alone, can be taken back, and do not pile up", () => {
  const shelf = new Shelf();
  tick(shelf, "a", "level/county", "2026-07-20T10:00:00Z");
  tick(shelf, "b", "measure/0", "2026-07-20T10:01:00Z");
  expect(ticks(shelf, "a")).toEqual({ "level/county": "2026-07-20T10:00:00Z" });
  expect(tick(shelf, "a", "level/county", null)).toEqual({});
  expect(ticks(shelf, "b")).toEqual({ "measure/0": "2026-07-20T10:01:00Z" });
  for (let number = 0; number < 300; number++) tick(shelf, `w${number}`, "measure/0", "2026-07-20T10:01:00Z");
  expect(shelf.length).toBe(100);
  expect(ticks(shelf, "w299")).not.toEqual({});
  shelf.setItem("minegis.plan/c", "[broken");
  expect(ticks(shelf, "c")).toEqual({});
});

const limits = [
  { tier: 2, value: 10, direction: "above", kind: "designer" },
  { tier: 4, value: 20, direction: "above", kind: "designer" },
] as PointSeries["thresholds"];

test("a reading is told where it rose into a worse tier, not where it stayed, fell or was doubted", () => {
  const samples = [["2026-07-20T00:00:00Z", 5, 1], ["2026-07-20T01:00:00Z", 12, 1], ["2026-07-20T02:00:00Z", 13, 1], ["2026-07-20T03:00:00Z", 99, 4], ["2026-07-20T04:00:00Z", 25, 1], ["2026-07-20T05:00:00Z", 8, 1]];
  const series = { series: [{ name: "P1", unit: "mm", thresholds: limits, samples }] } as unknown as Series;
  const found = timeline(null, [], series);
  expect(found.map(({ at }) => at)).toEqual(["2026-07-20T04:00:00Z", "2026-07-20T01:00:00Z"]);
  expect(found.map((each) => each.kind === "reading" && [each.tier, each.limit.value])).toEqual([[4, 20], [2, 10]]);
});

test("the timeline has messages, acts and changes of the tier, the newest first", () => {
  const told = {
    messages: [{ identifier: "1", msg_type: "Alert", tier: 3 as const, sent_at: "2026-07-20T01:00:00Z", headline: { zh: "甲", en: "A" } }],
    actions: [{ number: 1, kind: "acknowledge" as const, who: "Li", to: "", text: "", reason: "", identifier: "1", at: "2026-07-20T03:00:00Z" }],
  };
  const past = [
    { valid_at: "2026-07-20T02:00:00Z", known_at: "2026-07-20T02:01:00Z", tier: 3, state: "sufficient", score: 1 },
    { valid_at: "2026-07-20T00:00:00Z", known_at: "2026-07-20T00:01:00Z", tier: 1, state: "sufficient", score: 1 },
    { valid_at: "2026-07-20T04:00:00Z", known_at: "2026-07-20T04:01:00Z", tier: 3, state: "sufficient", score: 1 },
  ] as const;
  expect(timeline(told, past, null).map(({ kind, at }) => `${kind} ${at.slice(11, 13)}`)).toEqual(["action 03", "tier 02", "message 01", "tier 00"]);
});

test("symbols are features of the state; what else is drawn there is left alone, and the drawing tool leaves them", () => {
  const post = plotted("post", [[103.123456, 31]]);
  const danger = plotted("danger", [[103, 31], [103.1, 31], [103.1, 31.1]]);
  const other: Feature = { type: "Feature", properties: {}, geometry: { type: "Point", coordinates: [1, 2] } };
  if (!post || !danger) throw new Error("enough places");
  expect(post.properties).toEqual({ kind: "plot/post", label: "" });
  expect(post.geometry).toEqual({ type: "Point", coordinates: [103.12346, 31] });
  expect(plotted("danger", [[103, 31], [103.1, 31]])).toBeNull();
  const { features } = drawable([other, post, danger], (symbol) => symbol);
  expect(features.map(({ properties }) => [properties?.["at"], properties?.["symbol"], properties?.["text"]])).toEqual([[1, "post", "post"], [2, "danger", "danger"]]);
  expect(finished([other, post, danger]).features.map(({ properties }) => properties?.["at"])).toEqual([0]);
  const file = JSON.parse(exported([other, relabelled(post, "CP 1"), danger], (symbol) => symbol)) as { features: Feature[] };
  expect(file.features.map(({ properties }) => properties?.["name"])).toEqual(["CP 1", "danger"]);
});

test("a move takes the whole symbol along", () => {
  const danger = plotted("danger", [[103, 31], [103.1, 31], [103.1, 31.1]]);
  if (!danger) throw new Error("enough places");
  const there = moved(danger, [104, 30]);
  expect(anchorOf(there)).toEqual([104, 30]);
  expect(there.geometry).toEqual({ type: "Polygon", coordinates: [[[104, 30], [104.1, 30], [104.1, 30.1], [104, 30]]] });
});

test("the head of an arrow looks along its last part", () => {
  expect(heading([103, 31], [103, 32])).toBeCloseTo(0);
  expect(heading([103, 31], [104, 31])).toBeCloseTo(90);
  expect(heading([103, 31], [103, 30])).toBeCloseTo(180);
  const arrow = plotted("arrow", [[103, 31], [102, 31]]);
  const head = drawable(arrow ? [arrow] : [], (symbol) => symbol).features.find(({ properties }) => properties?.["symbol"] === "head");
  expect(head?.properties?.["turned"]).toBeCloseTo(270);
});
