import { expect, test } from "vitest";
import type { Desk, DeskState, Region, Tier, Warning } from "../src/types";
import { Alarms, STAGE_MS } from "../src/wall/alarm";
import { composed, digitPixels } from "../src/wall/layout";
import { resolved, scenesOf, stepped, worstRegions } from "../src/wall/scenes";

type Part = Region["children"][number];

const part = (code: string, tier: Tier, counts: Record<string, number> = {}): Part => ({ code, name: code, level: "province", tier, state: "sufficient", score: 0, coverage: 1, assets: 9, counts });

const warning = (id: string, tier: Tier, state: DeskState = "unacknowledged"): Warning =>
  ({ id, identifier: `${id}.1`, tier, dataset: "tsf", asset_id: `a-${id}`, updated_at: "2026-07-20T04:00:00Z", desk: { state, due_at: null } as Desk }) as Warning;

test("a wall of one, two or three screens is composed for each, scaled and centred", () => {
  expect(composed(1920, 1080)).toEqual({ screens: 1, scale: 1, margin: { x: 0, y: 0 } });
  expect(composed(3840, 2160)).toEqual({ screens: 1, scale: 2, margin: { x: 0, y: 0 } });
  expect(composed(3840, 1080)).toEqual({ screens: 2, scale: 1, margin: { x: 0, y: 0 } });
  expect(composed(5760, 1080)).toEqual({ screens: 3, scale: 1, margin: { x: 0, y: 0 } });
  // 16:10: as wide as it goes, 1920 / 1920 = 1, and (1200 − 1080) / 2 = 60 above and below.
  expect(composed(1920, 1200)).toEqual({ screens: 1, scale: 1, margin: { x: 0, y: 60 } });
});

test("a digit of 92 pixels is read with ease from ten metres on a screen of 55 inches", () => {
  // 10 000 mm × tan(20′ = 0.3333°) = 58.18 mm; 1080 px / 685 mm × 58.18 mm = 91.7 px.
  expect(digitPixels(10, 20, 685)).toBeCloseTo(91.73, 1);
});

test("the worst provinces come first, then the worst cities of all of them", () => {
  const provinces = [part("140000", 4, { 4: 3 }), part("510000", 4, { 4: 3, 3: 4 }), part("110000", 0), part("520000", 1)];
  const cities = [part("140200", 4, { 4: 1 }), part("510100", 3), part("510400", 2)];
  expect(worstRegions(provinces, cities)).toEqual(["510000", "140000", "520000", "140200", "510100"]);
});

test("the loop has a scene for what there is, and none for what there is not", () => {
  const warnings = [warning("w1", 2), warning("w2", 4)];
  expect(scenesOf({ regions: ["510000"], warnings, layers: [{ id: "rain" }, { id: "pga" }] })).toEqual(["nation", "region/510000", "warnings", "asset/tsf/a-w2", "rain", "shaking"]);
  expect(scenesOf({ regions: [], warnings: [], layers: [] })).toEqual(["nation", "warnings"]);
});

test("a word of the address is a scene, the first of its family, or the nation", () => {
  const scenes = ["nation", "region/510000", "region/140000", "warnings"];
  expect(resolved("region/140000", scenes)).toBe("region/140000");
  expect(resolved("region", scenes)).toBe("region/510000");
  expect(resolved("region/520000", scenes)).toBe("region/520000"); // asked for by name, outside the loop
  expect(resolved("rain", scenes)).toBe("nation");
  expect(resolved("../x", scenes)).toBe("nation");
});

test("the loop goes round in both directions, and comes back from outside", () => {
  const scenes = ["nation", "warnings", "rain"];
  expect(stepped(scenes, "rain", 1)).toBe("nation");
  expect(stepped(scenes, "nation", -1)).toBe("rain");
  expect(stepped(scenes, "nation", 5)).toBe("rain"); // 0 + 5 = 5, 5 mod 3 = 2
  expect(stepped(scenes, "asset/tsf/x", 1)).toBe("nation");
  expect(stepped(scenes, "asset/tsf/x", -1)).toBe("rain");
});

test("a new red takes the stage for half a minute; those from before, and other tiers, do not", () => {
  const alarms = new Alarms();
  alarms.take([warning("old", 4)], 0);
  expect(alarms.staged()).toEqual([]);
  alarms.take([warning("old", 4), warning("new", 4), warning("mild", 3)], 1000);
  expect(alarms.staged().map(({ id }) => id)).toEqual(["new"]);
  expect(alarms.wait(1000)).toBe(STAGE_MS);
  alarms.take([warning("old", 4), warning("new", 4), warning("mild", 3)], 1000 + STAGE_MS - 1);
  expect(alarms.staged()).toHaveLength(1);
  alarms.take([warning("old", 4), warning("new", 4)], 1000 + STAGE_MS);
  expect(alarms.staged()).toEqual([]);
  expect(alarms.wait(1000 + STAGE_MS)).toBeNull();
});

test("the stage is free as soon as somebody has acknowledged, and the newest red comes first", () => {
  const alarms = new Alarms();
  alarms.take([], 0);
  alarms.take([warning("a", 4)], 1000);
  alarms.take([warning("a", 4), warning("b", 4)], 2000);
  expect(alarms.staged().map(({ id }) => id)).toEqual(["b", "a"]);
  alarms.take([warning("a", 4), warning("b", 4, "acknowledged")], 3000);
  expect(alarms.staged().map(({ id }) => id)).toEqual(["a"]);
  alarms.take([warning("b", 4, "acknowledged")], 4000); // a was cancelled
  expect(alarms.staged()).toEqual([]);
});

test("a warning that rises to red is news", () => {
  const alarms = new Alarms();
  alarms.take([warning("a", 3)], 0);
  alarms.take([{ ...warning("a", 4), identifier: "a.2" }], 1000);
  expect(alarms.staged().map(({ id }) => id)).toEqual(["a"]);
});
