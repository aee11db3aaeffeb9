import { expect, test } from "vitest";
import { Keep } from "../src/offline/keep";
import { isOfServer, KEPT_AT, kindOf, LIMITS, oldShells, outdatedBefore, patienceFor, surplus } from "../src/offline/rules";

const ORIGIN = "http://map.example";
const kind = (path: string, more: { method?: string; mode?: RequestMode } = {}): string | null =>
  kindOf({ method: "GET", mode: "cors", url: new URL(path, ORIGIN).href, ...more }, ORIGIN);

test("answers that draw the page and tiles that name their state are kept", () => {
  expect(["site", "layers", "regions/510000", "regions/510000/history", "warnings?status=active", "assets/tsf/SC-1/series"].map((name) => kind(`/api/v1/${name}`))).toEqual(Array(6).fill("answer"));
  expect(kind("/tiles/vector/tsf/5/25/12.mvt?v=1.1")).toBe("tile");
  expect(kind("/tiles/one-map/5/25/12.mvt?collections=lake%2Criver&v=1-1")).toBe("tile");
  expect(kind("/tiles/raster/hillshade/tiles/WebMercatorQuad/5/25/12.png?v=1&tilesize=512")).toBe("tile");
});

test("streams, edits, writes, searches, the past, suppositions and other origins are left alone", () => {
  for (const path of ["/api/v1/events", "/api/v1/walls/hall/events", "/api/v1/search?q=a", "/api/v1/what-if?rain_mm=1", "/ogc/collections/tsf/items", "/livez", "/cap/feed.atom"])
    expect([path, kind(path)]).toEqual([path, null]);
  expect(kind("/api/v1/layers?as_of=2026-07-20T04:00:00Z")).toBeNull();
  expect(kind("/tiles/cells/5/25/12.mvt?v=1&rain_mm=50")).toBeNull();
  expect(kind("/tiles/cells/5/25/12.mvt")).toBeNull();
  expect(kind("/api/v1/warnings/w-1/actions", { method: "POST" })).toBeNull();
  expect(kind("http://other.example/api/v1/site")).toBeNull();
});

test("only the page itself is opened from what is kept, not the pages of the OGC API", () => {
  expect(kind("/?work=command", { mode: "navigate" })).toBe("page");
  expect(kind("/ogc/collections", { mode: "navigate" })).toBeNull();
  expect(kind("/assets/index-abc.js")).toBe("shell");
});

test("a gateway's excuse is no answer of the server, its own refusal is", () => {
  expect([200, 204, 401, 404, 500, 502, 503, 504].filter((status) => isOfServer({ status }))).toEqual([200, 204, 401, 404, 500]);
});

test("a server that is known to be silent is not waited for long", () => {
  expect(patienceFor("answer", true)).toBeLessThan(patienceFor("answer", false));
});

test("what was used longest ago goes first, until both limits hold", () => {
  const entries = [3, 5, 2, 4].map((bytes, at) => ({ url: String(at), bytes }));
  expect(surplus(entries, { entries: 9, bytes: 14 })).toEqual([]);
  expect(surplus(entries, { entries: 9, bytes: 8 })).toEqual(["0", "1"]); // 14 - 3 - 5 = 6
  expect(surplus(entries, { entries: 3, bytes: 99 })).toEqual(["0"]);
});

test("another run outdates what was said before it ended", () => {
  const run = (id: string): { run: { id: string; finished_at: string } } => ({ run: { id, finished_at: "2026-07-20T04:00:00Z" } });
  expect(outdatedBefore(run("a"), run("b"))).toBe(Date.parse("2026-07-20T04:00:00Z"));
  expect(outdatedBefore(run("a"), run("a"))).toBeNull();
  expect(outdatedBefore(null, run("b"))).toBeNull();
});

test("of older shells one is left, for pages that are still open", () => {
  expect(oldShells(["1", "2", "3", "4"], "4")).toEqual(["1", "2"]);
  expect(oldShells(["4"], "4")).toEqual([]);
});

