/** Times past: scrubbing, both axes, the banner, a link, playing, swipe and split. */

import { idle, open, rendered, seen, shot, text, walk } from "./browser.mjs";

const SIZE = { width: 1600, height: 900 };
/** A view on the one county with cells and an asset. */
const VIEW = "at=103.5,31.25,9.00";

/** Tiers of the asset and of the cells that are drawn. */
const tiers = (page, map = "minegisMap") =>
  page.evaluate((map) => {
    const of = (id) => [...new Set(globalThis[map].queryRenderedFeatures().filter(({ layer }) => layer.id.startsWith(id)).map(({ properties }) => properties.tier))].sort();
    return { asset: of("tsf:marker"), cells: of("risk_cell:fill").length, tiles: globalThis[map].getStyle().sources.risk_cell.tiles[0] };
  }, map);

const press = async (page, name) => {
  await page.locator(`[data-name="${name}"]`).first().click();
  await idle(page);
};

const past = (page) => page.evaluate(() => ({
  marked: document.documentElement.hasAttribute("data-past"),
  banner: document.querySelector(".past-banner")?.hidden ? null : document.querySelector(".past-banner")?.innerText,
}));

async function scrub(page) {
  seen.now = { ...(await tiers(page)), ...(await past(page)), warnings: await page.locator("#warnings [data-warning], #warnings li").count() };
  await press(page, "earlier");
  seen.one = { ...(await tiers(page)), ...(await past(page)), url: page.url(), place: await page.locator('[data-name="track"]').getAttribute("aria-valuetext") };
  await shot(page, "time-past");
  await page.locator('[data-name="track"]').focus();
  await page.keyboard.press("ArrowLeft");
  await idle(page);
  seen.two = { ...(await tiers(page)), place: await page.locator('[data-name="track"]').getAttribute("aria-valuetext") };
  await press(page, "known");
  seen.known = { ...(await tiers(page)), url: page.url() };
  await press(page, "now");
  seen.back = { ...(await tiers(page)), ...(await past(page)), url: page.url() };
}

async function link(browser) {
  const page = await open(browser, new URL(seen.one.url).search, SIZE);
  seen.linked = { ...(await tiers(page)), ...(await past(page)), url: page.url() };
  const only = new URL(seen.one.url);
  only.searchParams.delete("as_of");
  await page.goto(only.href);
  await idle(page);
  seen.validOnly = { ...(await tiers(page)), url: page.url() };
  await page.close();
}

async function play(page) {
  await page.locator('[data-name="speed"]').click();
  await page.locator('[data-name="speed"]').click();
  await page.locator('[data-name="play"]').click();
  await page.waitForTimeout(300);
  seen.playing = await page.locator('[data-name="play"]').getAttribute("aria-label");
  await page.waitForFunction(() => !document.documentElement.hasAttribute("data-past") && document.querySelector('[data-name="play"]').textContent === "▶", null, { timeout: 30_000 });
  seen.pictures = await page.evaluate(() => performance.getEntriesByName("minegis:picture").map(({ duration }) => duration));
}

async function compare(page) {
  await page.locator('[data-name="compare"]').click();
  await page.waitForFunction(() => globalThis.minegisOther?.loaded());
  await idle(page);
  const centres = () => page.evaluate(() => [minegisMap, minegisOther].map((map) => [...map.getCenter().toArray(), map.getZoom()].map((n) => Number(n.toFixed(4)))));
  seen.swipe = { left: await tiers(page), right: await tiers(page, "minegisOther"), centres: await centres() };
  const divider = page.locator(".compare .divider");
  await divider.focus();
  for (let n = 0; n < 5; n++) await page.keyboard.press("PageDown");
  seen.divided = { now: await divider.getAttribute("aria-valuenow"), url: page.url() };
  await page.evaluate(() => minegisMap.jumpTo({ center: [103.6, 31.3], zoom: 8.5 }));
  await idle(page);
  seen.moved = await centres();
  await shot(page, "time-swipe");
  await page.locator('.side [data-name="split"]').click();
  await idle(page);
  seen.split = await page.evaluate(() => [minegisMap, minegisOther].map((map) => map.getContainer().getBoundingClientRect().width));
  await shot(page, "time-split");
  await page.locator('.side [data-name="off"]').click();
  await idle(page);
  seen.ended = await page.evaluate(() => [document.querySelector("#map").getBoundingClientRect().width, document.querySelector(".compare").hidden]);
}

await walk(async (browser) => {
  const page = await open(browser, `?${VIEW}`, SIZE);
  await scrub(page);
  await link(browser);
  await play(page);
  await compare(page);
  seen.layers = await rendered(page);
  seen.title = await text(page, "h1");
  await page.close();
});
