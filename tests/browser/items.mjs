// Opens pages of items of BASE_URL as a person would; prints what was there as JSON.
import { createRequire } from "node:module";

const { BASE_URL, CHROMIUM, SCREENSHOTS } = process.env;
const require = createRequire(new URL("../../geoserver/web/package.json", import.meta.url));
const { chromium } = require("playwright-core");
const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"];

const browser = await chromium.launch({ executablePath: CHROMIUM, args: flags });
const seen = { foreign: [], complaints: [] };

async function visit(name, path, options = {}) {
  const context = await browser.newContext({ locale: "zh-CN", viewport: { width: 1400, height: 1000 }, ...options });
  const page = await context.newPage();
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(BASE_URL) && !/^(blob|data):/.test(url)) seen.foreign.push(url);
  });
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type()) && !message.text().includes("GPU stall")) seen.complaints.push(message.text());
  });
  await page.goto(`${BASE_URL}/ogc/collections/${path}`, { waitUntil: "load", timeout: 120_000 });
  if (options.javaScriptEnabled !== false) {
    await page.waitForFunction(() => window.minegisMap?.isStyleLoaded() && window.minegisMap.areTilesLoaded(), null, { timeout: 120_000 });
    await page.waitForTimeout(500);
  }
  await page.screenshot({ path: `${SCREENSHOTS}/items-${name}.png` });
  seen[name] = {
    title: await page.textContent("h1"),
    rows: await page.locator("tbody tr").count(),
    map: await page.locator("#map").isVisible(),
  };
  if (options.javaScriptEnabled !== false) {
    seen[name].drawn = await page.evaluate(() => {
      const map = window.minegisMap;
      const layers = map.getStyle().layers.filter(({ source, id }) => /^item/.test(source ?? "") && !id.includes("marked"));
      const found = map.queryRenderedFeatures({ layers: layers.map(({ id }) => id) });
      return [...new Set(found.map(({ properties }) => properties.id))].length;
    });
  }
  await context.close();
}

await visit("points", "earthquake/items");
await visit("lines", "fault/items");
await visit("polygons", "tsf/items");
await visit("item", "tsf/items/sample-tsf-0001");
await visit("plain", "tsf/items", { javaScriptEnabled: false });
await browser.close();
console.log(JSON.stringify(seen));
