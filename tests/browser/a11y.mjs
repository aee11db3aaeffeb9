/**
 * axe-core over the places of the page, in both themes and languages and on a phone; the words and names that a
 * person or a screen reader meets there; what the keyboard reaches.
 */

import { idle, launch, open, require, seen, shot } from "./browser.mjs";
import { readFileSync } from "node:fs";

const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"];
const WIDE = { width: 1920, height: 1080 };
const PHONE = { width: 390, height: 844 };

/** Places of the page by address, with the steps that open what no address opens. */
const search = new URLSearchParams({ lang: process.env.LANG_OF_PAGE ?? "zh", theme: process.env.THEME ?? "day" });
const at = (more) => `?${search}${more ? `&${more}` : ""}`;
const press = (selector) => async (page) => page.locator(selector).first().click();

/** What axe finds, shortened to what one needs to mend it. */
const audit = (page, name) =>
  page
    .evaluate(
      async ([source, tags]) => {
        if (!globalThis.axe) (0, eval)(source);
        const { violations } = await axe.run(document, { runOnly: { type: "tag", values: tags }, rules: { "target-size": { enabled: true } }, resultTypes: ["violations"] });
        return violations.map(({ id, nodes }) => ({
          id,
          nodes: nodes.slice(0, 6).map(({ target, any, all, none }) => [target.join(" "), [...any, ...all, ...none][0]?.message ?? ""].join(" — ")),
        }));
      },
      [AXE, RULES],
    )
    .then((found) => found.map((each) => ({ place: name, ...each })));

/** Names and words as they are shown: keys of the dictionary, holes that were not filled, controls without a name. */
const wording = (page, name) =>
  page.evaluate((place) => {
    const found = [];
    const say = (what, where) => found.push({ place, what, where: where.slice(0, 160) });
    const shown = (element) => element.checkVisibility({ visibilityProperty: true });
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walker.nextNode()) if (walker.currentNode.data.trim() && shown(walker.currentNode.parentElement)) texts.push([walker.currentNode.data.trim(), walker.currentNode.parentElement]);
    for (const element of document.querySelectorAll("[title], [aria-label], [placeholder]"))
      if (shown(element)) for (const attribute of ["title", "aria-label", "placeholder"]) if (element.getAttribute(attribute)) texts.push([element.getAttribute(attribute), element]);
    for (const [text, element] of texts) {
      if (/^[a-z]+\.[a-zA-Z]+$/.test(text)) say("a key for a word", text);
      if (/\{\w+\}|\bundefined\b|\bNaN\b|\[object /.test(text)) say("an unfilled text", `${text} in ${element.tagName}`);
    }
    for (const element of document.querySelectorAll("button, a[href], summary, input, select, textarea, [role=button], [role=slider], [role=tab], canvas")) {
      if (!shown(element)) continue;
      const named = element.textContent.trim() || element.getAttribute("aria-label") || element.getAttribute("aria-labelledby") || element.getAttribute("title") || element.labels?.length;
      if (!named) say("a control without a name", element.outerHTML);
    }
    return found;
  }, name);

/** Chinese on the English page that is the page's own: what data is called stays as it is called. */
const chinese = (page, name, own) =>
  page.evaluate(
    ([place, labels]) => {
      const zh = new Set(labels);
      const found = [];
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const text = walker.currentNode.data.trim();
        if (zh.has(text) && walker.currentNode.parentElement.checkVisibility()) found.push({ place, text });
      }
      for (const element of document.querySelectorAll("[title], [aria-label], [placeholder]"))
        for (const attribute of ["title", "aria-label", "placeholder"]) if (zh.has(element.getAttribute(attribute))) found.push({ place, text: element.getAttribute(attribute) });
      return found;
    },
    [name, own],
  );

/** Chinese words of the page's own dictionary, but the name of the other language. */
function ownWords() {
  const folder = new URL("../../geoserver/web/src/labels/", import.meta.url);
  const words = [];
  for (const name of require("node:fs").readdirSync(folder)) {
    for (const [, key, zh, en] of readFileSync(new URL(name, folder), "utf8").matchAll(/"([\w.]+)": \{ zh: "([^"]+)", en: "([^"]+)" \}/g))
      if (zh !== en && /\p{Script=Han}/u.test(zh) && !/\p{Script=Han}/u.test(en)) words.push(zh);
  }
  return words;
}

const PLACES = [
  ["monitoring", ""],
  ["layers", "tab=layers"],
  ["county", "region=510000"],
  ["asset", "", press("[data-warning]")],
  ["answer", "", async (page) => (await page.locator("[data-warning]").first().focus(), await page.keyboard.press("a"))],
  ["keys", "", async (page) => (await page.locator("[data-warning]").first().focus(), await page.keyboard.press("?"))],
  ["table", "table=tsf:all:-tier"],
  ["filter", "tool=filter"],
  ["measure", "tool=measure"],
  ["point", "point=103.6,31.0"],
  ["command", "work=command"],
  ["decision", "work=decision"],
  ["what-if", "work=decision&what_if=80,24,0.1,2"],
];

const browser = await launch();
Object.assign(seen, { axe: [], wording: [], chinese: [], places: [] });
const english = search.get("lang") === "en";
const phone = process.env.PHONE === "1";
const words = english ? ownWords() : [];
/** Change the address without loading the page again. */
const go = (address) => page.evaluate((query) => (history.pushState(null, "", query), dispatchEvent(new PopStateEvent("popstate"))), at(address));
const only = process.env.ONLY?.split(",");
const page = await open(browser, at(""), phone ? PHONE : WIDE, phone ? { hasTouch: true } : {});
for (const [name, address, step] of PLACES.filter(([place]) => !only || only.includes(place))) {
  await page.keyboard.press("Escape");
  await go(address);
  await idle(page);
  const sheet = page.locator(".sheets button.right");
  if (phone && (await sheet.getAttribute("aria-expanded")) === String(!step)) await sheet.click();
  if (step) await step(page);
  await page.waitForTimeout(700);
  seen.axe.push(...(await audit(page, name)));
  seen.wording.push(...(await wording(page, name)));
  if (english) seen.chinese.push(...(await chinese(page, name, words)));
  seen.places.push(name);
  await shot(page, `a11y-${name}-${search.get("lang")}-${search.get("theme")}${phone ? "-phone" : ""}`);
}
await go("");
await page.waitForTimeout(700);
// That faults are found at all: a control without a name, too small, and words one can hardly read.
await page.evaluate(() => {
  const bad = document.createElement("div");
  bad.innerHTML = "<button></button><button>a</button><button>b</button><p>faint words</p>";
  bad.style.cssText = "position: fixed; z-index: 999; inset: 30%; background: #fff; color: #eee; line-height: 10px";
  document.querySelector("main").append(bad);
});
seen.detected = (await audit(page, "made worse")).map(({ id }) => id);
await browser.close();
console.log(JSON.stringify(seen));
