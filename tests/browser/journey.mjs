/**
 * Walk through the map page in a real browser and print what was seen, as one line of JSON.
 */

import { BASE, idle, open, rendered, seen, shot, text, texts, walk } from "./browser.mjs";

const path = (page) => texts(page, ".breadcrumb li");

/** A point of the map where only `wanted` layers lie, with the id of what is there. */
const emptySpot = (page, wanted, property) =>
  page.evaluate(
    ([family, name]) => {
      const { width, height, left, top } = minegisMap.getCanvas().getBoundingClientRect();
      for (let y = height * 0.2; y < height * 0.8; y += 14) {
        for (let x = width * 0.28; x < width * 0.68; x += 14) {
          const near = minegisMap.queryRenderedFeatures([[x - 8, y - 8], [x + 8, y + 8]]);
          const bare = near.every(({ layer }) => /^(region|risk_cell|lake|river|place|boundary)/.test(layer.id));
          const hit = minegisMap.queryRenderedFeatures([x, y]).find(({ layer }) => layer.id === family);
          if (bare && hit?.properties.score !== undefined) return { x: x + left, y: y + top, id: hit.properties[name] };
        }
      }
      return null;
    },
    [wanted, property],
  );

async function start(browser) {
  const page = await open(browser, "", { width: 1920, height: 1080 });
  seen.start = {
    title: await text(page, "h1"),
    lang: await page.getAttribute("html", "lang"),
    sample: await page.locator(".sample-mark").allInnerTexts(),
    clock: await text(page, ".clock"),
    missing: await page.locator(".missing li").count(),
    warnings: await page.locator("[data-warning]").count(),
    rendered: await rendered(page),
    review: await text(page, ".corner"),
    shown: await page.evaluate(() => {
      const { width } = document.querySelector(".panel.left").getBoundingClientRect();
      const right = document.querySelector(".panel.right").getBoundingClientRect();
      return (right.left - width) / innerWidth;
    }),
  };
  await shot(page, "start");
  return page;
}

async function drill(page) {
  seen.drill = [await path(page)];
  const spot = await emptySpot(page, "region:fill", "code");
  seen.clicked = spot?.id ?? null;
  if (spot) await page.mouse.click(spot.x, spot.y);
  for (let level = 0; level < 3; level++) {
    await page.waitForFunction(
      (steps) => document.querySelectorAll(".breadcrumb li").length > steps,
      seen.drill.at(-1).length,
    );
    await idle(page);
    seen.drill.push(await path(page));
    if (level === 0) seen.province = new URL(page.url()).searchParams.get("region");
    if (level === 0) seen.fills = await page.evaluate(() =>
      [...new Set(minegisMap.queryRenderedFeatures({ layers: ["region:fill"] }).map((one) => one.properties.level))],
    );
    if (level < 2) await page.locator("button[data-region]").first().click();
  }
  await shot(page, "county");
  await page.goBack();
  await page.waitForFunction((steps) => document.querySelectorAll(".breadcrumb li").length < steps, seen.drill.at(-1).length);
  seen.back = await path(page);
}

/** Open the chain of evidence of a card; what was opened once stays open for the next. */
async function unfold(page) {
  const folded = page.locator('#warnings [data-fold="evidence"]:not([open]) > summary');
  if (await folded.count()) await folded.click();
}

async function card(page) {
  await page.locator("[data-warning]").first().click();
  await page.locator(".card-head h2").waitFor();
  await unfold(page);
  await page.locator('[data-chain="expand"]').last().click();
  await idle(page);
  seen.card = {
    name: await text(page, ".card-head h2"),
    badge: await page.locator(".card-head .badge").first().getAttribute("data-tier"),
    parts: await page.locator(".source-tier").evaluateAll((all) => all.map((one) => one.dataset.part)),
    decides: await page.locator(".source-tier.decides").evaluateAll((all) => all.map((one) => one.dataset.part)),
    chain: await page.locator("#warnings .chain li").count(),
    sources: await texts(page, "#warnings .chain .source"),
    defaults: await page.locator("#warnings .chain .tag.default").count(),
    readings: await page.locator("#warnings tbody tr").count(),
    address: page.url().slice(BASE.length),
    rendered: await rendered(page),
  };
  await shot(page, "card");
}

