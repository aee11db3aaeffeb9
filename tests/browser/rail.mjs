/**
 * Walk through the warnings rail while warnings come, the server stops and starts again, and somebody answers.
 *
 * What must happen on the other side is asked for: one line of JSON out, one line in.
 */

import { createInterface } from "node:readline";
import { idle, open, seen, shot, text, texts, walk } from "./browser.mjs";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const SIZE = { width: 1600, height: 900 };
const OF_AN_OUTAGE = /ERR_CONNECTION|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE_CHUNKED|ERR_NETWORK|Failed to fetch|status of 503/;

async function ask(what, given = {}) {
  process.stdout.write(`${JSON.stringify({ ask: what, given })}\n`);
  return JSON.parse((await lines.next()).value);
}

const count = (page) => page.evaluate(() => Number(document.querySelector(".rail .panel-head .figure").textContent));
const until = (page, number) => page.waitForFunction((wanted) => Number(document.querySelector(".rail .panel-head .figure")?.textContent) === wanted, number);
const line = (page) => page.evaluate(() => !document.querySelector(".strip .connection").hidden);

/** Every warning that the list shows, read by scrolling through it. */
const listed = (page) =>
  page.evaluate(async () => {
    const list = document.querySelector(".alarms");
    const found = new Map();
    for (let top = 0; top <= list.scrollHeight; top += list.clientHeight / 2) {
      list.scrollTop = top;
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      for (const row of list.querySelectorAll("li")) found.set(Number(row.getAttribute("aria-posinset")), row.dataset.key);
    }
    list.scrollTop = 0;
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    return [...found.entries()].sort(([a], [b]) => a - b).map(([, key]) => key);
  });

/** Ids and tiers of the warnings that are drawn on the map. */
const drawn = (page) =>
  page.evaluate(() => {
    const found = minegisMap.queryRenderedFeatures().filter(({ layer }) => layer.id.startsWith("warning"));
    return Object.fromEntries(found.map(({ properties }) => [properties.id, properties.tier]));
  });

/** Take the times at which the stream says something and the screen shows it. */
const clocks = (page) =>
  page.evaluate(() => {
    globalThis.times = { said: {}, shown: {}, longest: 0 };
    const stream = new EventSource("/api/v1/events");
    stream.addEventListener("warning", ({ data }) => (times.said[JSON.parse(data).id] ??= performance.now()));
    const look = () => {
      for (const { dataset } of document.querySelectorAll(".alarm")) times.shown[dataset.key] ??= performance.now();
    };
    new MutationObserver(() => requestAnimationFrame(look)).observe(document.querySelector(".alarms"), { childList: true, subtree: true });
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) times.longest = Math.max(times.longest, Math.round(duration));
    }).observe({ type: "longtask" });
    return new Promise((opened) => stream.addEventListener("beat", () => opened(true), { once: true }));
  });

async function begin(page) {
  await page.waitForFunction(() => document.querySelector(".live.open"));
  seen.begin = { count: await count(page), band: await text(page, ".exercise-band"), tags: await texts(page, ".alarm .tag"), line: await line(page), rate: await text(page, "[data-online]") };
  await clocks(page);
}

async function oneRed(page) {
  await ask("publish", { names: ["red"], tier: 4 });
  await until(page, seen.begin.count + 1);
  await page.waitForFunction(() => minegisMap.queryRenderedFeatures().some(({ properties }) => properties.id === "red"), null, { timeout: 30_000 });
  const row = page.locator('.alarm[data-key="red"]');
  seen.red = {
    drawn: (await drawn(page)).red,
    blinks: await row.evaluate((element) => getComputedStyle(element).animationName),
    deadline: await row.locator(".deadline").innerText(),
    said: await text(page, '[aria-live="assertive"]'),
    latency: await page.evaluate(() => Math.round(times.shown.red - times.said.red)),
  };
  await page.emulateMedia({ reducedMotion: "reduce" });
  seen.red.still = await row.evaluate((element) => getComputedStyle(element).animationName);
  await page.emulateMedia({ reducedMotion: "no-preference" });
}

