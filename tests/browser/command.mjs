/** Walk through the command workplace: an incident, its surroundings, plotting by mouse and keys, the checklist. */

import { readFileSync } from "node:fs";
import { idle, open, rendered, seen, shot, text, texts, walk } from "./browser.mjs";

const SIZE = { width: 1920, height: 1080 };

/** Half the height of each ring, m on a sphere, from what the map has rendered: it draws them cut at its tiles. */
const radii = (page) =>
  page.evaluate(() => {
    const found = {};
    for (const { properties, geometry } of minegisMap.queryRenderedFeatures({ layers: ["command:ring"] })) {
      const places = geometry.type === "LineString" ? geometry.coordinates : geometry.coordinates.flat();
      (found[properties.km] ??= []).push(...places.map(([, lat]) => lat));
    }
    const metres = (degrees) => (6371008.8 * degrees * Math.PI) / 180;
    return Object.fromEntries(Object.entries(found).map(([km, lats]) => [km, metres(Math.max(...lats) - Math.min(...lats)) / 2]));
  });

const symbols = (page) =>
  page.evaluate(() =>
    minegisMap.queryRenderedFeatures({ layers: ["command:symbol", "command:danger", "command:arrow", "command:head"] }).map(({ layer, properties, geometry }) => ({ layer: layer.id, symbol: properties.symbol, text: properties.text, at: geometry.type === "Point" ? geometry.coordinates : null })),
  );

const drawn = (page) => JSON.parse(new URL(page.url()).searchParams.get("drawn") ?? "[]");
const middle = { x: 960, y: 560 };

async function place(page, symbol, ...spots) {
  await page.click(`[data-plot="${symbol}"]`);
  for (const [x, y] of spots) {
    await page.mouse.click(middle.x + x, middle.y + y);
    await page.waitForTimeout(350); // two clicks at once would be a double click
  }
}

async function incident(browser) {
  const page = await open(browser, "?work=command", SIZE);
  await page.waitForSelector(".around");
  await page.waitForSelector(".checklist");
  await idle(page);
  seen.start = {
    name: await text(page, ".focus h2"),
    tier: await page.locator(".focus").getAttribute("data-tier"),
    badge: await text(page, ".focus .badge"),
    exercise: await text(page, ".exercise-line"),
    countdown: await text(page, ".countdown"),
    because: await text(page, ".because"),
    choices: await page.locator("#incident option").count(),
    rendered: await rendered(page),
    radii: await radii(page),
    runout: await texts(page, ".runout .figures span"),
    steps: await texts(page, ".checklist li"),
    timeline: await page.locator(".timeline li").count(),
    rail: await page.locator("[data-warning]").count(),
  };
  await shot(page, "command");
  return page;
}

async function plot(page) {
  await place(page, "post", [-180, -120]);
  await page.fill(".plotted li:first-child input", "CP 1");
  await place(page, "danger", [60, 60], [220, 80], [180, 220]);
  await page.locator(".hint button").first().click();
  await place(page, "arrow", [-240, 160], [-60, 60]);
  await page.mouse.click(middle.x - 60, middle.y + 60);
  await page.waitForFunction(() => new URL(location.href).searchParams.get("drawn")?.includes("CP 1"));
  await idle(page);
  seen.plotted = { symbols: await symbols(page), drawn: drawn(page), tool: new URL(page.url()).searchParams.get("tool"), card: await page.locator("#warnings .command-right").isVisible() };
  await shot(page, "command-plotted");

  // Dragged where it stands.
  const [before] = drawn(page);
  await page.mouse.move(middle.x - 180, middle.y - 120);
  await page.mouse.down();
  await page.mouse.move(middle.x - 100, middle.y - 120, { steps: 4 });
  await page.mouse.up();
  await page.waitForTimeout(500);
  seen.dragged = { before: before.geometry.coordinates, after: drawn(page)[0].geometry.coordinates };

  // By the keyboard alone: choose, look elsewhere with the arrows, set.
  await page.focus('[data-plot="medical"]');
  await page.keyboard.press("Enter");
  await page.keyboard.press("ArrowUp");
  await page.waitForFunction(() => !minegisMap.isMoving());
  const centre = await page.evaluate(() => minegisMap.getCenter().toArray());
  await page.keyboard.press("Enter");
  await page.waitForTimeout(300);
  seen.keyed = { centre, medical: drawn(page).find(({ properties }) => properties.kind === "plot/medical")?.geometry.coordinates };

  const [download] = await Promise.all([page.waitForEvent("download"), page.click('[data-export="plots"]')]);
  seen.exported = JSON.parse(readFileSync(await download.path(), "utf8"));
  await page.locator('[data-plotted="post"] [data-remove]').click();
  await page.waitForTimeout(300);
  seen.left = drawn(page).map(({ properties }) => properties.kind);
}

async function share(browser, page) {
  await page.locator('[data-step="measure/0"]').check();
  await page.waitForTimeout(300);
  seen.ticked = await page.locator(".checklist .done").count();
  const address = page.url();
  await page.reload();
  await page.waitForSelector(".checklist");
  await idle(page);
  seen.again = { same: page.url() === address, ticked: await page.locator(".checklist .done").count(), symbols: (await symbols(page)).map(({ symbol }) => symbol) };

  const second = await page.locator("#incident option").nth(2).getAttribute("value");
  await page.selectOption("#incident", second);
  await page.waitForTimeout(1500);
  await idle(page);
  seen.second = { wanted: second, incident: new URL(page.url()).searchParams.get("incident"), ticked: await page.locator(".checklist .done").count(), radii: await radii(page) };
  await page.click('[data-switch="theme"]');
  await page.click('[data-switch="lang"]');
  await idle(page);
  await shot(page, "command-night-en");
  await page.click('[data-workplace="monitoring"]');
  await idle(page);
  seen.after = { rendered: await rendered(page), rail: await page.locator("[data-warning]").count() };
  await page.close();
}

await walk(async (browser) => {
  const page = await incident(browser);
  await plot(page);
  await share(browser, page);
});
