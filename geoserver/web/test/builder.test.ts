import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Changed, type Context } from "../src/context";
import { filter } from "../src/parts/tools/filter";
import { INITIAL } from "../src/state";
import { fakePage, type FakeElement, seen } from "./page";

beforeEach(() => {
  fakePage();
  vi.stubGlobal("HTMLElement", class {});
  vi.stubGlobal("fetch", async () => new Response(JSON.stringify({ properties: {}, numberMatched: 1 }), { headers: { "Content-Type": "application/json" } }));
});

afterEach(() => vi.unstubAllGlobals());

test("the dataset that is chosen for a new filter stays chosen while the old filter holds and the map is moved", async () => {
  const state = { ...INITIAL, filter: { dataset: "tsf", cql: "tier = 4" } };
  const of = (dataset: string) => ({ id: dataset, title: dataset, kind: "vector", source_layer: dataset, group: { id: "asset" } });
  const part = filter({
    store: { state, set: () => {} },
    data: { layers: [of("tsf"), of("mine")] },
    ask: (_: string, __: string, request: () => Promise<unknown>) => request(),
  } as unknown as Context);
  const choice = (): FakeElement => seen(part.element).querySelector("[name=dataset]") as FakeElement;
  const chosen = (): string | undefined => choice()?.querySelectorAll("option").find((each) => each.is("[selected]"))?.value;
  part.update(new Changed(null));
  await vi.waitFor(() => expect(chosen()).toBe("tsf"));
  choice().value = "mine";
  choice().say("change");
  await vi.waitFor(() => expect(chosen()).toBe("mine"));
  part.update(new Changed(new Set(["view"])));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(chosen()).toBe("mine");
});