/** Caches as a browser has them, in their order of insertion. */
class Stored {
  readonly found = new Map<string, Map<string, Response>>();
  keys = async (): Promise<string[]> => [...this.found.keys()];
  delete = async (name: string): Promise<boolean> => this.found.delete(name);
  open = async (name: string): Promise<Cache> => {
    const held = this.found.get(name) ?? new Map<string, Response>();
    this.found.set(name, held);
    return {
      keys: async () => [...held.keys()].map((url) => ({ url })),
      matchAll: async () => [...held.values()],
      match: async (url: string) => held.get(url)?.clone(),
      put: async (url: string, answer: Response) => void held.set(url, answer),
      delete: async (url: string) => held.delete(url),
    } as unknown as Cache;
  };
}

const said = (body: string, site: string, date = "Mon, 20 Jul 2026 04:00:00 GMT", status = 200): Response =>
  new Response(body, { status, headers: { "X-Minegis-Site": site, Date: date, "Content-Type": "application/json" } });
const at = (path: string): string => ORIGIN + path;

function keeping(): { keep: Keep; stored: Stored } {
  Object.assign(globalThis, { location: { href: ORIGIN } });
  const stored = new Stored();
  return { keep: new Keep(stored as unknown as CacheStorage), stored };
}

test("an answer is given again as it was, with the time at which the server gave it", async () => {
  const { keep } = keeping();
  await keep.put("answer", at("/api/v1/layers"), said("[1]", "a"));
  const found = await keep.find("answer", at("/api/v1/layers"));
  expect([await found?.text(), found?.headers.get(KEPT_AT)]).toEqual(["[1]", "2026-07-20T04:00:00.000Z"]);
  expect(await keep.find("answer", at("/api/v1/moments"))).toBeUndefined();
});

test("errors and answers of nobody's site are not kept", async () => {
  const { keep, stored } = keeping();
  await keep.put("answer", at("/api/v1/layers"), said("{}", "a", undefined, 500));
  await keep.put("answer", at("/api/v1/layers"), new Response("[1]"));
  expect(stored.found.size).toBe(0);
});

test("the first answer of another site ends what is kept of the one before", async () => {
  const { keep } = keeping();
  await keep.put("answer", at("/api/v1/layers"), said("[1]", "a"));
  await keep.put("tile", at("/tiles/cells/1/1/1.mvt?v=1"), said("x", "a"));
  await keep.put("answer", at("/api/v1/vocabulary"), said("{}", "b"));
  expect(await keep.find("answer", at("/api/v1/layers"))).toBeUndefined();
  expect(await keep.find("tile", at("/tiles/cells/1/1/1.mvt?v=1"))).toBeUndefined();
});

test("a new run ends what was said before it, but the words", async () => {
  const { keep } = keeping();
  const site = (id: string, finished: string): string => JSON.stringify({ run: { id, finished_at: finished } });
  await keep.put("answer", at("/api/v1/site"), said(site("1", "2026-07-20T01:00:00Z"), "a"));
  await keep.put("answer", at("/api/v1/vocabulary"), said("{}", "a"));
  await keep.put("answer", at("/api/v1/regions/1"), said("old", "a"));
  await keep.put("answer", at("/api/v1/regions/2"), said("new", "a", "Mon, 20 Jul 2026 06:00:00 GMT"));
  await keep.put("answer", at("/api/v1/site"), said(site("2", "2026-07-20T05:00:00Z"), "a", "Mon, 20 Jul 2026 06:00:00 GMT"));
  const left = await Promise.all(["site", "vocabulary", "regions/1", "regions/2"].map(async (name) => Boolean(await keep.find("answer", at(`/api/v1/${name}`)))));
  expect(left).toEqual([true, true, false, true]);
});

test("what is kept is bounded, and what is read again is young again", async () => {
  const { keep, stored } = keeping();
  const url = (n: number): string => at(`/api/v1/cells/${n}`);
  for (let n = 0; n < LIMITS.answer.entries; n++) await keep.put("answer", url(n), said("x", "a"));
  await keep.put("answer", url(0), said("y", "a"));
  await keep.put("answer", url(9_999), said("x", "a"));
  expect([...stored.found.values()][0]?.size).toBe(LIMITS.answer.entries);
  expect(await (await keep.find("answer", url(0)))?.text()).toBe("y");
  expect(await keep.find("answer", url(1))).toBeUndefined();
});
