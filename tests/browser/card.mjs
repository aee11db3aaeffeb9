/** From the nation down to an asset: the region panel, the card with its charts, its reasons, its table. */

import { BASE, idle, open, rendered, seen, shot, text, texts, walk } from "./browser.mjs";

const WIDE = { width: 1700, height: 1000 };
const crumbs = (page) => texts(page, ".breadcrumb li");

/** Pixels of a canvas that are painted at all, and those of exactly one colour. */
const painted = (page, selector, colour) =>
  page.locator(selector).evaluateAll((all, wanted) => {
    const [red, green, blue] = [1, 3, 5].map((at) => parseInt(wanted.slice(at, at + 2), 16));
    return all.map((canvas) => {
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      let [any, exact] = [0, 0];
      for (let at = 0; at < data.length; at += 4) {
        if (data[at + 3]) any += 1;
        if (data[at + 3] === 255 && data[at] === red && data[at + 1] === green && data[at + 2] === blue) exact += 1;
      }
      return { any, exact };
    });
  }, colour);

const api = (page, path) => page.evaluate(async (address) => (await fetch(address)).json(), path);
const settled = (page) => page.waitForFunction(() => ![...document.querySelectorAll('.card [role="status"]')].some((each) => each.checkVisibility()));

async function drill(page) {
  seen.trail = [await crumbs(page)];
  seen.switches = [];
  for (let depth = 0; depth < 4; depth += 1) {
    const next = page.locator("[data-region]:has(.figure)").first();
    if (!(await next.count())) break;
    const took = await next.evaluate(async (button) => {
      const before = document.querySelector(".region-head h2").textContent;
      const from = performance.now();
      button.click();
      while (document.querySelector(".region-head h2").textContent === before) await new Promise(requestAnimationFrame);
      return performance.now() - from;
    });
    seen.switches.push(Math.round(took));
    seen.trail.push(await crumbs(page));
    await idle(page);
  }
  seen.region = { counts: await texts(page, ".counts b"), contributors: await page.locator("[data-asset]").count() };
  await shot(page, "card-region");
}

async function openAsset(page) {
  const worst = page.locator("[data-asset]").first();
  seen.wanted = await worst.getAttribute("data-asset");
  await worst.click();
  await page.locator(".card-head h2").waitFor();
  await settled(page);
  await page.locator(".chart canvas").first().waitFor();
  await page.waitForTimeout(500);
  seen.path = await texts(page, ".crumbs li");
  seen.summary = await text(page, ".summary");
  seen.margins = await page.locator(".margins tbody tr").evaluateAll((rows) => rows.map((row) => [row.dataset.item, row.innerText]));
  await page.evaluate(() => document.querySelector(".card-head .marks .link").click());
  await idle(page);
  seen.rendered = await rendered(page);
  await shot(page, "card-asset");
}

async function charts(page, red) {
  seen.painted = await painted(page, ".chart canvas", red);
  const box = page.locator(".chart-box").first();
  seen.variable = await box.locator(".chart").getAttribute("data-variable");
  seen.limits = await box.locator(".limits li").allInnerTexts();
  await box.locator(".more > summary").click();
  seen.table = await box.locator(".numbers tbody td[data-value]").evaluateAll((cells) => cells.map((cell) => Number(cell.dataset.value)));
  const series = await api(page, `/api/v1/assets/${seen.wanted}/series?variable=${seen.variable}`);
  seen.numbers = series.series.flatMap(({ samples }) => samples.map(([, value]) => value).filter((value) => value !== null));
  const point = box.locator(".point").first();
  if (await point.count()) {
    await point.focus();
    await page.keyboard.press("Enter");
    seen.hidden = await box.locator(".point").first().getAttribute("aria-pressed");
    await box.locator(".point").first().click();
  }
  seen.images = await page.locator(".chart").evaluateAll((all) => all.filter((one) => one.querySelector("canvas")).map((one) => [one.getAttribute("role"), one.getAttribute("aria-label")]));
}

