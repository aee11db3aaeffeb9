/** How the page stands by itself: no server, a login that is over, slow and failing tiles, old data, a newer page. */

import { Gate } from "./gate.mjs";

const gate = new Gate(process.env.BASE_URL);
process.env.BASE_URL = await gate.up();
const { BASE, idle, open, rendered, seen, shot, text, walk } = await import("./browser.mjs");

const WIDE = { width: 1600, height: 900 };
const HEALTH = ".banner .health:not([hidden])";
const healthy = (page) => page.waitForFunction(() => document.documentElement.dataset.server === "answering" && !document.querySelector(".banner .health:not([hidden])"));
const lines = (page) => page.locator(".banner .lines p span").allInnerTexts();
const said = (page, words) => page.locator(".banner .lines p", { hasText: words }).first().waitFor();
const unsaid = (page, words) => page.waitForFunction((part) => ![...document.querySelectorAll(".banner .lines p")].some((one) => one.textContent.includes(part)), words);
const cached = (page) =>
  page.evaluate(async () => {
    const found = {};
    for (const name of await caches.keys()) found[name] = (await (await caches.open(name)).keys()).map(({ url }) => url.replace(location.origin, ""));
    return found;
  });
const moveMap = (page, by) => page.evaluate((pixels) => minegisMap.panBy([pixels, 0], { duration: 0 }), by);
const warnings = (page) => page.locator(".panel.right .figure").first().innerText();

/** A page with its worker, which has kept what was read. */
async function begin(browser) {
  const page = await open(browser, "", WIDE, { serviceWorkers: "allow" });
  await page.waitForFunction(() => navigator.serviceWorker.controller);
  await page.waitForFunction(async () => {
    const names = (await caches.keys()).filter((name) => name.endsWith("/tile"));
    return names.length === 1 && (await (await caches.open(names[0])).keys()).length > 40;
  });
  await page.waitForTimeout(1500);
  const kept = await cached(page);
  seen.kept = { names: Object.keys(kept), answers: Object.entries(kept).find(([name]) => name.endsWith("/answer"))[1] };
  seen.before = { rendered: await rendered(page), warnings: await warnings(page) };
  return page;
}

async function silence(page) {
  await page.evaluate(() => (globalThis.mark = "same page"));
  await gate.down();
  await page.locator(HEALTH).waitFor();
  seen.silent = { text: await text(page, HEALTH), strip: await page.locator(".strip .connection:visible").count() };
  await shot(page, "silent");
  await gate.up();
  await healthy(page);
  seen.back = { mark: await page.evaluate(() => globalThis.mark), lines: await lines(page) };
}

async function reload(page) {
  await gate.down();
  await page.reload();
  await idle(page);
  await page.locator(HEALTH).waitFor();
  await page.waitForTimeout(500);
  seen.offline = {
    text: await text(page, HEALTH),
    title: await page.title(),
    rendered: await rendered(page),
    warnings: await warnings(page),
    lines: await lines(page),
  };
  await shot(page, "offline");
  await page.evaluate(() => (globalThis.mark = "same page"));
  await gate.up();
  await healthy(page);
  await page.waitForTimeout(500);
  seen.again = { mark: await page.evaluate(() => globalThis.mark), warnings: await warnings(page), lines: await lines(page) };
}

async function login(page) {
  gate.instead = (request, response) => {
    response.writeHead(401, { "Content-Type": "text/html" }).end("<p>login");
    return true;
  };
  await page.evaluate(() => fetch("/api/v1/site")); // whatever is asked next: here the half-hour test would be long
  await page.evaluate(() => dispatchEvent(new Event("online")));
  await page.locator(HEALTH).waitFor();
  seen.login = { text: await text(page, HEALTH), buttons: await page.locator(`${HEALTH} button`).allInnerTexts() };
  await shot(page, "signed-out");
  gate.instead = () => false;
  const address = page.url();
  await Promise.all([page.waitForEvent("load"), page.locator(`${HEALTH} button`).click()]);
  await idle(page);
  seen.login.same = page.url() === address;
  seen.login.after = await page.getAttribute("html", "data-server");
}

