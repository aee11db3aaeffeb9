/**
 * Take the pictures of the documentation from a running sample site.
 *
 *   BASE_URL=http://127.0.0.1:8000 CHROMIUM=/usr/bin/chromium SCREENSHOTS=docs/images node tests/browser/pictures.mjs [name…]
 */

import { join } from "node:path";
import { idle, launch, open } from "./browser.mjs";

const DESK = { width: 1920, height: 1080 };
const WALL = { width: 3840, height: 1080 };
const PHONE = { width: 390, height: 844 };
const WORKPLACES = { monitoring: "", command: "work=command", decision: "work=decision&what_if=80,24,0.1,0.5" };

const pictures = Object.entries(WORKPLACES).flatMap(([name, query]) =>
  ["day", "night"].flatMap((theme) => {
    const address = `?${[query, theme === "night" ? "theme=night" : ""].filter(Boolean).join("&")}`;
    return [
      { name: `${name}-${theme}`, address, size: DESK },
      { name: `${name}-${theme}-phone`, address, size: PHONE },
    ];
  }),
);
for (const theme of ["day", "night"]) {
  pictures.push({ name: `wall-${theme}`, address: `?wall=nation${theme === "night" ? "&theme=night" : ""}`, size: WALL });
}

const wanted = process.argv.slice(2);
const browser = await launch();
for (const { name, address, size } of pictures.filter((each) => !wanted.length || wanted.includes(each.name))) {
  const page = await open(browser, address, size);
  await page.keyboard.press("Escape"); // the tour of a first visit
  await page.waitForTimeout(1500);
  await idle(page);
  await page.screenshot({ path: join(process.env.SCREENSHOTS, `${name}.jpg`), type: "jpeg", quality: 82 });
  console.log(name, page.url());
  await page.close();
}
await browser.close();
