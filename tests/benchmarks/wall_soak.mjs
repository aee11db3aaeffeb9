/**
 * Change the scenes of a wall again and again, and print heap and DOM after every round, garbage collected.
 *
 *   BASE_URL=http://127.0.0.1:8000 CHROMIUM=/usr/bin/chromium node tests/benchmarks/wall_soak.mjs
 *
 * Environment: ROUNDS (15), CHANGES of scene in a round at least (20), PAUSE_MS between changes (2000: ten
 * minutes in all), QUIET for the last line alone.
 */

import { BASE, idle, seen, walk, watch } from "../browser/browser.mjs";

const ROUNDS = Number(process.env.ROUNDS ?? 15);
const CHANGES = Number(process.env.CHANGES ?? 20);
const PAUSE_MS = Number(process.env.PAUSE_MS ?? 2000);
const SMALL = { width: 960, height: 540 };
const FIRST = "nation";

const scene = (page) => page.evaluate(() => document.querySelector(".wall")?.dataset.scene);

async function next(page) {
  const before = await scene(page);
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction((name) => document.querySelector(".wall").dataset.scene !== name, before);
  await page.waitForTimeout(PAUSE_MS);
}

async function level(client) {
  for (let times = 0; times < 3; times++) await client.send("HeapProfiler.collectGarbage");
  const { usedSize } = await client.send("Runtime.getHeapUsage");
  const { nodes, jsEventListeners } = await client.send("Memory.getDOMCounters");
  return { heap: usedSize, nodes, listeners: jsEventListeners };
}

await walk(async (browser) => {
  const page = await browser.newPage({ viewport: SMALL, locale: "zh-CN", serviceWorkers: "block" });
  page.setDefaultTimeout(60_000);
  watch(page);
  await page.goto(`${BASE}/?wall=${FIRST}`);
  await idle(page);
  const client = await page.context().newCDPSession(page);
  seen.rounds = [];
  let changes = 0;
  while (seen.rounds.length < ROUNDS) {
    const end = changes + CHANGES;
    // A round ends where it began, so that levels are those of one scene.
    while (changes < end || (await scene(page)) !== FIRST) {
      await next(page);
      changes += 1;
    }
    await idle(page);
    seen.rounds.push({ changes, ...(await level(client)) });
    if (!process.env.QUIET) console.error(JSON.stringify(seen.rounds.at(-1)));
  }
});
