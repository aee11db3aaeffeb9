import { expect, test } from "vitest";
import { clock, remaining } from "../src/parts/rail/deadline";
import { commandOf } from "../src/parts/rail/keys";
import { arrivals, byUrgency, listed, NO_FILTER, type RailFilter, readRailFilter, unseen, waits, writeRailFilter } from "../src/parts/rail/order";
import { due } from "../src/parts/rail/sound";
import { allowed } from "../src/parts/rail/answer";
import type { Desk, DeskState, Tier, Warning } from "../src/types";

const NOON = Date.parse("2026-07-20T12:00:00Z");
const at = (minutes: number): string => new Date(NOON + minutes * 60_000).toISOString();

function warning(id: string, tier: Tier, state: DeskState, dueMinutes: number | null = null, more: Partial<Warning> = {}): Warning {
  const desk = { state, due_at: dueMinutes === null ? null : at(dueMinutes), by: null, assigned_to: null, next_level: "county" } as Desk;
  const words = { zh: `警 ${id}`, en: `Warning ${id}` };
  return { id, identifier: `${id}.1`, tier, dataset: "tsf", asset_id: `A-${id}`, asset_name: id, headline: words, region: null, updated_at: at(0), desk, ...more } as Warning;
}

const ids = (warnings: readonly Warning[]): string => warnings.map(({ id }) => id).join(" ");

test("the worst come first, and of one tier those whose deadline is nearest, then the answered, then the closed", () => {
  const mixed = [
    warning("closedRed", 4, "closed"),
    warning("orange", 3, "unacknowledged", -30),
    warning("blue", 1, "unacknowledged"),
    warning("laterRed", 4, "unacknowledged", 5),
    warning("ackedRed", 4, "acknowledged"),
    warning("lateRed", 4, "escalated", -2),
  ];
  expect(ids([...mixed].sort(byUrgency))).toBe("lateRed laterRed ackedRed closedRed orange blue");
});

test("without deadlines the newest comes first, and the order never depends on the order before", () => {
  const old = warning("old", 1, "unacknowledged", null, { updated_at: at(-9) });
  const [a, b] = [warning("a", 1, "unacknowledged"), warning("b", 1, "unacknowledged")];
  for (const order of [[old, a, b], [b, a, old], [a, old, b]]) expect(ids(order.sort(byUrgency))).toBe("a b old");
});

const ALL = [
  warning("r", 4, "unacknowledged", 5, { dataset: "mine" }),
  warning("o", 3, "acknowledged", null, { region: { code: "1", name: "汶川县" } }),
  warning("y", 2, "escalated"),
  warning("b", 1, "closed"),
];
ALL[1]!.desk.by = "Li";
ALL[2]!.desk.assigned_to = "Li";

test.each<[Partial<RailFilter>, string]>([
  [{}, "r o y b"],
  [{ desk: "waiting" }, "r y"],
  [{ desk: "closed" }, "b"],
  [{ kind: "mine" }, "r"],
  [{ text: " 汶川 " }, "o"],
  [{ text: "a-Y" }, "y"],
  [{ text: "warning" }, "r o y b"],
  [{ mine: true }, "o y"],
  [{ mine: true, desk: "waiting" }, "y"],
])("a filter keeps what it says: %o", (filter, kept) => {
  expect(ids(listed(ALL, [], { ...NO_FILTER, ...filter }, "Li"))).toBe(kept);
});

test("without a name nothing is mine, and hidden tiers are left out", () => {
  expect(listed(ALL, [], { ...NO_FILTER, mine: true }, "")).toEqual([]);
  expect(ids(listed(ALL, [4, 1], NO_FILTER, ""))).toBe("o y");
});

test("reds that a filter keeps from sight are counted", () => {
  expect(unseen(ALL, listed(ALL, [4], NO_FILTER, ""))).toBe(1);
  expect(unseen(ALL, listed(ALL, [1, 2, 3], NO_FILTER, ""))).toBe(0);
});

