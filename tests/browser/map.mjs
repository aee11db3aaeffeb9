// The map itself: its ground, the order and the opacity of its layers, its names; prints what was there as JSON.
import { BASE, idle, open, rendered, seen, shot, walk } from "./browser.mjs";

/** A ground in three dimensions is much for a processor that paints. */
const SMALL = { width: 820, height: 560 };

const order = (page) => page.evaluate(() => minegisMap.getStyle().layers.map(({ id }) => id));
const inTree = (page, group) =>
  page.locator(".group").nth(group).locator(".layer").evaluateAll((rows) => rows.map((row) => row.dataset.layer));

async function ground(browser) {
  const page = await open(browser, "?at=103.4,31.2,9", SMALL);
  await page.locator(".controls .three").click();
  await page.waitForFunction(() => minegisMap.getPitch() > 50);
  await idle(page);
  seen.ground = await page.evaluate(() => ({
    source: minegisMap.getTerrain()?.source,
    height: minegisMap.queryTerrainElevation([103.0, 31.5]),
    pitch: minegisMap.getPitch(),
  }));
  await page.evaluate(() => minegisMap.jumpTo({ bearing: 40 }));
  await page.waitForFunction(() => /at=[^&]*%2C40\.0%2C5/.test(location.search));
  seen.ground.address = page.url().slice(BASE.length);
  await shot(page, "terrain");
  await page.locator(".controls button", { has: page.locator(".needle") }).click();
  await page.waitForFunction(() => minegisMap.getBearing() === 0 && minegisMap.getPitch() === 0);
  await page.close();
  const again = await open(browser, seen.ground.address.replace(/^\//, ""), SMALL);
  seen.ground.again = await again.evaluate(() => [minegisMap.getBearing(), minegisMap.getTerrain()?.source ?? null]);
  await again.close();
}

async function layers(browser) {
  const page = await open(browser, "?tab=layers&at=103.4,31.2,9", { width: 1280, height: 800 });
  seen.before = { tree: await inTree(page, 0), drawn: await order(page) };
  const last = seen.before.tree.at(-1);
  await page.locator(`[data-layer="${last}"] .grip`).focus();
  await page.keyboard.press("ArrowUp");
  await page.waitForFunction(() => location.search.includes("layer="));
  await idle(page);
  seen.up = { moved: last, tree: await inTree(page, 0), drawn: await order(page), focused: await page.evaluate(() => document.activeElement.closest(".layer")?.dataset.layer) };
  await page.locator(`[data-layer="${last}"] .grip`).dragTo(page.locator(`[data-layer="${seen.before.tree[0]}"]`));
  await page.waitForFunction((id) => document.querySelector(".layer")?.dataset.layer === id, last);
  seen.dragged = await inTree(page, 0);
  await page.locator('[data-layer="river"] summary').click();
  seen.records = await page.locator('[data-layer="river"] .lineage a').evaluateAll((all) => all.map((one) => one.getAttribute("href")));
  seen.recorded = (await page.request.get(BASE + seen.records[0])).status();
  await page.locator('[data-layer="risk_cell"] summary').click();
  await page.locator('[data-layer="risk_cell"] .link').click();
  await idle(page);
  seen.only = Object.keys(await rendered(page));
  await shot(page, "only-cells");
  await page.locator(".layers-head .link").click();
  await page.waitForFunction(() => !location.search.includes("layer="));
  seen.reset = { tree: await inTree(page, 0), drawn: await order(page) };
  await page.close();
}

async function names(browser) {
  const page = await open(browser, "?at=106.2,35.2,6", { width: 1280, height: 800 });
  seen.names = await page.evaluate(() =>
    minegisMap.queryRenderedFeatures({ layers: ["place:symbol"] }).map(({ properties }) => properties.name),
  );
  await page.close();
}

async function phone(browser) {
  const page = await open(browser, "", { width: 390, height: 844 }, { hasTouch: true, isMobile: true });
  const box = (selector) => page.locator(selector).first().boundingBox();
  seen.phone = {
    header: (await box(".top")).height,
    small: await page.locator(".top button, .sheets button, .controls button").evaluateAll((all) =>
      all.filter((one) => one.checkVisibility()).map((one) => [one.textContent || one.title, one.getBoundingClientRect()]).filter(([, { width, height }]) => width < 44 || height < 44).map(([name]) => name),
    ),
    outside: await page.locator(".top button").evaluateAll((all) => all.filter((one) => one.checkVisibility() && one.getBoundingClientRect().right > innerWidth).length),
    wide: await page.evaluate(() => document.documentElement.scrollWidth > innerWidth),
  };
  await page.locator(".sheets button.right").click();
  const handle = await box(".panel.right .handle");
  const low = (await box(".panel.right")).height;
  const drag = async (by) => {
    await page.mouse.move(195, handle.y + 14);
    await page.mouse.down();
    await page.mouse.move(195, handle.y + 14 + by, { steps: 4 });
    await page.mouse.up();
  };
  await drag(-120);
  seen.phone.sheet = { low, tall: (await box(".panel.right")).height };
  await shot(page, "phone-sheet");
  await page.locator(".panel.right .handle").click();
  await drag(140);
  seen.phone.closed = !(await page.locator(".panel.right").isVisible());
  await page.locator('[data-workplace="command"]').click();
  seen.phone.workplace = await page.getAttribute("html", "data-workplace");
  await page.close();
}

await walk(async (browser) => {
  await ground(browser);
  await layers(browser);
  await names(browser);
  await phone(browser);
});
