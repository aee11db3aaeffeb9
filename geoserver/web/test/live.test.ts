import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Connection, type Hooks, Live, merged, patience } from "../src/live";
import type { Tier, Warning } from "../src/types";

/** A warning whose last message or act was at second `changed`. */
const warning = (id: string, changed: number, more: Partial<Warning> = {}): Warning =>
  ({
    id,
    identifier: `${id}.1`,
    tier: 3 as Tier,
    cancelled_at: null,
    desk: { state: "unacknowledged", changed_at: `2026-07-20T04:00:${String(changed).padStart(2, "0")}.000000Z` },
    ...more,
  }) as Warning;

const ids = (warnings: readonly Warning[]): string[] => warnings.map(({ id, desk }) => `${id}@${Number(desk.changed_at.slice(17, 19))}`);

test("news add, replace and remove a warning, each once", () => {
  const known = [warning("a", 1), warning("b", 1)];
  expect(ids(merged(known, [warning("c", 2), warning("a", 3), warning("c", 4)]))).toEqual(["a@3", "b@1", "c@4"]);
  expect(ids(merged(known, [warning("a", 2, { cancelled_at: "2026-07-20T04:00:02Z" })]))).toEqual(["b@1"]);
});

test("what is older than what is known changes nothing, also where it comes later", () => {
  expect(ids(merged([warning("a", 5)], [warning("a", 4), warning("a", 4, { cancelled_at: "x" })]))).toEqual(["a@5"]);
});

test("the waits between tries double up to half a minute and are spread by a quarter", () => {
  expect([0, 1, 2, 3, 4, 5, 9].map((tries) => patience(tries, 0.5))).toEqual([1, 2, 4, 8, 16, 30, 30]);
  expect([patience(3, 0), patience(3, 1)]).toEqual([6, 10]);
});

/** A stream that a test speaks through. */
class Stream {
  readonly #listeners = new Map<string, (event: Event) => void>();
  closed = false;
  constructor(readonly url: string) {}
  addEventListener(name: string, listener: unknown): void {
    this.#listeners.set(name, listener as (event: Event) => void);
  }
  close(): void {
    this.closed = true;
  }
  say(name: string, data: unknown = {}, lastEventId = ""): void {
    this.#listeners.get(name)?.({ data: JSON.stringify(data), lastEventId } as MessageEvent);
  }
}

const BEAT = { at: "2026-07-20T04:00:10.000000Z", beat_seconds: 15 };

function opened(): { live: Live; streams: Stream[]; told: Connection[]; calls: string[]; shown: () => Warning[]; last: () => Stream } {
  const streams: Stream[] = [];
  const told: Connection[] = [];
  const calls: string[] = [];
  let shown: Warning[] = [];
  const hooks: Hooks = {
    known: () => shown,
    put: (next) => {
      calls.push("put");
      shown = next;
    },
    reread: () => calls.push("reread"),
    refresh: (anyway) => calls.push(anyway ? "refresh all" : "refresh"),
    told: (connection) => told.push(connection),
  };
  const live = new Live(hooks, (url) => {
    const stream = new Stream(url);
    streams.push(stream);
    return stream;
  });
  live.start();
  return { live, streams, told, calls, shown: () => shown, last: () => streams.at(-1) as Stream };
}

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse("2026-07-20T04:00:00Z") });
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  vi.stubGlobal("addEventListener", () => {});
  vi.stubGlobal("document", { addEventListener: () => {}, hidden: false });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

test("at the beginning the list is read once the stream is open, and the server's clock is taken", () => {
  const { last, calls, told } = opened();
  expect(last().url).toBe("/api/v1/events");
  expect(calls).toEqual([]);
  last().say("beat", BEAT, "s-1-0");
  last().say("beat", BEAT);
  expect(calls).toEqual(["reread"]);
  expect(told).toEqual([{ state: "open", since: Date.now(), tries: 0, offset: 10_000 }]);
});

