import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Context } from "../src/context";
import { Focus } from "../src/parts/command/focus";
import { INITIAL, type State } from "../src/state";
import type { Warning } from "../src/types";

let waiting: Map<string, (found: unknown) => void>;
/** What each question that failed is asked again with. */
let retries: Map<string, () => void>;

beforeEach(() => {
  [waiting, retries] = [new Map(), new Map()];
  vi.stubGlobal("fetch", async (path: string) => {
    if (path.includes("/nearby")) return new Response(JSON.stringify(await new Promise((resolve) => waiting.set(path, resolve))));
    return new Response(JSON.stringify(path.endsWith("/history") ? [] : {}));
  });
});

afterEach(() => vi.unstubAllGlobals());

const warning = (id: string): Warning => ({ id, identifier: id, tier: 4, dataset: "tsf", asset_id: `A-${id}`, updated_at: "", desk: { state: "unacknowledged", changed_at: "", due_at: null } }) as unknown as Warning;
const nearby = (id: string, asOf: string | null): string => `/api/v1/assets/tsf/A-${id}/nearby?radius_km=10${asOf ? `&as_of=${encodeURIComponent(asOf)}` : ""}`;

function focus(): { one: Focus; become: (next: Partial<State>) => void } {
  let state: State = { ...INITIAL, incident: "a" };
  const ask = async (key: string, _: string, request: () => Promise<unknown>, again: () => void): Promise<unknown> => {
    retries.set(key, again);
    return request().catch(() => null);
  };
  const store = { get state() { return state; }, set: () => {} };
  const one = new Focus({ store, data: { warnings: [warning("a"), warning("b")], site: null }, ask } as unknown as Context);
  one.follow();
  const become = (next: Partial<State>): void => {
    state = { ...state, ...next };
    one.follow();
  };
  return { one, become };
}

const asked = (path: string): Promise<void> => vi.waitFor(() => expect([...waiting.keys()]).toContain(path));
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10));

test("what was asked for as known then does not stand beside the present when it comes late", async () => {
  const { one, become } = focus();
  const then = "2026-07-01T00:00:00Z";
  become({ asOf: then });
  await asked(nearby("a", then));
  become({ asOf: null });
  await settle();
  waiting.get(nearby("a", then))?.({ radius_km: 1 });
  await settle();
  expect(one.details.nearby).toBeNull();
});

test("a question about an incident that was left is not asked again for the one that is shown", async () => {
  const { one, become } = focus();
  const again = retries.get("command/nearby");
  become({ incident: "b" });
  await asked(nearby("b", null));
  waiting.get(nearby("b", null))?.({ radius_km: 2 });
  await settle();
  again?.();
  await settle();
  waiting.get(nearby("a", null))?.({ radius_km: 1 });
  await settle();
  expect(one.details.nearby).toEqual({ radius_km: 2 });
});
