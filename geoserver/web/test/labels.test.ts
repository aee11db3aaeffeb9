import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { LABELS } from "../src/labels";

const SOURCE = join(import.meta.dirname, "../src");
const files = readdirSync(SOURCE, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
const texts = new Map(files.map((name) => [name, readFileSync(join(SOURCE, name), "utf8")]));
const HAN = /\p{Script=Han}/u;

test("every label is written in both languages", () => {
  const lacking = Object.entries(LABELS).filter(([, { zh, en }]) => !zh.trim() || !en.trim());
  expect(lacking).toEqual([]);
});

test("both languages of a label have the same placeholders", () => {
  const holes = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();
  for (const [key, { zh, en }] of Object.entries(LABELS)) expect([key, holes(zh)]).toEqual([key, holes(en)]);
});

test("no English label is in Chinese, but the name of the other language", () => {
  const mixed = Object.entries(LABELS).filter(([key, { en }]) => HAN.test(en) && key !== "page.toChinese");
  expect(mixed).toEqual([]);
});

test("no label is unused", () => {
  const rest = [...texts].filter(([name]) => !name.startsWith("labels")).map(([, text]) => text).join("\n");
  const families = ["tab.", "card.", "tools.", "draw.", "origin.", "workplace."];
  const unused = Object.keys(LABELS).filter(
    (key) => !rest.includes(`"${key}"`) && !families.some((family) => key.startsWith(family) && rest.includes(`\`${family}\${`)),
  );
  expect(unused).toEqual([]);
});

test("words for people stand in the dictionary only", () => {
  const withoutComments = (text: string): string =>
    text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "");
  const allowed = /Noto Sans|项目默认值|\[\[【\]/;
  const stray = [...texts]
    .filter(([name]) => !name.startsWith("labels"))
    .flatMap(([name, text]) => withoutComments(text).split("\n").map((line) => [name, line.trim()] as const))
    .filter(([, line]) => HAN.test(line) && !allowed.test(line));
  expect(stray).toEqual([["i18n.ts", 'return lang === "zh" ? `${word.zh} ${word.numeral}级` : `${word.en} ${word.numeral}`;']]);
});
