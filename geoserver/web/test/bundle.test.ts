import { gzipSync } from "node:zlib";
import { build, type Rolldown } from "vite";
import { beforeAll, expect, test } from "vitest";

const MOST_KB = 700;
const ROOT = `${import.meta.dirname}/..`;
let files: Rolldown.OutputBundle[string][] = [];

beforeAll(async () => {
  const built = (await build({ root: ROOT, logLevel: "silent", build: { write: false } })) as Rolldown.RolldownOutput;
  files = built.output;
}, 120_000);

const scripts = (): Rolldown.OutputChunk[] => files.filter((file) => file.type === "chunk");
const size = (text: string | Uint8Array): number => gzipSync(text).length / 1000;

/** A script and all that it imports before it runs. */
function closure(name: string, found = new Set<string>()): Set<string> {
  if (found.has(name)) return found;
  found.add(name);
  for (const next of scripts().find(({ fileName }) => fileName === name)?.imports ?? []) closure(next, found);
  return found;
}

test("the JavaScript before the first paint of the map is at most 700 kB in gzip, with the map's own worker", () => {
  const entry = scripts().find(({ isEntry, name }) => isEntry && name === "index");
  const first = [...closure(entry?.fileName ?? "")].map((name) => scripts().find(({ fileName }) => fileName === name)?.code ?? "");
  const worker = files.find((file) => file.type === "asset" && file.fileName.includes("maplibre-gl-csp-worker"));
  expect(worker).toBeDefined();
  const kb = [...first, worker?.type === "asset" ? worker.source : ""].reduce((sum, text) => sum + size(text), 0);
  expect(kb).toBeGreaterThan(200); // MapLibre alone is more: the closure was found
  expect(kb).toBeLessThanOrEqual(MOST_KB);
});

test("charts, tables, the wall, the tour and the other workplaces wait until they are asked for", () => {
  const entry = scripts().find(({ isEntry, name }) => isEntry && name === "index");
  const first = [...closure(entry?.fileName ?? "")].flatMap((name) => scripts().find(({ fileName }) => fileName === name)?.moduleIds ?? []);
  const lazy = first.filter((id) => /node_modules\/(echarts|zrender)\/|\/src\/(wall\/wall|parts\/(tour|compare|table\/table|command\/command|decision\/decision))\.ts/.test(id));
  expect(lazy).toEqual([]);
});
