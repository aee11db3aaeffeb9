import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Changed, type Context } from "../src/context";
import { filtered } from "../src/parts/tools/filtered";
import { INITIAL } from "../src/state";
import { fakePage, type FakeElement, seen } from "./page";

let silent: boolean;
/** Reds of the site, and those of them that the filter keeps. */
let reds: [all: number, kept: number];
let restricted: (readonly string[] | null)[];

beforeEach(() => {
  fakePage();
  [silent, reds, restricted] = [false, [0, 0], []];
  vi.stubGlobal("fetch", async (path: string) => {
    if (silent) throw new TypeError("silent");
    const { searchParams } = new URL(path, "http://here");
    const cql = searchParams.get("filter") ?? "";
    if (searchParams.get("resulttype") !== "hits") return json({ features: [{ id: "a" }, { id: "b" }], links: [] });
    return json({ numberMatched: cql === "tier = 4" ? reds[0] : cql === "tier = 4 AND (grade = 1)" ? reds[1] : NaN });
  });
});

afterEach(() => vi.unstubAllGlobals());

const json = (found: unknown): Response => new Response(JSON.stringify(found), { headers: { "Content-Type": "application/json" } });

async function applied(tiered: boolean): Promise<FakeElement> {
  const layer = { kind: "vector", style: tiered ? { fill: { paint: { "fill-color": ["get", "tier"] } } } : {} };
  const part = filtered({
    store: { state: { ...INITIAL, filter: { dataset: "tsf", cql: "grade = 1" } }, set: () => {} },
    data: { site: null },
    actions: { datasetName: () => "尾矿库", layerOf: () => layer },
    map: () => ({ restrict: (_: string, ids: readonly string[] | null) => restricted.push(ids) }),
    ask: (_: string, __: string, request: () => Promise<unknown>) => request().catch(() => null),
  } as unknown as Context);
  part.update(new Changed(null));
  await vi.waitFor(() => expect(restricted).toHaveLength(1));
  return seen(part.element);
}

test("a filter says how many reds it keeps off the map", async () => {
  reds = [5, 2];
  const note = await applied(true);
  expect(note.textContent).toContain("只显示 2 项");
  // Five reds in all, two of them kept: three are left out.
  expect(note.textContent).toContain("另有 3 项红色不在图上");
});

test("a filter that keeps every red, or a dataset that has none, needs no such word", async () => {
  reds = [2, 2];
  expect((await applied(true)).textContent).not.toContain("红色");
  reds = [5, 2];
  restricted = [];
  expect((await applied(false)).textContent).not.toContain("红色");
});

test("a filter that could not be read draws everything, and does not say that too many match", async () => {
  silent = true;
  const note = await applied(true);
  expect(restricted).toEqual([null]);
  expect(note.textContent).not.toContain("超过");
});
