/**
 * Draw, measure, filter, list, identify and search as a person would, by mouse and by keyboard; print what
 * was seen as one line of JSON.
 */

import { join } from "node:path";
import { idle, open, seen, shot, text, texts, walk } from "./browser.mjs";

const CORNERS = [[103.56, 31.82], [103.96, 31.82], [103.96, 31.34], [103.56, 31.34]];

const address = (page) => new URL(page.url()).searchParams;
const drawn = (page) => JSON.parse(address(page).get("drawn") ?? "[]");

/** Where a place is on the screen. */
const onScreen = (page, place) =>
  page.evaluate((at) => {
    const { x, y } = minegisMap.project(at);
    const { left, top } = minegisMap.getCanvas().getBoundingClientRect();
    return { x: x + left, y: y + top };
  }, place);

/** Properties of what a style layer draws now. */
const features = (page, layer, property) =>
  page.evaluate(
    ([id, name]) => (minegisMap.getLayer(id) ? minegisMap.queryRenderedFeatures({ layers: [id] }).map(({ properties }) => properties[name]) : []),
    [layer, property],
  );

async function drawByMouse(page) {
  await page.click('[data-tool="draw"]');
  await page.click('[data-mode="polygon"]');
  for (const corner of CORNERS) {
    const { x, y } = await onScreen(page, corner);
    await page.mouse.move(x, y);
    await page.mouse.click(x, y);
  }
  seen.reading = await text(page, ".tool-panel .reading");
  const { x, y } = await onScreen(page, CORNERS.at(-1));
  await page.mouse.click(x, y); // there again: the end
  await page.waitForSelector('[data-drawing="0"]');
  seen.byMouse = { drawn: drawn(page), list: await text(page, '[data-drawing="0"] .figure') };
  await idle(page);
  seen.byMouse.rendered = (await features(page, "drawings:fill", "kind")).length;
  await shot(page, "tools-draw");
}

async function drawByKeyboard(page) {
  await page.focus('[data-mode="polygon"]');
  await page.keyboard.press("Enter");
  await page.focus("canvas.maplibregl-canvas");
  const move = async (key) => {
    await page.keyboard.press(key);
    await page.waitForTimeout(200);
    await page.waitForFunction(() => !minegisMap.isMoving());
    await page.keyboard.press("Enter");
  };
  await page.keyboard.press("Enter");
  for (const key of ["ArrowRight", "ArrowDown", "ArrowLeft"]) await move(key);
  await page.keyboard.press("Backspace");
  await page.keyboard.press("Enter"); // the one that was taken back
  await page.keyboard.press("Enter"); // and there again: the end
  await page.waitForSelector('[data-drawing="1"]');
  seen.byKeyboard = drawn(page)[1];
  await page.click('[data-drawing="1"] [data-act="edit"]');
  await page.waitForSelector('[data-vertex="3"]');
  await idle(page);
  seen.handles = (await features(page, "drawings:handles", "between")).length;
  await page.click('[data-vertex="3"] button:last-child');
  await page.waitForFunction(() => JSON.parse(new URL(location).searchParams.get("drawn"))[1].geometry.coordinates[0].length === 4);
  await page.click('[data-drawing="1"] [data-act="delete"]');
  await page.waitForFunction(() => JSON.parse(new URL(location).searchParams.get("drawn")).length === 1);
}

async function bufferAndExport(page) {
  await page.fill('[data-form="buffer"] [name="km"]', "2");
  await page.click('[data-form="buffer"] [type="submit"]');
  await page.waitForSelector('[data-drawing="1"]');
  const [download] = await Promise.all([page.waitForEvent("download"), page.click('[data-export="geojson"]')]);
  await download.saveAs(join(process.env.SCREENSHOTS, "drawings.geojson"));
  await page.click('[data-drawing="1"] [data-act="delete"]');
}

async function filter(page) {
  await page.click('[data-tool="filter"]');
  await page.click('[data-add="filter.addRule"]');
  await page.selectOption('[name="value"]', "1");
  await page.click('[data-add="filter.addPlace"]');
  await page.waitForFunction(() => new URL(location).searchParams.get("filter")?.includes("S_INTERSECTS"));
  await page.waitForSelector(".filter-note:not([hidden])");
  await idle(page);
  seen.filter = {
    cql: await page.inputValue('[name="cql"]'),
    address: address(page).get("filter"),
    count: Number(await page.getAttribute("[data-count]", "data-count")),
    note: await text(page, ".filter-note"),
    onMap: [...new Set(await features(page, "tsf:marker", "id"))].sort(),
  };
  await shot(page, "tools-filter");
}