async function reasons(page) {
  seen.factors = await page.locator("[data-fold=why] [data-points]").evaluateAll((all) => all.map((one) => Number(one.dataset.points)));
  seen.score = (await api(page, `/api/v1/explanations/${seen.wanted}`)).score;
  seen.ways = await texts(page, "[data-fold=why] .way");
  seen.doubts = await texts(page, "[data-fold=why] .doubts li");
  seen.clause = await text(page, "[data-fold=why] .clause");
}

async function background(page) {
  for (const key of ["images", "nearby", "downloads"]) await page.locator(`.panel.right [data-fold=${key}] > summary`).click();
  await settled(page);
  await page.locator(".pictures img").first().scrollIntoViewIfNeeded();
  await page.waitForFunction(() => document.querySelector(".pictures img")?.naturalWidth > 0);
  seen.thumbnails = await page.locator(".pictures img").evaluateAll((all) => all.slice(0, 2).map((one) => [one.naturalWidth, one.alt]));
  seen.near = await page.locator("[data-near] [data-distance]").evaluateAll((all) => all.map((one) => Number(one.dataset.distance)));
  seen.files = [];
  for (const link of await page.locator("[data-fold=downloads] a").all()) {
    const answer = await page.request.get(BASE + (await link.getAttribute("href")));
    seen.files.push([answer.status(), answer.headers()["content-type"].split(";")[0], (await answer.body()).length > 200]);
  }
  await shot(page, "card-background");
}

async function otherLooks(browser, red) {
  const night = await open(browser, `?theme=night&lang=en&show=feature/${seen.wanted}`, WIDE);
  await settled(night);
  await night.locator(".chart canvas").first().waitFor();
  await night.waitForTimeout(500);
  seen.night = { painted: await painted(night, ".chart canvas", red), why: await text(night, "[data-fold=why] h3"), summary: await text(night, ".summary .first"), han: /\p{Script=Han}/u.test((await texts(night, ".card-head .crumbs ~ *, .margins thead, .limits, .factors .sum")).join("")) };
  await shot(night, "card-night");
  await night.close();
}

async function failing(browser) {
  const page = await browser.newPage({ viewport: WIDE, locale: "zh-CN" });
  let broken = true;
  await page.route("**/series*", (route) => (broken ? route.fulfill({ status: 503, contentType: "application/problem+json", body: JSON.stringify({ title: "busy", status: 503, what: "busy" }) }) : route.continue()));
  await page.goto(`${BASE}/?show=feature/${seen.wanted}`);
  await page.locator('[data-fold=design] [role="alert"]').waitFor();
  seen.failure = await text(page, '[data-fold=design] [role="alert"]');
  broken = false;
  await page.locator("[data-fold=design] .link").click();
  await page.locator(".margins tbody tr").first().waitFor();
  seen.recovered = await page.locator(".margins tbody tr").count();
  await page.close();
}

async function hover(page) {
  await page.evaluate(() => minegisMap.jumpTo({ zoom: 12 }));
  await idle(page);
  const spot = await page.evaluate((wanted) => {
    const found = minegisMap.queryRenderedFeatures().find(({ layer, properties }) => layer.id.endsWith(":marker") && `${layer.id.split(":")[0]}/${properties.id}` === wanted);
    if (!found) return null;
    const [lng, lat] = found.geometry.type === "Point" ? found.geometry.coordinates : minegisMap.getCenter().toArray();
    const { x, y } = minegisMap.project([lng, lat]);
    const frame = minegisMap.getCanvas().getBoundingClientRect();
    return { x: x + frame.left, y: y + frame.top };
  }, seen.wanted);
  seen.marker = spot !== null;
  if (!spot) return;
  await page.mouse.move(spot.x, spot.y);
  await page.waitForFunction(() => document.querySelector(".tooltip .reason")?.textContent, null, { timeout: 15_000 }).catch(() => null);
  seen.hint = await text(page, ".tooltip");
}

await walk(async (browser) => {
  const page = await open(browser, "", WIDE);
  const red = (await api(page, "/api/v1/vocabulary")).tiers.find(({ tier }) => tier === 4).colour;
  seen.red = red;
  await drill(page);
  await openAsset(page);
  await charts(page, red);
  await reasons(page);
  await background(page);
  await hover(page);
  await page.close();
  await otherLooks(browser, red);
  await failing(browser);
});
