/**
 * What every walk through the page needs: a browser, a page that takes note of what went wrong, and ways to
 * look at the map. A walk prints what it saw as one line of JSON.
 *
 * Environment: BASE_URL of a running server, CHROMIUM, SCREENSHOTS (a folder).
 */

import { createRequire } from "node:module";
import { join } from "node:path";

export const require = createRequire(new URL("../../geoserver/web/package.json", import.meta.url));
const { chromium } = require("playwright-core");

export const BASE = process.env.BASE_URL.replace(/\/$/, "");
export const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
  "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
];
const IDLE_LIMIT = 90_000;
/** What the software renderer says of itself when a screenshot reads its pixels, and the walk of its workers. */
const OF_THE_DRIVER = /GPU stall due to ReadPixels|Service Worker registration blocked by Playwright/;

/** Complaints of the console, requests that left the origin, answers of 400 and more. */
export const seen = { console: [], foreign: [], statuses: [] };

export const launch = (options = {}) => chromium.launch({ executablePath: process.env.CHROMIUM, args: FLAGS, ...options });

/** Open a path of the page in a context of its own and wait until the map stands still. */
export async function open(browser, path, viewport, options = {}) {
  // Requests of a page with a worker cannot be stood in for; the walk that looks at the worker asks for it.
  const page = await browser.newPage({ viewport, locale: "zh-CN", serviceWorkers: "block", ...options });
  page.setDefaultTimeout(45_000);
  // Who looks at the tour itself says so with `?tour` in the address.
  await page.addInitScript(() => location.search.includes("tour") || localStorage.setItem("minegis.tour", "settled"));
  watch(page);
  await page.goto(`${BASE}/${path}`);
  await idle(page);
  return page;
}

/** Take note of what goes wrong on a page. */
export function watch(page) {
  page.on("console", (line) => {
    if (["error", "warning"].includes(line.type()) && !OF_THE_DRIVER.test(line.text())) seen.console.push(line.text());
  });
  page.on("pageerror", (error) => seen.console.push(String(error.stack)));
  page.on("request", (request) => {
    const { protocol, origin } = new URL(request.url());
    if (!["blob:", "data:"].includes(protocol) && origin !== new URL(BASE).origin) seen.foreign.push(request.url());
  });
  page.on("response", (answer) => {
    if (answer.status() >= 400) seen.statuses.push([answer.status(), answer.url()]);
  });
}

export async function idle(page) {
  await page.waitForFunction(() => globalThis.minegisMap !== undefined);
  await page.waitForTimeout(400);
  await page.waitForFunction(() => minegisMap.loaded() && !minegisMap.isMoving(), null, { timeout: IDLE_LIMIT });
  await page.waitForTimeout(300);
}

export const shot = (page, name) => page.screenshot({ path: join(process.env.SCREENSHOTS, `${name}.png`) });
export const text = (page, selector) => page.locator(selector).first().innerText();
export const texts = (page, selector) => page.locator(selector).allInnerTexts();

/** How many features of each style layer are on the screen. */
export const rendered = (page) =>
  page.evaluate(() => {
    const counts = {};
    for (const { layer } of minegisMap.queryRenderedFeatures()) counts[layer.id] = (counts[layer.id] ?? 0) + 1;
    return counts;
  });

/** Walk, close the browser whatever happens, print what was seen. */
export async function walk(steps) {
  const browser = await launch();
  try {
    await steps(browser);
  } finally {
    await browser.close();
  }
  console.log(JSON.stringify(seen));
}
