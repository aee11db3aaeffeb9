/**
 * Draw a style of the server in MapLibre with the server's own characters and pictures; print what was asked for.
 *
 * Environment: BASE_URL, CHROMIUM, SCREENSHOT (a file), STYLE (its id), VIEW (longitude,latitude,zoom).
 */

import { createRequire } from "node:module";

const require = createRequire(new URL("../../geoserver/web/package.json", import.meta.url));
const { chromium } = require("playwright-core");
const { BASE_URL, CHROMIUM, SCREENSHOT, STYLE, VIEW } = process.env;
const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--use-gl=angle", "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
];

const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
const page = await browser.newPage({ viewport: { width: 800, height: 600 } });
const asked = [];
const errors = [];
page.on("response", (answer) => asked.push([answer.status(), answer.url().replace(BASE_URL, "")]));
page.on("pageerror", (error) => errors.push(String(error)));
await page.setContent('<div id="map" style="position:absolute;inset:0"></div>');
await page.addScriptTag({ path: require.resolve("maplibre-gl/dist/maplibre-gl.js") });
const missing = await page.evaluate(
  ([style, [lng, lat, zoom]]) =>
    new Promise((resolve, reject) => {
      const lacking = [];
      const map = new maplibregl.Map({
        container: "map",
        style,
        center: [lng, lat],
        zoom,
        fadeDuration: 0,
        attributionControl: false,
        localIdeographFontFamily: false, // else the browser's own Chinese font would be drawn
      });
      map.on("styleimagemissing", ({ id }) => lacking.push(id));
      map.on("idle", () => resolve(lacking));
      setTimeout(() => reject(new Error("the map is never done")), 60_000);
    }),
  [`${BASE_URL}/ogc/styles/${STYLE}`, VIEW.split(",").map(Number)],
);
await page.screenshot({ path: SCREENSHOT });
await browser.close();
console.log(JSON.stringify({ asked, errors, missing }));
