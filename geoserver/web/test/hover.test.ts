import type { Map as Chart } from "maplibre-gl";
import { afterEach, expect, test, vi } from "vitest";
import { pick, type Thing } from "../src/map/pick";
import { explain } from "../src/panel/explain";
import type { Layer } from "../src/types";
import { fakePage } from "./page";

afterEach(() => vi.unstubAllGlobals());

const layer = { id: "tsf", kind: "vector", geometry: "polygon", source_layer: "tsf", group: { id: "asset" }, style: { circle: {}, fill: { paint: { "fill-color": ["get", "tier"] } } } } as unknown as Layer;

/** A map with these assets under the pointer. */
const chart = (...found: Record<string, unknown>[]): Chart =>
  ({ getZoom: () => 10, queryRenderedFeatures: () => found.map((properties) => ({ layer: { id: "tsf:marker" }, properties })) }) as unknown as Chart;

const HERE = { x: 0, y: 0 };

test("of overlapping assets the worst answers", () => {
  expect(pick(chart({ id: "a", tier: 1 }, { id: "b", tier: 4 }), HERE, [layer], false).top).toMatchObject({ id: "b", tier: 4 });
});

test("under a supposition the tier under the pointer is the one that is drawn, also where it decides what is on top", () => {
  const supposed = new Map([["tsf", { by: "id", tiers: new Map([["a", 4 as const]]) }]]);
  expect(pick(chart({ id: "a", tier: 1 }, { id: "b", tier: 3 }), HERE, [layer], false, supposed).top).toMatchObject({ id: "a", tier: 4 });
});

test("the reason of a colour is asked for as known at the time that is shown, and not taken from another", async () => {
  fakePage();
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (path: string) => {
    asked.push(path);
    return new Response(JSON.stringify({ assessment: null, chain: null, risk: null, breadcrumb: [] }));
  });
  const thing = (kind: Thing["kind"], dataset: string, id: string): Thing => ({ kind, dataset, id }) as Thing;
  const then = "2026-07-19T00:00:00Z";
  for (const asOf of [null, then, then]) await explain(thing("asset", "tsf", "a"), asOf);
  await explain(thing("cell", "risk_cell", "c"), then);
  await explain(thing("region", "region", "51"), then);
  const known = "as_of=2026-07-19T00%3A00%3A00Z";
  expect(asked).toEqual(["/api/v1/assets/tsf/a", `/api/v1/assets/tsf/a?${known}`, `/api/v1/cells/c?${known}`, `/api/v1/regions/51?${known}`]);
});
