/**
 * Report: the map page in a headless Chromium that draws without a GPU. Nothing is asserted; machines are noisy.
 * Run by `tests/benchmarks/page.py`. Environment as for the walks of `tests/browser`, and SOAK_S, WEB.
 */

import { performance } from "node:perf_hooks";
import { BASE, FLAGS, idle, launch as started, watch } from "../browser/browser.mjs";
import { before, weigh } from "./bundle.mjs";

const WIDE = { width: 1920, height: 1080 };
const COLD_ROUNDS = 5;
const SOAK_S = Number(process.env.SOAK_S ?? 120);
const RAIN_OF_STEPS = 30;

/** With `--disable-gpu` every frame of the map is read back and drawn once more, which no user's browser does. */
const PLAIN = FLAGS.filter((flag) => flag !== "--disable-gpu");
const launch = () => started({ args: process.env.READ_BACK ? FLAGS : PLAIN });

const sorted = (values) => [...values].sort((a, b) => a - b);
const median = (values) => sorted(values)[Math.floor(values.length / 2)];
const p95 = (values) => sorted(values)[Math.min(values.length - 1, Math.ceil(values.length * 0.95) - 1)];
const round = (value, digits = 0) => (value === undefined || value === null ? null : Number(value.toFixed(digits)));

/** Takes note, inside the page, of paints, long tasks, shifts, the first idle of the map and the events heard. */
function observe() {
  const noted = (globalThis.noted = { long: [], shifts: 0, lcp: 0, fcp: 0, idle: 0, heard: 0 });
  const on = (type, take) => new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
  on("longtask", ({ startTime, duration }) => noted.long.push([startTime, duration]));
  on("layout-shift", ({ value, hadRecentInput }) => hadRecentInput || (noted.shifts += value));
  on("largest-contentful-paint", ({ startTime }) => (noted.lcp = startTime));
  on("paint", ({ name, startTime }) => name === "first-contentful-paint" && (noted.fcp = startTime));
  const looking = setInterval(() => {
    if (!globalThis.minegisMap) return;
    clearInterval(looking);
    const done = () => (noted.idle ||= performance.now());
    if (minegisMap.loaded()) done();
    else minegisMap.once("idle", done);
  }, 5);
  const Plain = globalThis.EventSource;
  globalThis.EventSource = class extends Plain {
    addEventListener(name, take, ...more) {
      super.addEventListener(name, (event) => (name === "warning" && (noted.heard = performance.now()), take(event)), ...more);
    }
  };
}

async function fresh(browser, path = "", viewport = WIDE) {
  const context = await browser.newContext({ viewport, locale: "zh-CN" });
  const page = await context.newPage();
  watch(page);
  await page.addInitScript(observe);
  await page.goto(`${BASE}/${path}`);
  return page;
}

/** Lighthouse's score of a metric: 0.9 at `p10`, 0.5 at `middle`, log-normal between and beyond. */
function score(value, p10, middle) {
  if (value <= 0) return 1;
  const x = (Math.log(value / middle) * 0.9061938024368232) / -Math.log(p10 / middle);
  return (1 - erf(x)) / 2;
}

/** Abramowitz and Stegun 7.1.26. */
function erf(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const y = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.sign(x) * (1 - y * Math.exp(-x * x));
}

