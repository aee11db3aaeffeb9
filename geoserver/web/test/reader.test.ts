import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Changed, type Context } from "../src/context";
import { Data } from "../src/data";
import type { Live } from "../src/live";
import { Reader } from "../src/reader";
import { INITIAL } from "../src/state";
import type { Layer, Site, Warning } from "../src/types";

const RUN = { id: "1", finished_at: "2026-07-20T04:00:00Z" };
const THEN = "2026-07-19T00:00:00Z";

let asked: string[];
/** Answers that a test gives when it likes, in the order they were asked for. */
let waiting: ((found: unknown) => void)[];
let read: ReturnType<typeof vi.fn>;

beforeEach(() => {
  [asked, waiting] = [[], []];
  read = vi.fn(async () => []);
  vi.stubGlobal("fetch", async (path: string) => {
    asked.push(path);
    if (path !== "/api/v1/layers") return json(path === "/api/v1/site" ? { run: RUN, reference_time: null } : []);
    return json(await new Promise((resolve) => waiting.push(resolve)));
  });
});

afterEach(() => vi.unstubAllGlobals());

const json = (found: unknown): Response => new Response(JSON.stringify(found), { headers: { "Content-Type": "application/json" } });

function reader(asOf: string | null): { reader: Reader; data: Data } {
  const data = new Data(() => {});
  data.put("site", { run: RUN, reference_time: null } as unknown as Site);
  const store = { state: { ...INITIAL, asOf }, set: () => {} };
  const context = { store, data, ask: async (_key: string, _what: string, request: () => Promise<unknown>) => request() };
  return { reader: new Reader(context as unknown as Context, { read } as unknown as Live), data };
}

test("what the stream has missed is read also while the past is shown, and only beside it", async () => {
  const { reader: one, data } = reader(THEN);
  data.put("warnings", []);
  read.mockResolvedValue([{ id: "missed" } as Warning]);
  await one.refresh(true);
  await vi.waitFor(() => expect(data.present).toEqual([{ id: "missed" }]));
  expect(data.warnings).toEqual([]);
  expect(asked).toEqual(["/api/v1/site"]);
});

test("an answer that was asked for earlier and comes later does not replace a newer one", async () => {
  const { reader: one, data } = reader(null);
  const both = [one.readLayers(), one.readLayers()];
  await vi.waitFor(() => expect(waiting).toHaveLength(2));
  waiting[1]?.([{ id: "new" } as Layer]);
  await both[1];
  waiting[0]?.([{ id: "old" } as Layer]);
  await both[0];
  expect(data.layers.map(({ id }) => id)).toEqual(["new"]);
});

test("a list of warnings that was asked for earlier does not hide what a later one said", async () => {
  const { reader: one, data } = reader(null);
  const answers: ((found: Warning[]) => void)[] = [];
  read.mockImplementation(() => new Promise<Warning[]>((resolve) => answers.push(resolve)));
  const both = [one.readWarnings(), one.readWarnings()];
  answers[1]?.([{ id: "red" } as Warning]);
  await both[1];
  answers[0]?.([]);
  await both[0];
  expect(data.warnings).toEqual([{ id: "red" }]);
});

test("nothing is read for a change that asks for nothing", () => {
  const { reader: one } = reader(null);
  one.follow(new Changed(new Set(["theme"])));
  expect(asked).toEqual([]);
});
