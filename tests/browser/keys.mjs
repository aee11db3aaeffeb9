/** The page by keyboard alone, the tour, and the page for who asked for less motion. */

import { BASE, idle, open, seen, shot, walk } from "./browser.mjs";

const WIDE = { width: 1600, height: 900 };
const REGIONS = { skip: ".skip", top: ".top", map: "#map", left: ".panel.left", right: ".panel.right", bottom: ".dock", tools: ".tools" };
const MOST_STOPS = 220;

async function tab(browser) {
  const page = await open(browser, "", WIDE);
  Object.assign(seen, { reached: [], unmarked: [], small: [] });
  for (let stop = 0; stop < MOST_STOPS; stop++) {
    await page.keyboard.press("Tab");
    const found = await page.evaluate((regions) => {
      const at = document.activeElement;
      if (!at || at === document.body) return null;
      const region = Object.keys(regions).find((name) => at.closest(regions[name])) ?? "elsewhere";
      const { outlineStyle, outlineWidth, boxShadow, borderColor } = getComputedStyle(at);
      const { width, height } = at.getBoundingClientRect();
      const marked = (outlineStyle !== "none" && parseFloat(outlineWidth) >= 1) || boxShadow !== "none";
      const inText = getComputedStyle(at).display === "inline" && at.tagName === "A"; // targets in a sentence are exempt (2.5.8)
      return { region, marked, small: !inText && Math.min(width, height) < 23.5, what: `${region}: ${at.outerHTML.slice(0, 110)} ${Math.round(width)}×${Math.round(height)} ${borderColor}` };
    }, REGIONS);
    if (!found) continue; // between the end of the page and its beginning
    if (found.region === "skip" && seen.reached.includes("right")) break; // once round
    seen.last = found.what;
    if (!seen.reached.includes(found.region)) seen.reached.push(found.region);
    if (!found.marked) seen.unmarked.push(found.what);
    if (found.small && found.region !== "skip") seen.small.push(found.what);
  }
  await page.close();
}

async function dialogs(browser) {
  const page = await open(browser, "", WIDE);
  const state = async (opener, press) => {
    await opener.focus();
    await press();
    const open = await page.locator("dialog[open]").count();
    await page.keyboard.press("Escape");
    const closed = (await page.locator("dialog[open]").count()) === 0;
    return { open: open === 1, closed, back: await opener.evaluate((element) => element === document.activeElement || element.contains(document.activeElement)) };
  };
  seen.help = await state(page.locator("[data-help]"), () => page.keyboard.press("Enter").then(() => page.locator("dialog[open]").waitFor()));
  seen.answer = await state(page.locator("[data-warning]").first(), () => page.keyboard.press("a").then(() => page.locator("dialog[open]").waitFor()));
  await page.close();
}

async function tour(browser) {
  const page = await open(browser, "?tour", WIDE);
  const offered = await page.locator(".invitation:visible").count();
  await shot(page, "tour-offered");
  await page.locator(".invitation button").first().focus();
  await page.keyboard.press("Enter");
  const titles = [];
  const focused = [];
  for (let step = 0; step < 6; step++) {
    await page.locator("dialog.tour[open] h2").waitFor();
    titles.push(await page.locator("dialog.tour h2").innerText());
    focused.push(await page.evaluate(() => document.activeElement.textContent));
    if (step === 2) await shot(page, "tour");
    await page.keyboard.press("ArrowRight");
  }
  await page.locator("[data-help]").click();
  await page.locator("dialog.keys[open]").waitFor();
  await shot(page, "help");
  await page.locator("dialog.keys button").first().click();
  await page.locator("dialog.tour[open]").waitFor();
  await page.keyboard.press("Escape");
  const skipped = (await page.locator("dialog[open]").count()) === 0;
  await page.goto(`${BASE}/?tour`);
  await idle(page);
  seen.tour = { offered: offered === 1, titles, focused, skipped, again: (await page.locator(".invitation:visible").count()) > 0 };
  await page.close();
}

async function still(browser) {
  const page = await open(browser, "", WIDE, { reducedMotion: "reduce" });
  seen.moving = await page.evaluate(() => document.getAnimations().map((one) => one.effect?.target?.className ?? ""));
  await page.evaluate(() => (globalThis.moves = 0, minegisMap.on("move", () => (globalThis.moves += 1))));
  await page.locator("button[data-region]").first().click();
  await page.waitForFunction(() => new URL(location).searchParams.get("region"));
  await idle(page);
  // A flight is a move a frame, for most of a second; a jump is one.
  seen.jumped = await page.evaluate(() => globalThis.moves > 0 && globalThis.moves <= 2);
  await page.close();
}

await walk(async (browser) => {
  await tab(browser);
  await dialogs(browser);
  await tour(browser);
  await still(browser);
});
