import { beforeEach, expect, test, vi } from "vitest";

const asked: string[] = [];
let failing = false;
vi.mock("../src/api", () => ({
  api: {
    region: (code: string) => {
      asked.push(code);
      return failing ? Promise.reject(new Error("no answer")) : Promise.resolve({ code });
    },
  },
}));

const { ahead, byRisk, forget, next, region } = await import("../src/regions");

beforeEach(() => {
  vi.stubGlobal("window", globalThis);
  asked.length = 0;
  failing = false;
  forget();
});

test("a region of a run is asked for once, and again when there was another run or all is forgotten", async () => {
  await region("140000", "run1");
  await region("140000", "run1");
  expect(asked).toEqual(["140000"]);
  await region("140000", "run2");
  forget();
  await region("140000", "run2");
  expect(asked).toEqual(["140000", "140000", "140000"]);
});

test("a failure is not kept", async () => {
  failing = true;
  await expect(region("140000", "run1")).rejects.toThrow("no answer");
  failing = false;
  await expect(region("140000", "run1")).resolves.toEqual({ code: "140000" });
});

test("what may be opened next is read ahead, but not more than a few", async () => {
  await region("100000", "run1");
  await ahead(Array.from({ length: 30 }, (_, number) => String(number)), "run1");
  expect(asked).toHaveLength(1 + 8);
  await region("3", "run1");
  expect(asked).toHaveLength(1 + 8);
});

test("the worst region is first, and one without assets is not read ahead", () => {
  const child = (code: string, tier: number, score: number | null, assets: number) => ({ code, name: "", level: "county", tier, state: "sufficient", score, coverage: 1, assets, counts: {} }) as never;
  const children = [child("a", 1, 30, 5), child("b", 4, 85, 1), child("c", 4, 90, 1), child("d", 0, null, 0), child("e", 1, 30, 9)];
  expect([...children].sort(byRisk).map(({ code }: { code: string }) => code)).toEqual(["c", "b", "e", "a", "d"]);
  expect(next({ parent: "up", children } as never)).toEqual(["up", "c", "b", "e", "a"]);
});
