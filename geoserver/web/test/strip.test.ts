import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Changed, type Context } from "../src/context";
import { strip } from "../src/parts/rail/strip";
import { INITIAL } from "../src/state";
import type { DeskState, Tier, Warning } from "../src/types";
import { fakePage, type FakeElement, seen } from "./page";

let warnings: Warning[];
let rail: boolean;

beforeEach(() => {
  vi.useFakeTimers();
  fakePage();
  vi.stubGlobal("addEventListener", () => {});
  [warnings, rail] = [[], false];
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const warning = (id: string, tier: Tier, state: DeskState = "unacknowledged"): Warning =>
  ({ id, identifier: id, tier, status: "Actual", headline: { zh: id, en: id }, desk: { state }, updated_at: "" }) as unknown as Warning;

/** The strip on a page whose rail is covered, and what brings it news. */
function covered(): { toast: FakeElement; news: (now: Warning[]) => void } {
  const data = { get warnings() { return warnings; }, present: null, connection: { state: "open", since: 0, offset: 0 } };
  const part = strip({ store: { state: INITIAL }, data, page: { isOpen: () => rail } } as unknown as Context);
  const news = (now: Warning[]): void => {
    warnings = now;
    part.update(new Changed(new Set(["warnings"])));
  };
  news([]);
  const toast = seen(part.element).querySelector(".toast");
  if (!toast) throw new Error("no toast");
  return { toast, news };
}

test("a red that nobody has answered stays in sight while the rail is covered, also behind a lesser one", () => {
  const { toast, news } = covered();
  news([warning("red", 4)]);
  vi.advanceTimersByTime(60_000);
  expect(toast.hidden).toBe(false);
  news([warning("red", 4), warning("yellow", 2)]);
  vi.advanceTimersByTime(6_000);
  expect(toast.textContent).toContain("red");
  news([warning("red", 4, "acknowledged"), warning("yellow", 2)]);
  vi.advanceTimersByTime(20_000);
  expect(toast.hidden).toBe(true);
});

test("a yellow is put away after a while, and a red once the rail is in sight", () => {
  const { toast, news } = covered();
  news([warning("yellow", 2)]);
  expect(toast.hidden).toBe(false);
  vi.advanceTimersByTime(20_000);
  expect(toast.hidden).toBe(true);
  news([warning("yellow", 2), warning("red", 4)]);
  expect(toast.hidden).toBe(false);
  rail = true;
  vi.advanceTimersByTime(20_000);
  expect(toast.hidden).toBe(true);
});