test("a filter survives the address, and what cannot be read filters nothing", () => {
  const filter: RailFilter = { desk: "escalated", kind: "tsf", text: "a:b", mine: true };
  expect(readRailFilter(writeRailFilter(filter))).toEqual(filter);
  expect(writeRailFilter(NO_FILTER)).toBe("");
  expect(readRailFilter("asleep:<b>:yours:")).toEqual(NO_FILTER);
});

test("somebody must answer the unacknowledged and the escalated alone", () => {
  expect(ids(ALL.filter(waits))).toBe("r y");
});

test("new are warnings nobody knew and those that got worse, not those that somebody answered or that repeat", () => {
  const before = new Map(ALL.map((each) => [each.id, each]));
  const [r, o, y] = ALL as [Warning, Warning, Warning];
  const now = [
    { ...r, desk: { ...r.desk, state: "acknowledged" as const } },
    { ...o, identifier: "o.2", tier: 4 as Tier },
    { ...y, identifier: "y.2" },
    warning("new", 2, "unacknowledged"),
    warning("answeredElsewhere", 2, "acknowledged"),
  ];
  expect(ids(arrivals(before, now))).toBe("o new");
});

test("the time left is rounded up, so that 0:00 is late and nothing before it is", () => {
  const left = (seconds: number) => remaining({ due_at: at(5) } as Desk, NOON + 300_000 - seconds * 1000);
  expect([left(299.2), left(0.2), left(0), left(-61)]).toEqual([
    { seconds: 300, late: false },
    { seconds: 1, late: false },
    { seconds: 0, late: true },
    { seconds: -61, late: true },
  ]);
  expect(remaining({ due_at: null } as Desk, NOON)).toBeNull();
});

test.each([
  [0, "0:00"], [65, "1:05"], [-3599, "59:59"], [3600, "1:00:00"], [-86_399, "23:59:59"], [86_400 * 3 + 5, "3 d"],
])("%d s are written %s", (seconds, written) => {
  expect(clock(seconds)).toBe(written);
});

test("of a burst the worst is heard once, not nearer than three seconds to the last sound", () => {
  const burst = [warning("b", 1, "unacknowledged"), warning("r", 4, "unacknowledged"), warning("o", 3, "unacknowledged")];
  expect(due(burst, [], 3_000)).toBe(4);
  expect(due(burst, [], 2_999)).toBeNull();
  expect(due([warning("b", 1, "unacknowledged")], [], Infinity)).toBeNull();
});

test("an unanswered red is heard again after half a minute, an orange after two, a yellow no more", () => {
  const waiting = (tier: Tier) => [warning("w", tier, "unacknowledged")];
  expect([due([], waiting(4), 29_999), due([], waiting(4), 30_000)]).toEqual([null, 4]);
  expect([due([], waiting(3), 119_999), due([], waiting(3), 120_000)]).toEqual([null, 3]);
  expect(due([], waiting(2), Infinity)).toBeNull();
});

test("keys that go into a field or belong to the browser are left alone", () => {
  const press = (key: string, more = {}) => ({ key, ctrlKey: false, altKey: false, metaKey: false, ...more });
  expect(commandOf(press("a"), false)).toEqual({ act: "acknowledge" });
  expect(commandOf(press("ArrowDown"), false)).toEqual({ move: 1 });
  expect(commandOf(press("a"), true)).toBeNull();
  expect(commandOf(press("a", { ctrlKey: true }), false)).toBeNull();
  expect(commandOf(press("Tab"), false)).toBeNull();
  expect(commandOf(press("Enter"), false)).toBeNull();
});

test("a closed warning takes comments and assignments alone, and after the last level nobody is told", () => {
  const desk = (state: DeskState, next_level: string | null) => ({ state, next_level }) as Desk;
  const can = (of: Desk) => (["acknowledge", "assign", "comment", "escalate", "close"] as const).filter((kind) => allowed(kind, of));
  expect(can(desk("closed", null))).toEqual(["assign", "comment"]);
  expect(can(desk("escalated", null))).toEqual(["acknowledge", "assign", "comment", "close"]);
  expect(can(desk("acknowledged", "city"))).toHaveLength(5);
});
