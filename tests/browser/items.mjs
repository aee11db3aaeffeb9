// Opens pages of items of BASE_URL as a person would; prints what was there as JSON.
import { BASE, launch, seen, shot, watch } from "./browser.mjs";

const browser = await launch();

async function visit(name, path, options = {}) {
  const context = await browser.newContext({ locale: "zh-CN", viewport: { width: 1400, height: 1000 }, ...options });
  const page = await context.newPage();
  watch(page);
  await page.goto(`${BASE}/ogc/collections/${path}`, { waitUntil: "load", timeout: 120_000 });
  if (options.javaScriptEnabled !== false) {
    await page.waitForFunction(() => window.minegisMap?.isStyleLoaded() && window.minegisMap.areTilesLoaded(), null, { timeout: 120_000 });
    await page.waitForTimeout(500);
  }
  await shot(page, `items-${name}`);
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