/** A browser of its own each time: nothing is in a cache. */
async function cold() {
  const rounds = [];
  for (let n = 0; n < COLD_ROUNDS; n++) {
    const browser = await launch();
    const page = await fresh(browser);
    await page.waitForFunction(() => noted.idle > 0, null, { timeout: 60_000 });
    await page.waitForTimeout(1_500);
    const noted = await page.evaluate(() => noted);
    const scripts = await page.evaluate(() => performance.getEntriesByType("resource").filter(({ name, startTime }) => /\.js$/.test(name) && startTime < noted.idle).map(({ name, encodedBodySize }) => [new URL(name).pathname, encodedBodySize]));
    const blocking = noted.long.reduce((sum, [, duration]) => sum + Math.max(0, duration - 50), 0);
    rounds.push({ idle: noted.idle, fcp: noted.fcp, lcp: noted.lcp, tbt: blocking, cls: noted.shifts, script: scripts.reduce((sum, [, bytes]) => sum + bytes, 0) });
    await browser.close();
  }
  const of = (name) => median(rounds.map((each) => each[name]));
  const [fcp, lcp, tbt, cls] = ["fcp", "lcp", "tbt", "cls"].map(of);
  // Lighthouse 13, desktop: weights and control points. Its Speed Index needs its own filmstrip: the other four, scaled to 100.
  const parts = [[10, score(fcp, 934, 1600)], [25, score(lcp, 1200, 2400)], [30, score(tbt, 150, 350)], [25, score(cls, 0.1, 0.25)]];
  const all = parts.reduce((sum, [weight, got]) => sum + weight * got, 0) / 90;
  return { idle_ms: round(of("idle")), rounds_ms: rounds.map(({ idle }) => round(idle)), script_sent_kB: round(of("script") / 1000, 1), fcp_ms: round(fcp), lcp_ms: round(lcp), tbt_ms: round(tbt), cls: round(cls, 3), performance_score: round(all * 100) };
}

/** Drag the map about where 340,000 cells lie. */
async function pan(browser) {
  const page = await fresh(browser, "?at=103.8,31.6,8.6");
  await idle(page);
  const cells = await page.evaluate(() => minegisMap.queryRenderedFeatures({ layers: ["risk_cell:fill"] }).length);
  await page.evaluate(() => (noted.long.length = 0));
  await page.mouse.move(960, 500);
  for (let turn = 0; turn < 6; turn++) {
    await page.mouse.down();
    for (let step = 0; step < 20; step++) {
      await page.mouse.move(960 + (turn % 2 ? 1 : -1) * step * 14, 500 + (turn % 3) * step * 4);
      await page.waitForTimeout(16);
    }
    await page.mouse.up();
    await page.mouse.move(960, 500);
    await page.waitForTimeout(250);
  }
  await idle(page);
  const long = (await page.evaluate(() => noted.long)).map(([, duration]) => duration);
  await page.context().close();
  return { cells_on_screen: cells, long_tasks: long.length, longest_ms: round(Math.max(0, ...long)), over_200_ms: long.filter((each) => each > 200).length };
}

/** From the input to the frame in which the page shows the other time, and until the map is idle again. */
async function scrub(browser) {
  const page = await fresh(browser);
  await idle(page);
  const moments = await page.evaluate(async () => (await (await fetch("/api/v1/moments")).json()).length);
  if (moments < 2) return { moments, note: "a site with one run has nothing to scrub over" };
  await page.waitForTimeout(3_000); // what lies beside is read ahead
  const steps = await page.evaluate(async (count) => {
    const slider = document.querySelector('[data-name="track"]');
    const found = [];
    for (let n = 0; n < count; n++) {
      const start = performance.now();
      const painted = new Promise((resolve) => minegisMap.once("render", () => requestAnimationFrame(() => resolve(performance.now() - start))));
      const still = new Promise((resolve) => minegisMap.once("idle", () => resolve(performance.now() - start)));
      const max = Number(slider.max);
      slider.valueAsNumber = (slider.valueAsNumber + 1) % (max + 1);
      slider.dispatchEvent(new Event("input", { bubbles: true }));
      found.push(await Promise.all([painted, still]));
    }
    return found;
  }, RAIN_OF_STEPS);
  await page.context().close();
  return { moments, shown_p95_ms: round(p95(steps.map(([shown]) => shown))), idle_p95_ms: round(p95(steps.map(([, still]) => still))) };
}

