/** Look at the wall in three sizes, drive it with a phone, let a red warning come, and break its connection. */

import { BASE, idle, seen, shot, text, texts, walk, watch } from "./browser.mjs";

const SIZES = { one: [1920, 1080], two: [3840, 1080], three: [5760, 1080] };

async function standing(page, scene) {
  await page.waitForFunction((family) => document.querySelector(".wall")?.dataset.scene?.startsWith(family), scene);
  const mapped = await page.evaluate(() => globalThis.minegisMap !== undefined);
  if (mapped) await idle(page);
  else await page.waitForTimeout(600);
}

async function wall(browser, query, [width, height]) {
  const page = await browser.newPage({ viewport: { width, height }, locale: "zh-CN", serviceWorkers: "block" });
  page.setDefaultTimeout(60_000);
  watch(page);
  await page.goto(`${BASE}/?wall=${query}`);
  return page;
}

/** What sticks out, what crosses a bezel, and how high the smallest large digit is, px. */
const measured = (page) =>
  page.evaluate(() => {
    const name = (element) => `${element.className || element.tagName} ${element.textContent.slice(0, 20)}`;
    const parts = [...document.querySelectorAll(".screen > .body, .block, .block ul, .block ol, .screen > header, .bands")];
    const sticking = parts.filter((each) => each.scrollHeight > each.clientHeight + 1 || each.scrollWidth > each.clientWidth + 1).map(name);
    const rows = [...document.querySelectorAll(".block li")].filter((row) => {
      const [inner, outer] = [row.getBoundingClientRect(), row.closest(".block").getBoundingClientRect()];
      return inner.bottom > outer.bottom + 1 || inner.right > outer.right + 1;
    });
    const screen = innerHeight * (1920 / 1080);
    const crossing = [...document.querySelectorAll(".block, .slot-of")].filter((each) => {
      const { left, right } = each.getBoundingClientRect();
      return Math.floor((left + 1) / screen) !== Math.floor((right - 1) / screen);
    });
    const context = document.createElement("canvas").getContext("2d");
    const digits = [...document.querySelectorAll(".digits")].map((each) => {
      const { fontWeight, fontSize, fontFamily } = getComputedStyle(each);
      context.font = `${fontWeight} ${fontSize} ${fontFamily}`;
      const { actualBoundingBoxAscent: up, actualBoundingBoxDescent: down } = context.measureText("1");
      return up + down;
    });
    const { scrollWidth, scrollHeight } = document.documentElement;
    return {
      sticking: [...sticking, ...rows.map(name)],
      crossing: crossing.map(name),
      digit: digits.length ? Math.min(...digits) : null,
      page: [scrollWidth, scrollHeight],
      cursor: getComputedStyle(document.querySelector(".block")).cursor,
      panels: document.querySelectorAll(".panel, button, input").length,
    };
  });

async function sizes(browser, asOf) {
  seen.measured = {};
  for (const [name, size] of Object.entries(SIZES)) {
    const page = await wall(browser, `nation&as_of=${asOf}`, size);
    await standing(page, "nation");
    seen.measured[`${name}/nation`] = await measured(page);
    await shot(page, `wall-${name}`);
    if (name === "one") {
      await tour(page);
      await page.close();
      const fresh = await wall(browser, `nation&as_of=${asOf}`, size);
      await standing(fresh, "nation");
      await shot(fresh, "wall-fresh");
      await fresh.close();
      continue;
    }
    await page.keyboard.press("ArrowRight");
    await standing(page, "region");
    seen.measured[`${name}/region`] = await measured(page);
    await page.close();
  }
}

/** All scenes and back to the first. */
async function tour(page) {
  const names = [];
  for (let steps = 0; steps < 20; steps++) {
    await page.keyboard.press("ArrowRight");
    await page.waitForFunction((before) => document.querySelector(".wall").dataset.scene !== before, names.at(-1) ?? "nation");
    const scene = await page.evaluate(() => document.querySelector(".wall").dataset.scene);
    await standing(page, scene);
    if (scene === "nation") break;
    names.push(scene);
    seen.measured[`one/${scene}`] = await measured(page);
    if (scene.startsWith("asset")) await page.waitForSelector(".wall-charts canvas", { timeout: 10_000 }).catch(() => {});
    await shot(page, `wall-${scene.split("/")[0]}`);
  }
  seen.scenes = names;
  seen.rastersOn = await page.evaluate(() => minegisMap.getLayer("rain:raster") !== undefined);
  await shot(page, "wall-again");
}