async function cell(page) {
  await page.evaluate(() => minegisMap.jumpTo({ zoom: 10.5 }));
  await idle(page);
  const spot = await emptySpot(page, "risk_cell:fill", "id");
  await page.mouse.move(spot.x, spot.y);
  await page.waitForTimeout(300);
  const hint = await page.locator(".tooltip").innerText();
  await page.mouse.click(spot.x, spot.y);
  await page.waitForFunction((id) => document.querySelector(".card-head h2")?.textContent === id, spot.id);
  await unfold(page);
  await page.locator('#warnings [data-chain="expand"]').click();
  await idle(page);
  seen.cell = {
    id: spot.id,
    hint,
    chain: await page.locator("#warnings .chain li").count(),
    sources: await texts(page, "#warnings .chain .source"),
    outlined: (await rendered(page))["risk_cell:selected-line"] ?? 0,
  };
  await shot(page, "cell");
}

async function words(page) {
  const chinese = await texts(page, ".tabs button");
  await page.locator('[data-switch="lang"]').click();
  await page.waitForFunction(() => document.documentElement.lang === "en");
  seen.words = { chinese, english: await texts(page, ".tabs button"), title: await text(page, "h1"), why: await text(page, ".why h3") };
  await page.locator('[data-switch="theme"]').click();
  await page.locator('[data-tab="layers"]').click();
  await idle(page);
  const relief = page.locator('.layer input[type="checkbox"]');
  seen.layers = await relief.count();
  const first = await relief.first().getAttribute("id");
  await relief.first().uncheck();
  seen.switched = {
    theme: await page.getAttribute("html", "data-theme"),
    off: await page.evaluate(
      (id) => minegisMap.getStyle().layers.filter((one) => one.id.startsWith(`${id}:`)).map((one) => one.layout?.visibility),
      first.replace("layer-", ""),
    ),
  };
  await shot(page, "night");
}

async function again(browser) {
  const page = await open(browser, seen.card.address, { width: 1600, height: 900 });
  await page.locator(".card-head h2").waitFor();
  seen.again = { name: await text(page, ".card-head h2"), path: await path(page) };
  await page.close();
}

async function keyboard(browser) {
  const page = await open(browser, "", { width: 1600, height: 900 });
  await page.keyboard.press("Tab");
  const first = await page.evaluate(() => document.activeElement.className);
  const wanted = seen.card.name;
  await page.locator('.top input[type="search"]').focus();
  await page.keyboard.type(wanted);
  await page.locator('[role="option"]').first().waitFor();
  await page.keyboard.press("Enter");
  await page.locator(".card-head h2").waitFor();
  const focused = await page.evaluate(() => document.activeElement.textContent);
  const nameless = await page.evaluate(() =>
    [...document.querySelectorAll("button, input, a[href], summary, canvas")]
      .filter((one) => one.checkVisibility())
      .filter((one) => !one.textContent.trim() && !one.getAttribute("aria-label") && !one.labels?.length)
      .map((one) => one.outerHTML.slice(0, 120)),
  );
  seen.keyboard = { first, wanted, found: await text(page, ".card-head h2"), focused, nameless };
  await page.close();
}

async function phone(browser) {
  const page = await open(browser, "", { width: 390, height: 844 });
  const closed = await page.locator(".panel:visible").count();
  await page.locator(".sheets button.right").click();
  const sheet = await page.locator(".panel.right").boundingBox();
  seen.phone = { closed, sheet, overflow: await page.evaluate(() => document.documentElement.scrollWidth > innerWidth) };
  await shot(page, "phone");
  await page.close();
}

/** Last, because a refused request is a line in the console. */
async function failure(browser) {
  const quiet = { console: seen.console.length, statuses: seen.statuses.length };
  const page = await open(browser, "", { width: 1600, height: 900 });
  const regions = ({ pathname }) => /^\/api\/v1\/regions\/(?!100000)\d+$/.test(pathname);
  await page.route(regions, (route) => route.fulfill({ status: 503, body: "" }));
  await page.reload(); // the page had read ahead
  await idle(page);
  await page.locator("button[data-region]").first().click();
  await page.locator(".banner .lines p").waitFor();
  const banner = await text(page, ".banner .lines p");
  await page.unroute(regions);
  await page.locator(".banner .link").click();
  await page.waitForFunction(() => document.querySelectorAll(".breadcrumb li").length > 1);
  seen.failure = { banner, left: await page.locator(".banner .lines p").count(), path: await path(page) };
  seen.console.length = quiet.console;
  seen.statuses.length = quiet.statuses;
  await page.close();
}

await walk(async (browser) => {
  const page = await start(browser);
  await drill(page);
  await card(page);
  await cell(page);
  await words(page);
  await page.close();
  await again(browser);
  await keyboard(browser);
  await phone(browser);
  await failure(browser);
});
