/**
 * Report: what each file of the built page weighs, and what is fetched before the first map.
 * `npm run weigh` in geoserver/web, or `node tests/benchmarks/bundle.mjs <folder of the built page>`.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

/** Every file of a built page: its size, its size in gzip, and whether the map needs it before it is painted. */
export function weigh(folder) {
  const html = readFileSync(join(folder, "index.html"), "utf8");
  const first = new Set([...html.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map(([, name]) => name));
  const names = readdirSync(join(folder, "assets")).map((name) => `assets/${name}`);
  for (const name of names) if (name.includes("maplibre-gl-csp-worker")) first.add(name);
  return names
    .filter((name) => /\.(js|css)$/.test(name))
    .map((name) => {
      const bytes = readFileSync(join(folder, name));
      return { name: name.replace("assets/", ""), first: first.has(name), raw: bytes.length, gzip: gzipSync(bytes).length };
    })
    .sort((a, b) => Number(b.first) - Number(a.first) || b.gzip - a.gzip);
}

/** JavaScript of the first paint, bytes of gzip. */
export const before = (files) => files.filter(({ name, first }) => first && name.endsWith(".js")).reduce((sum, { gzip }) => sum + gzip, 0);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = process.argv[2] ?? fileURLToPath(new URL("../../geoserver/web/dist", import.meta.url));
  const files = weigh(folder);
  const kb = (bytes) => (bytes / 1000).toFixed(1).padStart(8);
  console.log(`| file | before the first map | kB | kB gzip |\n|---|---|---:|---:|`);
  for (const { name, first, raw, gzip } of files) console.log(`| ${name} | ${first ? "yes" : ""} | ${kb(raw)} | ${kb(gzip)} |`);
  console.log(`\nJavaScript before the first map: ${kb(before(files)).trim()} kB gzip`);
}