async function burst(page) {
  await page.evaluate(() => (times.longest = 0));
  const names = Array.from({ length: 500 }, (_, number) => `burst-${number}`);
  await ask("publish", { names, tier: 3 });
  await until(page, seen.begin.count + 501);
  // What comes within seconds of an announcement is announced together, after it.
  await page.waitForFunction(() => document.querySelector('[aria-live="polite"]').textContent);
  const last = await page.evaluate(() => Math.round(Math.max(...Object.values(times.shown)) - Math.max(...Object.values(times.said))));
  seen.burst = { rows: await page.locator(".alarm").count(), longest: await page.evaluate(() => times.longest), last, listed: await listed(page), said: await text(page, '[aria-live="polite"]') };
  await shot(page, "rail-burst");
}

async function outage(page) {
  const before = seen.console.length;
  const statuses = seen.statuses.length;
  await ask("stop");
  await page.waitForFunction(() => !document.querySelector(".strip .connection").hidden);
  seen.outage = { said: await text(page, ".strip .connection"), live: await page.locator(".live").count() };
  await shot(page, "rail-lost");
  await ask("publish", { names: ["missed-1", "missed-2", "missed-3"], tier: 4 });
  await ask("start");
  await page.locator(".strip .connection button").click().catch(() => {}); // it may have come back by itself
  await page.waitForFunction(() => document.querySelector(".strip .connection").hidden);
  await until(page, seen.begin.count + 504);
  seen.outage.listed = await listed(page);
  seen.outage.back = await line(page);
  seen.console = [...seen.console.slice(0, before), ...seen.console.slice(before).filter((each) => !OF_AN_OUTAGE.test(each))];
  seen.statuses.length = statuses;
}

async function answer(page) {
  await idle(page);
  const before = await drawn(page);
  await page.locator("#map canvas").focus();
  await page.keyboard.press("w");
  await page.keyboard.press("Home");
  const id = await page.evaluate(() => document.activeElement.closest(".alarm")?.dataset.key);
  await page.keyboard.press("a");
  await page.locator("dialog.answer[open]").waitFor();
  await page.keyboard.type("值班员甲");
  await page.keyboard.press("Enter");
  await page.locator("dialog.answer[open]").waitFor({ state: "hidden" });
  await page.keyboard.press("j");
  await page.keyboard.press("x");
  await page.locator("dialog.answer[open]").waitFor();
  const closed = await page.locator("dialog.answer h2").innerText();
  await shot(page, "rail-answer");
  await page.keyboard.type("演练结束");
  await page.keyboard.press("Enter");
  await page.locator("dialog.answer[open]").waitFor({ state: "hidden" });
  await page.waitForFunction(() => document.querySelector(".alarm .closed"));
  await page.waitForTimeout(1500);
  seen.answer = { id, closed, acts: await ask("acts"), count: await count(page), before, after: await drawn(page), focus: await page.evaluate(() => document.activeElement.className) };
  await page.keyboard.press("?");
  seen.answer.help = await page.locator("dialog.keys kbd").count();
  await page.keyboard.press("Escape");
  seen.answer.closedHelp = await page.locator("dialog[open]").count();
}

async function filters(page) {
  await page.keyboard.press("w");
  await page.waitForFunction(() => document.activeElement.closest(".alarm"));
  await page.keyboard.press("/");
  await page.keyboard.type("burst-49");
  await page.waitForFunction(() => document.querySelector(".alarm")?.getAttribute("aria-setsize") === "11");
  seen.filters = { listed: await listed(page), note: await text(page, ".notes .note"), address: page.url() };
  await page.locator(".notes .note button").click();
  await page.waitForFunction(() => Number(document.querySelector(".alarm")?.getAttribute("aria-setsize")) > 11);
  await page.locator(".top button").last().click();
  await shot(page, "rail-night");
}

async function reload(browser, page) {
  const again = await open(browser, `?rail=${encodeURIComponent(":::burst-49")}`, SIZE);
  await again.waitForFunction(() => document.querySelector(".alarm")?.getAttribute("aria-setsize") === "11");
  seen.again = { listed: await listed(again) };
  await again.close();
  await page.close();
}

await walk(async (browser) => {
  const page = await open(browser, "", SIZE);
  await begin(page);
  await oneRed(page);
  await burst(page);
  await outage(page);
  await answer(page);
  await filters(page);
  await reload(browser, page);
});
process.exit(0);
