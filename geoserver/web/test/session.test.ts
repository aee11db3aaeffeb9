import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Context } from "../src/context";
import { Session } from "../src/parts/decision/session";
import { INITIAL, type State } from "../src/state";

const RAIN = { rain: 60, hours: 6, pga: 0, pond: 0 };

let asked: string[];
let answers: (() => Promise<Response>)[];
let context: { store: { state: State; watch: () => void }; data: { site: { run: { id: string } } } };

beforeEach(() => {
  vi.useFakeTimers();
  [asked, answers] = [[], []];
  vi.stubGlobal("fetch", (path: string) => {
    asked.push(path);
    return (answers.shift() ?? (async () => new Response(JSON.stringify({ run: context.data.site.run.id, asked: path }))))();
  });
  context = { store: { state: { ...INITIAL, whatIf: RAIN }, watch: () => {} }, data: { site: { run: { id: "1" } } } };
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const begun = async (): Promise<Session> => {
  const session = new Session(context as unknown as Context);
  session.follow();
  await vi.advanceTimersByTimeAsync(200);
  return session;
};

test("a new run is asked what would be anew: its reds do not hide under the answer of the run before", async () => {
  const session = await begun();
  expect(session.standing.whole?.run).toBe("1");
  context.data.site = { run: { id: "2" } };
  session.follow();
  await vi.advanceTimersByTimeAsync(200);
  expect(session.standing.whole?.run).toBe("2");
  expect(asked).toHaveLength(2);
});

test("another region of the same run and supposition asks for that region alone", async () => {
  const session = await begun();
  context.store.state = { ...context.store.state, region: "510000" };
  session.follow();
  await vi.advanceTimersByTimeAsync(200);
  expect(asked).toEqual(["/api/v1/what-if?rain_mm=60&hours=6", "/api/v1/what-if?rain_mm=60&hours=6&region=510000"]);
  expect(session.standing.whole?.run).toBe("1");
});

test("an answer that is awaited no more is not taken for that of what is supposed now", async () => {
  const session = await begun();
  context.store.state = { ...context.store.state, whatIf: { ...RAIN, rain: 200 } };
  session.follow();
  context.store.state = { ...context.store.state, region: "510000" };
  session.follow();
  await vi.advanceTimersByTimeAsync(200);
  expect(session.standing.whole).toMatchObject({ asked: "/api/v1/what-if?rain_mm=200&hours=6" });
});

test("where the answer fails the colours of another supposition do not stay on the map", async () => {
  const session = await begun();
  answers.push(async () => new Response("{}", { status: 500 }));
  context.store.state = { ...context.store.state, whatIf: { ...RAIN, rain: 200 } };
  session.follow();
  await vi.advanceTimersByTimeAsync(200);
  expect(session.standing.failed).not.toBeNull();
  expect(session.standing.whole).toBeNull();
});