/** From the click to the region's name and figures in the panel. */
async function region(browser) {
  const page = await fresh(browser);
  await idle(page);
  const codes = await page.evaluate(() => [...document.querySelectorAll("button[data-region]")].map(({ dataset }) => dataset.region).slice(0, 2));
  const taken = [];
  for (let turn = 0; turn < 12; turn++) {
    const code = turn % 2 ? null : codes[(turn / 2) % codes.length];
    taken.push(
      await page.evaluate(async (to) => {
        const path = () => document.querySelectorAll(".breadcrumb li").length;
        const [start, was] = [performance.now(), path()];
        const button = to ? document.querySelector(`button[data-region="${to}"]`) : document.querySelector(".breadcrumb button");
        const done = new Promise((resolve) => {
          const look = () => (path() !== was ? resolve(performance.now() - start) : requestAnimationFrame(look));
          look();
        });
        button.click();
        return done;
      }, code),
    );
    await page.waitForTimeout(1_500);
  }
  await page.context().close();
  return { switches: taken.length, median_ms: round(median(taken)), p95_ms: round(p95(taken)) };
}

/** From the event in the browser to the words on the screen; the event is an act at the desk. */
async function stream(browser) {
  const page = await fresh(browser);
  await idle(page);
  await page.locator("[data-warning]").first().waitFor();
  const taken = [];
  for (let turn = 0; turn < 10; turn++) {
    taken.push(
      await page.evaluate(async (n) => {
        const row = document.querySelectorAll("[data-warning]")[n % 4];
        const id = row.dataset.warning;
        const shown = () => document.querySelector(`[data-answer="${CSS.escape(id)}"] .who`)?.textContent ?? "";
        const warnings = await (await fetch("/api/v1/warnings?status=active")).json();
        const { identifier } = warnings.find((each) => String(each.id) === id);
        const was = shown();
        noted.heard = 0;
        await fetch(`/api/v1/warnings/${id.split("/").map(encodeURIComponent).join("/")}/actions`, {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify({ kind: "assign", who: "benchmark", to: `officer ${n}`, identifier, key: `benchmark-${Date.now()}-${n}` }),
        });
        return new Promise((resolve) => {
          const end = performance.now() + 10_000;
          const look = () => {
            if (noted.heard && shown() !== was) resolve(performance.now() - noted.heard);
            else if (performance.now() > end) resolve(null);
            else requestAnimationFrame(look);
          };
          look();
        });
      }, turn),
    );
  }
  await page.context().close();
  const seen = taken.filter((each) => each !== null);
  return { events: taken.length, shown: seen.length, median_ms: round(median(seen) ?? null), p95_ms: round(p95(seen) ?? null) };
}

/** Work on, and look at the heap after each round, with the garbage gone. */
async function soak(browser) {
  const page = await fresh(browser);
  await idle(page);
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.enable");
  const heaps = [];
  const end = performance.now() + SOAK_S * 1000;
  while (performance.now() < end) {
    await page.locator("button[data-region]").first().click();
    await page.waitForTimeout(1_500);
    await page.locator("[data-warning]").first().click();
    await page.waitForTimeout(1_000);
    await page.evaluate(() => minegisMap.panBy([Math.random() * 600 - 300, Math.random() * 300 - 150], { duration: 300 }));
    await page.waitForTimeout(1_000);
    await page.goBack();
    await page.goBack();
    await page.waitForTimeout(1_500);
    await session.send("HeapProfiler.collectGarbage");
    heaps.push((await page.evaluate(() => performance.memory.usedJSHeapSize)) / 1e6);
  }
  await page.context().close();
  const third = Math.max(1, Math.floor(heaps.length / 3));
  return { seconds: SOAK_S, rounds: heaps.length, first_third_MB: round(median(heaps.slice(0, third)), 1), last_third_MB: round(median(heaps.slice(-third)), 1), most_MB: round(Math.max(...heaps), 1) };
}

const wanted = process.env.ONLY?.split(",");
const report = wanted ? {} : { cold: await cold() };
if (process.env.WEB) report.bundle = { first_paint_gzip_kB: round(before(weigh(process.env.WEB)) / 1000, 1) };
for (const [name, measure] of Object.entries({ pan, scrub, region, stream, soak }).filter(([each]) => !wanted || wanted.includes(each))) {
  const browser = await launch();
  try {
    report[name] = await measure(browser);
  } catch (failure) {
    report[name] = { failed: String(failure).split("\n")[0] };
  } finally {
    await browser.close();
  }
}
console.log(JSON.stringify(report));
