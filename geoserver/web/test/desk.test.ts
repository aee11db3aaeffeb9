import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { acted } from "../src/live";
import { Answer } from "../src/parts/rail/answer";
import type { Desk, Tier, Warning } from "../src/types";
import { fakePage, seen } from "./page";

const desk = (state: Desk["state"], second: number): Desk =>
  ({ state, by: null, at: null, assigned_to: null, level: null, due_at: null, next_level: "county", reason: null, actions: 0, changed_at: `2026-07-20T04:00:0${second}.000000Z` });

const warning = (tier: Tier, number: number, of: Desk): Warning =>
  ({ id: "w", identifier: `w.${number}`, tier, status: "Actual", headline: { zh: `第 ${number} 报`, en: `Message ${number}` }, dataset: "tsf", asset_id: "A", desk: of }) as Warning;

let sent: { identifier: string }[];

beforeEach(() => {
  fakePage();
  sent = [];
  vi.stubGlobal("fetch", async (_: string, init: RequestInit = {}) => {
    if (init.method === "POST") sent.push(JSON.parse(String(init.body)) as { identifier: string });
    const found = init.method === "POST" ? { desk: desk("acknowledged", 5) } : { ...warning(4, 2, desk("unacknowledged", 2)), messages: [], actions: [] };
    return new Response(JSON.stringify(found), { headers: { "Content-Type": "application/json" } });
  });
});

afterEach(() => vi.unstubAllGlobals());

const headline = (dialog: Answer): string => seen(dialog.element).querySelector("h2")?.textContent ?? "";
const refusal = (dialog: Answer): string => seen(dialog.element).querySelector(".refusal")?.textContent ?? "";

test("an act at the desk changes the desk alone, never what a warning says by now", () => {
  const red = warning(4, 2, desk("unacknowledged", 2));
  expect(acted([red], "w", desk("acknowledged", 3))).toEqual([{ ...red, desk: desk("acknowledged", 3) }]);
  expect(acted([red], "w", desk("acknowledged", 1))).toEqual([red]);
});

test("an act about a warning that is over does not bring it back", () => {
  expect(acted([], "w", desk("acknowledged", 3))).toEqual([]);
});

test("a newer message that comes while somebody answers is shown before it is answered", async () => {
  const dialog = new Answer({ done: () => {}, now: () => 0 });
  dialog.open(warning(2, 2, desk("unacknowledged", 1)), "acknowledge");
  expect(headline(dialog)).toContain("第 2 报");
  expect(refusal(dialog)).toBe("");
  dialog.follow([warning(4, 3, desk("unacknowledged", 3))]);
  expect(headline(dialog)).toContain("第 3 报");
  expect(refusal(dialog)).toContain("请看过最新内容");
});

test("a newer message that only the history tells of is shown, too", async () => {
  const dialog = new Answer({ done: () => {}, now: () => 0 });
  dialog.open(warning(2, 1, desk("unacknowledged", 1)), "acknowledge");
  await vi.waitFor(() => expect(headline(dialog)).toContain("第 2 报"));
  expect(refusal(dialog)).toContain("请看过最新内容");
});
