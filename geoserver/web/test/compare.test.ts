import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Changed, type Context, type Part } from "../src/context";
import { INITIAL, type State } from "../src/state";
import { fakePage, type FakeElement, seen } from "./page";

/** What the second map was made and told to show. */
let made: number;
let shown: { theme: string; asOf: string | null; layer: string }[];

vi.mock("../src/map/view", () => ({
  OneMap: class {
    chart = chart;
    constructor() {
      made += 1;
    }
    label = (): void => {};
    show = ([layer]: { id: string }[], { theme, asOf }: State): void => void shown.push({ theme, asOf, layer: layer?.id ?? "" });
  },
}));

const chart = new Proxy({}, { get: () => () => ({ lng: 0, lat: 0 }) });

const { compare } = await import("../src/parts/compare");

let waiting: Map<string, (answer: Response) => void>;
let state: State;
let asked: string[];

beforeEach(() => {
  fakePage();
  vi.stubGlobal("window", globalThis);
  [made, shown, asked, waiting] = [0, [], [], new Map()];
  vi.stubGlobal("fetch", (path: string) => (path.includes("/layers") ? new Promise<Response>((resolve) => waiting.set(path, resolve)) : Promise.resolve(json({ breadcrumb: [] }))));
});

afterEach(() => vi.unstubAllGlobals());

const json = (found: unknown): Response => new Response(JSON.stringify(found), { headers: { "Content-Type": "application/json" } });
const layers = (of: string): string => `/api/v1/layers?as_of=${encodeURIComponent(of)}`;
const answer = (of: string, layer: string): void => waiting.get(layers(of))?.(json([{ id: layer }]));

function begun(given: Partial<State>): { part: Part; become: (next: Partial<State>) => void; holder: () => FakeElement } {
  state = { ...INITIAL, ...given };
  const ask = (key: string, _: string, request: () => Promise<unknown>): Promise<unknown> => {
    asked.push(key);
    return request().catch(() => null);
  };
  const store = { get state() { return state; }, set: () => {} };
  const part = compare({ store, data: { moments: [], site: null }, map: () => ({ chart }), ask, banner: { clear: () => {} } } as unknown as Context);
  part.update(new Changed(null));
  const become = (next: Partial<State>): void => {
    state = { ...state, ...next };
    part.update(new Changed(new Set(Object.keys(next) as (keyof State)[])));
  };
  return { part, become, holder: () => seen(part.element).querySelector(".other") as FakeElement };
}

const beside = (of: string): State["compare"] => ({ mode: "swipe", with: of, at: 0.5 });

test("what was asked for earlier and comes later does not turn the second map back", async () => {
  const one = begun({ compare: beside("2026-07-01T00:00:00Z") });
  one.become({ theme: "night" });
  answer("2026-07-01T00:00:00Z", "then");
  await vi.waitFor(() => expect(shown).toHaveLength(1));
  expect(shown[0]).toMatchObject({ theme: "night", layer: "then" });
  expect(made).toBe(1);
});

test("a comparison that was closed while it was read makes no map", async () => {
  const one = begun({ compare: beside("2026-07-02T00:00:00Z") });
  state = { ...state, compare: null };
  one.part.hide?.();
  one.become({ compare: beside("2026-07-02T00:00:00Z") });
  answer("2026-07-02T00:00:00Z", "then");
  await vi.waitFor(() => expect(made).toBe(1));
  expect(shown).toHaveLength(1);
});

test("until the chosen moment is there, and where it fails, no other one stands under its name", async () => {
  const one = begun({ compare: beside("2026-07-03T00:00:00Z") });
  answer("2026-07-03T00:00:00Z", "third");
  await vi.waitFor(() => expect(one.holder().is(".waiting")).toBe(false));
  one.become({ compare: beside("2026-07-04T00:00:00Z") });
  expect(one.holder().is(".waiting")).toBe(true);
  waiting.get(layers("2026-07-04T00:00:00Z"))?.(new Response("{}", { status: 500 }));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(one.holder().is(".waiting")).toBe(true);
  expect(asked).toEqual(["compare", "compare"]);
});
