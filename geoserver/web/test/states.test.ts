import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { KEPT_AT } from "../src/offline/rules";
import { asksForLogin, type Health, patience, States } from "../src/states";

const NOW = Date.parse("2026-07-20T04:00:00Z");

beforeEach(() => {
  vi.useFakeTimers({ now: NOW });
});
afterEach(() => {
  vi.useRealTimers();
});

const answer = (status: number, headers: Record<string, string> = {}, type: ResponseType = "basic"): Response =>
  ({ status, ok: status < 400, type, headers: new Headers(headers) }) as Response;

/** States of a server whose answers to the question whether it is there are `said`, the last one for ever. */
function asked(...said: (number | "nothing")[]): { states: States; told: Health[]; questions: () => number } {
  let questions = 0;
  const states = new States(async () => {
    const next = said[Math.min(questions, said.length - 1)] ?? "nothing";
    questions += 1;
    if (next === "nothing") throw new TypeError("no answer");
    return answer(next);
  });
  const told: Health[] = [];
  states.watch((health) => told.push(health));
  return { states, told, questions: () => questions };
}

test("a login is asked for by 401, by a redirect, by a page in place of an answer and by a 403 that is not ours", () => {
  expect(asksForLogin(answer(401))).toBe(true);
  expect(asksForLogin(answer(0, {}, "opaqueredirect"))).toBe(true);
  expect(asksForLogin(answer(200, { "Content-Type": "text/html; charset=utf-8" }))).toBe(true);
  expect(asksForLogin(answer(403, { "Content-Type": "text/html" }))).toBe(true);
  expect(asksForLogin(answer(403, { "Content-Type": "application/problem+json" }))).toBe(false);
  expect(asksForLogin(answer(200, { "Content-Type": "application/json" }))).toBe(false);
  expect(asksForLogin(answer(503, { "Content-Type": "text/html" }))).toBe(false);
});

test("one answer that does not come says nothing yet; a server that is not there then is silent since it was heard", async () => {
  const { states, told } = asked("nothing");
  states.answered("/a", answer(200));
  await vi.advanceTimersByTimeAsync(10_000);
  states.suspect();
  expect(told).toEqual([]);
  await vi.advanceTimersByTimeAsync(1_600);
  expect(told).toEqual([{ server: "silent", heardAt: NOW, keptAt: null }]);
});

test("a server that is there after all is not called silent", async () => {
  const { states, told } = asked(200);
  states.suspect();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(told).toEqual([]);
});

test("it is asked again after waits that double up to half a minute, until it answers", async () => {
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  const { states, told, questions } = asked("nothing", "nothing", "nothing", 200);
  states.suspect();
  const counts: number[] = [];
  // 1.5 s of suspicion, then 2, 4 and 8 s
  for (const wait of [1_600, 1_000, 1_000, 3_900, 200, 7_700, 300]) {
    await vi.advanceTimersByTimeAsync(wait);
    counts.push(questions());
  }
  expect(counts).toEqual([1, 1, 2, 2, 3, 3, 4]);
  expect(told.map(({ server }) => server)).toEqual(["silent", "answering"]);
  await vi.advanceTimersByTimeAsync(120_000);
  expect(questions()).toBe(4);
  expect([patience(0, 0.5), patience(3, 0.5), patience(9, 0.5)]).toEqual([2_000, 16_000, 30_000]);
});

test("the age of what is shown is that of the oldest answer, until that address was read again", () => {
  const { states, told } = asked("nothing");
  states.answered("/a", answer(200, { [KEPT_AT]: "2026-07-20T03:00:00Z" }));
  states.answered("/b", answer(200, { [KEPT_AT]: "2026-07-20T02:00:00Z" }));
  expect(told.at(-1)).toEqual({ server: "silent", heardAt: null, keptAt: NOW - 2 * 3_600_000 });
  states.answered("/b", answer(200));
  expect(told.at(-1)).toEqual({ server: "answering", heardAt: NOW, keptAt: NOW - 3_600_000 });
  states.renewed(NOW);
  expect(states.health.keptAt).toBe(NOW - 3_600_000); // was said again since, or is on its way
  states.renewed(NOW + 1);
  expect(told.at(-1)?.keptAt).toBeNull();
});

test("who is signed out is told so, also while old answers are shown, and it ends when an answer comes", () => {
  const { states, told } = asked(401);
  states.answered("/a", answer(401));
  states.answered("/b", answer(200, { [KEPT_AT]: "2026-07-20T03:00:00Z" }));
  expect(told.map(({ server }) => server)).toEqual(["signed-out", "signed-out"]);
  states.answered("/a", answer(200));
  expect(told.at(-1)?.server).toBe("answering");
});

test("a gateway without its server counts for silence only if the server is not there", async () => {
  const { states, told } = asked(502);
  states.answered("/a", answer(502));
  expect(told).toEqual([]);
  await vi.advanceTimersByTimeAsync(1_600);
  expect(told.at(-1)?.server).toBe("silent");
});
