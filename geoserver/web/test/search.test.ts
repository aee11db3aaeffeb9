import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Search } from "../src/parts/search";
import { fakePage, seen } from "./page";

let said: string[];
let answers: (Response | Error)[];

beforeEach(() => {
  vi.useFakeTimers();
  fakePage();
  [said, answers] = [[], []];
  vi.stubGlobal("fetch", async () => {
    const answer = answers.shift() ?? new Response("[]");
    if (answer instanceof Error) throw answer;
    return answer;
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("a search that succeeds takes back what was said of the one that failed", async () => {
  const search = new Search({ open: () => {}, failed: () => said.push("failed"), found: () => said.push("found"), shape: () => ({ path: "", text: [0, 0, 0] }), datasetName: (name) => name });
  const input = seen(search.element).querySelector("input");
  if (!input) throw new Error("no input");
  const type = async (text: string): Promise<void> => {
    input.value = text;
    input.say("input");
    await vi.advanceTimersByTimeAsync(300);
  };
  answers.push(new TypeError("no answer"));
  await type("a");
  expect(said).toEqual(["failed"]);
  await type("ab");
  expect(said).toEqual(["failed", "found"]);
});
