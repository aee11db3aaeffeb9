// What goes on paper, by the button and by Ctrl+P; prints what was there as JSON.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { open, seen, shot, text, texts, walk } from "./browser.mjs";

/** Ask for paper, and give the PDF that the browser would save; `window.print` itself would wait for a person. */
async function paper(page, name, ask) {
  await page.evaluate(() => (window.print = () => (window.asked = true)));
  await ask();
  await page.locator(".print-dialog .primary").click();
  await page.waitForFunction(() => window.asked, null, { timeout: 60_000 });
  await page.emulateMedia({ media: "print" });
  const pdf = await page.pdf({ preferCSSPageSize: true, path: join(process.env.SCREENSHOTS, `${name}.pdf`) });
  await page.emulateMedia({ media: null });
  const boxes = [...pdf.toString("latin1").matchAll(/\/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/g)];
  return boxes.map(([, width, height]) => [Math.round(width), Math.round(height)]);
}

/** The sheets as they stand on paper, which is only while the browser prints. */
const sheet = (page) =>
  page.evaluate(() => {
    dispatchEvent(new Event("beforeprint"));
    const root = document.querySelector(".print-sheets");
    const canvas = root.querySelector(".print-map canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const colours = new Set();
    for (let at = 0; at < data.length; at += 4 * 97) colours.add((data[at] << 16) | (data[at + 1] << 8) | data[at + 2]);
    const found = { words: root.textContent, size: [canvas.width, canvas.height], colours: colours.size, scale: root.querySelector(".print-scale").textContent, pages: root.querySelectorAll(".print-page").length };
    dispatchEvent(new Event("afterprint"));
    return { ...found, left: document.querySelectorAll(".print-sheets").length };
  });

await walk(async (browser) => {
  const page = await open(browser, "?at=103.6,31.3,8", { width: 1000, height: 700 });
  await page.waitForFunction(() => performance.getEntriesByType("resource").some(({ name }) => /print-[^/]*\.js$/.test(name)));
  await page.waitForTimeout(500);
  seen.menu = await sheet(page);
  seen.landscape = await paper(page, "landscape", () => page.keyboard.press("Control+p"));
  await page.close();
  const night = await open(browser, "?theme=night&at=103.6,31.3,8", { width: 1000, height: 700 });
  await night.locator("[data-warning]").first().click();
  await night.locator(".card-head h2").waitFor();
  seen.card = await text(night, ".card-head h2");
  seen.portrait = await paper(night, "portrait", async () => {
    await night.locator("[data-print]").click();
    await night.locator('.print-dialog input[value="portrait"]').check();
  });
  await night.close();
});
