/** A walk through the decision workplace: suppose, look at what changes, take it back, share the link. */

import { idle, open, rendered, seen, shot, text, texts, walk } from "./browser.mjs";

const DESK = { width: 1600, height: 900 };
/** The north of Longmen Shan, where cells are drawn and assets are near one another. */
const PLACE = "at=103.6000,31.4000,9.00";

/** Tier of every cell on the screen. */
const cells = (page) =>
  page.evaluate(() => Object.fromEntries(minegisMap.queryRenderedFeatures({ layers: ["risk_cell:fill"] }).map(({ properties }) => [properties.id, properties.tier])));

/** What the rings on the screen say. */
const rings = (page) =>
  page.evaluate(() => (minegisMap.getLayer("what-if:ring") ? minegisMap.queryRenderedFeatures({ layers: ["what-if:ring"] }).map(({ properties }) => properties) : []));

const answered = async (page) => {
  await page.waitForFunction(() => document.querySelector(".before-after") && document.querySelector('.found[aria-busy="false"]'));
  await idle(page);
};

const counts = (page) => texts(page, ".before-after tbody tr");

await walk(async (browser) => {
  const page = await open(browser, `?work=decision&${PLACE}`, DESK);
  await page.waitForSelector(".comparison tbody tr");
  seen.before = { cells: await cells(page), rings: await rings(page), banner: await page.locator(".supposing:visible").count(), tables: await page.locator(".before-after").count() };
  await shot(page, "decision-before");

  // by the keyboard: five millimetres a step
  await page.focus("#what-if-rain");
  for (let step = 0; step < 3; step += 1) await page.keyboard.press("ArrowRight");
  seen.slid = { exact: await page.inputValue('input[name="rain-exact"]'), address: new URL(page.url()).searchParams.get("what_if") };
  await page.fill('input[name="rain-exact"]', "0");
  // exactly, and far enough that much is red
  await page.fill('input[name="pga-exact"]', "0.25");
  await page.fill('input[name="pond-exact"]', "1.5");
  await answered(page);
  seen.supposed = {
    cells: await cells(page),
    rings: await rings(page),
    rendered: await rendered(page),
    counts: await counts(page),
    banner: await text(page, ".supposing"),
    framed: await page.evaluate(() => getComputedStyle(document.querySelector(".stage"), "::after").borderTopWidth),
    changes: (await texts(page, ".change")).slice(0, 5),
    address: page.url(),
    sorted: await page.getAttribute('.comparison th:has([data-sort="tier"])', "aria-sort"),
    turned: await texts(page, ".comparison tbody tr"),
  };
  await shot(page, "decision-supposed");
  await page.click('[data-sort="change"]');
  seen.resorted = await page.getAttribute('.comparison th:has([data-sort="change"])', "aria-sort");

  const shared = await open(browser, new URL(page.url()).search, DESK);
  await answered(shared);
  seen.shared = { counts: await counts(shared), rings: (await rings(shared)).length, pga: await shared.inputValue('input[name="pga-exact"]') };
  await shared.close();

  await page.click(".comparison [data-region]");
  await page.waitForFunction(() => new URL(location).searchParams.has("region"));
  await page.waitForFunction(() => document.querySelector(".found h3")?.textContent !== "" && document.querySelector('.found[aria-busy="false"] .before-after'));
  seen.drilled = { region: new URL(page.url()).searchParams.get("region"), heading: await text(page, ".found h3"), counts: await counts(page) };
  await page.goBack();
  await answered(page);

  await page.click(".supposing [data-reset]");
  await page.waitForSelector(".supposing", { state: "hidden" });
  await page.evaluate((place) => minegisMap.jumpTo({ center: place.slice(0, 2), zoom: place[2] }), [103.6, 31.4, 9]);
  await idle(page);
  seen.after = { cells: await cells(page), rings: await rings(page), address: new URL(page.url()).searchParams.get("what_if"), pga: await page.inputValue('input[name="pga-exact"]') };
  await shot(page, "decision-after");
});
