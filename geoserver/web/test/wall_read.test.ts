import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { NATION } from "../src/state";
import type { Warning } from "../src/types";
import { Reading } from "../src/wall/read";

const nation = { code: NATION, name: "", level: "nation", breadcrumb: [], children: [] };
const site = { run: { id: "1", finished_at: "2026-07-20T04:00:00Z" }, reference_time: null };
const warning = (id: string): Warning =>
  ({ id, tier: 4, cancelled_at: null, desk: { state: "unacknowledged", changed_at: "2026-07-20T04:00:01.000000Z" } }) as Warning;

let listeners: Map<string, (event: unknown) => void>;
let list: Warning[];
/** What a region waits for before it is answered. */
let region: Promise<unknown>;
let silent: boolean;

beforeEach(() => {
  vi.useFakeTimers();
  [listeners, list, region, silent] = [new Map(), [], Promise.resolve(), false];
  vi.stubGlobal("addEventListener", () => {});
  vi.stubGlobal("document", { addEventListener: () => {}, hidden: false });
  vi.stubGlobal("EventSource", class {
    addEventListener = (name: string, listener: (event: unknown) => void): void => void listeners.set(name, listener);
    close = (): void => {};
  });
  vi.stubGlobal("fetch", async (path: string) => {
    if (silent) throw new TypeError("silent");
    if (path.startsWith("/api/v1/regions/")) await region;
    const found = { "/api/v1/site": site, "/api/v1/vocabulary": { tiers: [] }, "/api/v1/layers": [], "/api/v1/warnings?status=active": list }[path] ?? nation;
    return new Response(JSON.stringify(found), { headers: { "Content-Type": "application/json" } });
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const say = (name: string, data: unknown): void => listeners.get(name)?.({ data: JSON.stringify(data), lastEventId: "9" });
const shown = (wall: Reading): unknown[] => (wall.facts?.warnings ?? []).map(({ id }) => id);

async function begun(): Promise<Reading> {
  const wall = new Reading(null, () => {});
  await wall.start();
  return wall;
}

test("a warning that comes while a run is being read is on the wall when it is", async () => {
  const wall = await begun();
  let answer = (): void => {};
  region = new Promise<void>((resolve) => (answer = resolve));
  const reading = wall.refresh(true);
  await vi.advanceTimersByTimeAsync(10);
  say("warning", warning("new"));
  await vi.advanceTimersByTimeAsync(10);
  expect(shown(wall)).toEqual(["new"]);
  answer();
  await reading;
  expect(shown(wall)).toEqual(["new"]);
});

test("what a lost stream has missed is read as soon as the server answers again", async () => {
  const wall = await begun();
  list = [warning("missed")];
  silent = true;
  say("reset", {});
  await vi.advanceTimersByTimeAsync(10);
  silent = false;
  await wall.refresh(false);
  expect(shown(wall)).toEqual(["missed"]);
});
