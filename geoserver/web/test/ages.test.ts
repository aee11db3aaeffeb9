import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { renewAges } from "../src/panel/ages";
import { h } from "../src/dom";
import { freezeClock } from "../src/i18n";
import { row, type RowActions } from "../src/parts/rail/row";
import { DISC } from "../src/map/shapes";
import type { Warning } from "../src/types";
import { fakePage, seen } from "./page";

const AT = "2026-07-20T04:00:00Z";

beforeEach(() => {
  fakePage();
  vi.useFakeTimers();
  freezeClock(null);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("an age on the page grows while nothing else changes, and a frozen clock keeps it", () => {
  vi.setSystemTime(Date.parse(AT) + 5 * 60_000);
  const actions = { open: () => {}, answer: () => {}, shape: () => DISC, blinks: () => false, now: Date.now } satisfies RowActions;
  const warning = { id: "w", identifier: "w", tier: 4, status: "Actual", headline: { zh: "警", en: "W" }, dataset: "tsf", region: null, updated_at: AT, desk: { state: "acknowledged", due_at: null } } as unknown as Warning;
  const list = h("ol", {}, row(warning, actions));
  const told = (): string => seen(list).querySelector("time")?.textContent ?? "";
  expect(told()).toBe("5 分钟前");
  vi.setSystemTime(Date.parse(AT) + 3 * 3_600_000);
  expect(told()).toBe("5 分钟前");
  renewAges(list);
  expect(told()).toBe("3 小时前");
  freezeClock("2026-07-20T04:20:00Z");
  renewAges(list);
  vi.setSystemTime(Date.parse(AT) + 9 * 3_600_000);
  renewAges(list);
  expect(told()).toBe("20 分钟前");
});