test("a burst of 500 is shown at once, not 500 times", () => {
  const { last, calls, shown } = opened();
  for (let number = 0; number < 500; number++) last().say("warning", warning(`w${number}`, 1), `s-1-${number}`);
  vi.advanceTimersByTime(0);
  expect(calls).toEqual(["put"]);
  expect(shown()).toHaveLength(500);
});

test("after a break it goes on behind the last event, and says since when it was broken", () => {
  const { last, streams, told } = opened();
  last().say("beat", BEAT, "s-1-0");
  vi.advanceTimersByTime(3_000);
  last().say("warning", warning("a", 1), "s-1-7");
  const heard = Date.now();
  vi.advanceTimersByTime(1_000);
  last().say("error");
  expect(streams[0]?.closed).toBe(true);
  expect(told.at(-1)).toMatchObject({ state: "lost", since: heard, tries: 0 });
  vi.advanceTimersByTime(999);
  expect(streams).toHaveLength(1);
  vi.advanceTimersByTime(1);
  expect(last().url).toBe("/api/v1/events?after=s-1-7");
  last().say("error");
  expect(told.at(-1)).toMatchObject({ state: "lost", since: heard, tries: 1 });
  vi.advanceTimersByTime(2_000);
  expect(streams).toHaveLength(3);
  last().say("beat", BEAT, "s-1-7");
  expect(told.at(-1)).toMatchObject({ state: "open", tries: 0 });
});

test("a stream that says nothing for more than two beats is taken for dead", () => {
  const { last, streams, told } = opened();
  last().say("beat", BEAT, "s-1-0");
  vi.advanceTimersByTime(30_000);
  expect(told.at(-1)?.state).toBe("open");
  vi.advanceTimersByTime(5_000);
  expect(told.at(-1)?.state).toBe("lost");
  expect(streams[0]?.closed).toBe(true);
});

test("what an old stream still says is not listened to", () => {
  const { last, streams, shown } = opened();
  last().say("error");
  vi.advanceTimersByTime(1_000);
  streams[0]?.say("warning", warning("a", 1), "s-1-1");
  vi.advanceTimersByTime(0);
  expect(streams).toHaveLength(2);
  expect(shown()).toEqual([]);
});

test("a run makes the page read anew, and a reset makes it read everything", () => {
  const { last, calls } = opened();
  last().say("run", { run: "r2" }, "s-2-0");
  last().say("reset", BEAT, "s-3-0");
  expect(calls).toEqual(["refresh", "refresh all"]);
});

test("a list that was on its way takes nothing back that the stream has said meanwhile", async () => {
  const { last, live } = opened();
  let answer: (list: Warning[]) => void = () => {};
  const list = new Promise<Warning[]>((resolve) => (answer = resolve));
  vi.stubGlobal("fetch", async () => ({ ok: true, headers: new Headers(), json: () => list }));
  last().say("warning", warning("before", 1), "s-1-1");
  const read = live.read();
  last().say("warning", warning("new", 4), "s-1-2");
  last().say("warning", warning("acted", 5), "s-1-3");
  last().say("warning", warning("over", 6, { cancelled_at: "x" }), "s-1-4");
  answer([warning("before", 1), warning("acted", 2), warning("over", 2), warning("other", 2)]);
  expect(ids(await read)).toEqual(["before@1", "acted@5", "other@2", "new@4"]);
});

test("a clock that was set while the stream was open is followed, and one that only trembles is not", () => {
  const { last, told } = opened();
  const beat = (seconds: number): void => last().say("beat", { ...BEAT, at: new Date(Date.now() + seconds * 1000).toISOString() }, "s-1-0");
  for (const seconds of [10, 10.4, 9.2]) beat(seconds);
  expect(told).toHaveLength(1);
  beat(70);
  expect(told.at(-1)).toEqual({ ...told[0], offset: 70_000 });
  expect(told).toHaveLength(2);
});