async function table(page) {
  await page.click('.tool-panel [data-act="table"]');
  await page.waitForSelector("[data-row]");
  await page.click('[data-panel="filter"] .panel-head .icon');
  seen.table = {
    matched: Number(await page.getAttribute("[data-matched]", "data-matched")),
    rows: await page.locator("[data-row]").count(),
    columns: (await texts(page, ".one-table thead th")).length,
  };
  await page.click('[data-column="score"] button');
  await page.waitForFunction(() => new URL(location).searchParams.get("table")?.endsWith(":score"));
  await page.waitForSelector('[data-column="score"][aria-sort="ascending"]');
  await page.waitForSelector('.table-scroll[aria-busy="false"]');
  seen.table.sorted = await page.locator("[data-row]").evaluateAll((rows) => rows.map((row) => row.dataset.row));
  const row = page.locator("[data-row]").nth(1);
  await row.hover();
  await page.waitForFunction(() => minegisMap.querySourceFeatures("table-hover").length > 0);
  seen.table.hovered = true;
  await row.locator("button").click();
  await page.waitForFunction(() => new URL(location).searchParams.get("show"));
  await idle(page);
  seen.table.opened = { row: await row.getAttribute("data-row"), show: address(page).get("show") };
  seen.table.outlined = await page.evaluate(() => {
    const ids = minegisMap.getStyle().layers.map(({ id }) => id).filter((id) => /selected/.test(id));
    return minegisMap.queryRenderedFeatures({ layers: ids }).map(({ properties }) => properties.id);
  });
  await shot(page, "tools-table");
}

async function fromMap(page) {
  await page.evaluate(() => minegisMap.jumpTo({ center: [104.02, 31.58], zoom: 9, padding: { top: 0, right: 0, bottom: 0, left: 0 } }));
  await idle(page);
  const spot = await page.evaluate(() => {
    const { left, top, width, height } = minegisMap.getCanvas().getBoundingClientRect();
    const shown = new URL(location).searchParams.get("show");
    for (const { geometry, properties } of minegisMap.queryRenderedFeatures({ layers: ["tsf:marker"] })) {
      const place = geometry.type === "Point" ? geometry.coordinates : geometry.coordinates.flat(2).slice(0, 2);
      const { x, y } = minegisMap.project(place);
      const bare = document.elementFromPoint(x + left, y + top)?.tagName === "CANVAS";
      const inside = x > width * 0.25 && x < width * 0.7 && y > 40 && y < height * 0.5;
      const alone = new Set(minegisMap.queryRenderedFeatures([[x - 6, y - 6], [x + 6, y + 6]]).filter(({ layer }) => /:marker$/.test(layer.id)).map(({ properties: { id } }) => id)).size === 1;
      if (bare && inside && alone && !shown?.endsWith(properties.id)) return { x: x + left, y: y + top, id: properties.id };
    }
    return null;
  });
  seen.fromMap = { clicked: spot?.id ?? null };
  if (!spot) return;
  await page.mouse.click(spot.x, spot.y);
  await page.waitForFunction((id) => document.querySelector(`[data-row="${id}"]`)?.getAttribute("aria-selected") === "true", spot.id);
  seen.fromMap.marked = await page.locator('[data-row][aria-selected="true"]').getAttribute("data-row");
}

async function carryAway(page) {
  for (const format of ["xlsx", "csv", "gpkg"]) {
    const [download] = await Promise.all([page.waitForEvent("download"), page.click(`[data-format="${format}"]`)]);
    await download.saveAs(join(process.env.SCREENSHOTS, `table.${format}`));
  }
}

async function identify(page) {
  const { x, y } = await onScreen(page, [103.7, 31.75]);
  await page.mouse.click(x, y, { button: "right" });
  await page.waitForSelector("[data-raster]");
  seen.identify = { point: address(page).get("point"), rasters: await texts(page, "[data-raster] b"), facts: await texts(page, '[data-panel="point"] dd') };
  await shot(page, "tools-point");
  await page.focus("canvas.maplibregl-canvas");
  await page.keyboard.press("i");
  await page.waitForFunction((before) => new URL(location).searchParams.get("point") !== before, seen.identify.point);
  seen.identify.keyboard = address(page).get("point").split(",").map(Number);
  seen.identify.centre = await page.evaluate(() => minegisMap.getCenter().toArray());
}

async function longTable(page) {
  await page.click('[data-clear="filter"]');
  await page.selectOption('[name="table-dataset"]', "risk_cell");
  await page.waitForFunction(() => /^88/.test(document.querySelector("[data-row]")?.dataset.row ?? ""));
  for (let round = 0; round < 4; round++) {
    const before = await page.evaluate(() => document.querySelector(".table-scroll").scrollHeight);
    await page.evaluate(() => document.querySelector(".table-scroll").scrollTo(0, 1e9));
    await page.waitForFunction((height) => document.querySelector(".table-scroll").scrollHeight > height, before);
  }
  seen.long = await page.evaluate(() => ({ height: document.querySelector(".table-scroll").scrollHeight, rows: document.querySelectorAll("[data-row]").length }));
}

async function search(page) {
  await page.fill('.search input', "31°18′N 103°36′E");
  await page.waitForSelector('#search-results li.quiet, #search-results [role="option"]');
  seen.search = { option: await text(page, '#search-results [role="option"]') };
  await page.press(".search input", "Enter");
  await page.waitForFunction(() => new URL(location).searchParams.get("point") === "103.60000,31.30000");
  await idle(page);
  seen.search.centre = await page.evaluate(() => minegisMap.project([103.6, 31.3]).x / innerWidth);
}

await walk(async (browser) => {
  const page = await open(browser, "?at=104.02,31.58,9", { width: 1600, height: 900 }, { acceptDownloads: true });
  page.setDefaultTimeout(25_000);
  await drawByMouse(page);
  await drawByKeyboard(page);
  await bufferAndExport(page);
  await filter(page);
  await table(page);
  await fromMap(page);
  await carryAway(page);
  await identify(page);
  await longTable(page);
  await search(page);
});