async function remote(browser) {
  const name = `walk-${Date.now()}`; // a server remembers for a day what a wall was told
  const page = await wall(browser, `nation&theme=night&name=${name}`, SIZES.one);
  await standing(page, "nation");
  const phone = await browser.newPage({ viewport: { width: 390, height: 844 }, locale: "zh-CN", serviceWorkers: "block", hasTouch: true, isMobile: true });
  watch(phone);
  await phone.goto(`${BASE}/?remote=${name}`);
  await phone.waitForSelector(".standing:not(.nobody)");
  await phone.waitForSelector('[data-scene="asset"]');
  seen.phone = {
    standing: await text(phone, ".standing"),
    scenes: await phone.locator("[data-scene]").evaluateAll((all) => all.map((each) => each.dataset.scene)),
    least: await phone.locator("button").evaluateAll((all) => Math.min(...all.map((each) => each.getBoundingClientRect().height))),
    wide: await phone.evaluate(() => document.documentElement.scrollWidth),
  };
  await shot(phone, "wall-phone");
  await phone.tap('[data-scene="warnings"]');
  await standing(page, "warnings");
  await phone.tap('[data-move="next"]');
  await standing(page, "asset");
  await phone.tap('[data-move="previous"]');
  await standing(page, "warnings");
  await phone.locator(".subject").first().tap();
  await standing(page, "region/");
  seen.driven = await page.evaluate(() => document.querySelector(".wall").dataset.scene);
  await phone.close();
  await page.close();
}

/** A red that comes, is acknowledged, and a server that is gone: the stream is played to the page. */
async function alarm(browser) {
  const { at: now } = { at: new Date().toISOString() };
  const active = await (await fetch(`${BASE}/api/v1/warnings?status=active`)).json();
  const red = active.find(({ tier }) => tier === 4);
  const fresh = { ...red, id: "fresh", identifier: "fresh.1", asset_name: `${red.asset_name}·F`, desk: { ...red.desk, state: "unacknowledged", due_at: now, changed_at: now } };
  const answered = { ...fresh, desk: { ...fresh.desk, state: "acknowledged", by: "Li", due_at: null, changed_at: new Date(Date.now() + 1000).toISOString() } };
  const event = (name, data) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
  const beat = event("beat", { at: now, beat_seconds: 15 });
  const page = await browser.newPage({ viewport: { width: 1920, height: 1080 }, locale: "zh-CN", serviceWorkers: "block" });
  page.setDefaultTimeout(60_000);
  let step = "quiet";
  await page.route("**/api/v1/events*", async (route) => {
    if (step === "quiet") return route.abort();
    const body = beat + event("warning", step === "red" ? fresh : answered);
    return route.fulfill({ status: 200, contentType: "text/event-stream", body });
  });
  await page.goto(`${BASE}/?wall=warnings`);
  await standing(page, "warnings");
  await page.waitForSelector(".band.lost");
  seen.lost = await text(page, ".band.lost");
  seen.stage = { before: await page.locator(".alarm-stage").count() };
  await page.waitForTimeout(500);
  step = "red";
  await page.waitForSelector(".alarm-stage");
  seen.stage.name = await text(page, ".alarm-stage h2");
  seen.stage.bands = await texts(page, ".alarm-stage .exercise-band");
  seen.stage.colour = await page.evaluate(() => getComputedStyle(document.querySelector(".alarm-stage")).backgroundColor);
  seen.stage.size = await page.evaluate(() => {
    const { width, height } = document.querySelector(".alarm-stage").getBoundingClientRect();
    return [width, height];
  });
  await shot(page, "wall-red");
  step = "answered";
  await page.waitForSelector(".alarm-stage", { state: "detached" });
  seen.stage.after = await page.locator(".alarm-stage").count();
  await page.close();
}

await walk(async (browser) => {
  const moments = await (await fetch(`${BASE}/api/v1/moments`)).json();
  await sizes(browser, encodeURIComponent(moments.at(-1).known_at));
  await remote(browser);
  await alarm(browser);
});