/** In a page without a worker, which would give tiles that it has. */
async function tiles(browser) {
  const page = await open(browser, "", WIDE);
  gate.instead = (request, response) => {
    if (!request.url.startsWith("/tiles/cells/")) return false;
    setTimeout(() => response.writeHead(204).end(), 7_000);
    return true;
  };
  await moveMap(page, 900);
  await said(page, "慢");
  seen.slow = await lines(page);
  await shot(page, "slow");
  await unsaid(page, "慢");
  gate.instead = (request, response) => {
    if (!request.url.startsWith("/tiles/vector/region")) return false;
    response.writeHead(500).end();
    return true;
  };
  await moveMap(page, -2500);
  await said(page, "重试");
  seen.failed = { lines: await lines(page), fills: (await rendered(page))["region:fill"] ?? 0 };
  gate.instead = () => false;
  await unsaid(page, "重试");
  await idle(page);
  seen.mended = { lines: await lines(page), fills: (await rendered(page))["region:fill"] ?? 0 };
  await page.close();
}

/** A real site, whose clock is not frozen, with a last run of two days ago. */
async function stale(browser) {
  gate.change = (path, headers, body) => {
    if (path !== "/api/v1/site") return body;
    const site = JSON.parse(body);
    site.reference_time = null;
    site.run.finished_at = new Date(Date.now() - 50 * 3_600_000).toISOString();
    return Buffer.from(JSON.stringify(site));
  };
  const page = await open(browser, "", WIDE);
  seen.stale = await lines(page);
  await shot(page, "stale");
  gate.change = null;
  await page.close();
}

/** Another build of the page: the same files, its first script under another name. */
async function newer(page) {
  const rename = (words) => words.replace(/assets\/index-[\w-]+\.js/g, "assets/index-newer.js").replace(/(version[`'"]?:[`'"])\w+/, "$1newer");
  const entry = await page.evaluate(() => new URL(document.querySelector('script[type="module"]').src).pathname);
  gate.instead = (request) => {
    if (request.url === "/assets/index-newer.js") request.url = entry;
    return false;
  };
  gate.change = (path, headers, body) => (path.startsWith("/worker.js") || path === "/" || path.startsWith("/?") ? Buffer.from(rename(String(body))) : body);
  await page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).update());
  await said(page, "新版本");
  seen.newer = { lines: await lines(page) };
  await shot(page, "newer");
  const address = page.url();
  await Promise.all([page.waitForEvent("load"), page.locator(".banner .lines .link").first().click()]);
  await page.waitForFunction(async () => (await navigator.serviceWorker.getRegistration())?.waiting === null && navigator.serviceWorker.controller);
  await idle(page);
  await page.waitForTimeout(2500);
  const shells = Object.keys(await cached(page)).filter((name) => name.includes("shell"));
  seen.newer = { ...seen.newer, addresses: [address, page.url()], after: await lines(page), shells };
  gate.instead = () => false;
  gate.change = null;
}

/** The same address shows another site: nothing of the first one is left, nor given when the server is gone. */
async function elsewhere(page) {
  gate.change = (path, headers, body) => {
    if (headers["x-minegis-site"]) headers["x-minegis-site"] = "another";
    return body;
  };
  await page.evaluate(async () => (await fetch("/api/v1/vocabulary")).json());
  await page.waitForFunction(async () => (await caches.keys()).filter((name) => name.startsWith("minegis-data")).every((name) => name.includes("/another/")));
  seen.elsewhere = Object.fromEntries(Object.entries(await cached(page)).filter(([name]) => name.startsWith("minegis-data")));
  await gate.down();
  await page.reload();
  await page.locator(HEALTH).waitFor();
  await page.waitForTimeout(3000);
  seen.nothing = { text: await text(page, HEALTH), map: await page.evaluate(() => globalThis.minegisMap === undefined), waiting: await page.locator(".starting").count() };
  await shot(page, "nothing");
}

await walk(async (browser) => {
  if (process.env.TRACE) process.on("uncaughtException", (failure) => (console.log(JSON.stringify(seen, null, 1)), console.log(failure), process.exit(1)));
  const page = await begin(browser);
  await silence(page);
  await reload(page);
  await login(page);
  await newer(page);
  await tiles(browser);
  await stale(browser);
  // Requests that fail are lines in the console whatever the page does.
  seen.complaints = seen.console.filter((line) => !/Failed to load resource|ERR_|Failed to fetch|status of (401|500)|EventSource/.test(line));
  await elsewhere(page);
});
await gate.down().catch(() => {});
