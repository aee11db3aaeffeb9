/** Charts of what the points read, one a quantity, the most urgent first, each with its table. */

import type { PointSeries, Series } from "../../api/card";
import { fill, h } from "../../dom";
import { age, moment, say, t, tierWord, value, variableName } from "../../i18n";
import { decimals, frameOf, lastUsable, lineOf, strictest, tierAt } from "../../charts/readings";
import { chartColours } from "../../charts/theme";
import type { OpenChart } from "../../charts/door";
import { AGED } from "../../panel/ages";
import { tierMark } from "../../panel/marks";
import type { Tier } from "../../types";
import { into } from "./fold";
import type { Subject } from "./subject";
import { eitherWay } from "./words";

const PERIODS = [1, 7, 30, 90] as const;
const USUAL = 30;
const OPEN_AT_ONCE = 2;
/** As in "design against present": what a duty officer looks at first. */
const ORDER = ["pond_level", "phreatic_depth", "dry_beach_length", "freeboard", "displacement", "displacement_rate", "tangent_angle", "rain_24h", "rain_1h"];
const QUALITY: Record<number, "qc.suspect" | "qc.bad" | "qc.missing"> = { 3: "qc.suspect", 4: "qc.bad", 9: "qc.missing" };

const DAYS_ON_AXIS = 2 * 86_400_000;
const DAY = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai", month: "2-digit", day: "2-digit" });
const HOUR = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit" });

interface Group {
  variable: string;
  tier: Tier;
  points: PointSeries[];
}

let period: number = USUAL;

/** Fill `body` with the charts of an asset; a choice of period stays for the next card. */
export function charts(body: HTMLElement, subject: Subject): void {
  const choices = h("div", { class: "periods", role: "group", "aria-label": t("card.period") });
  const list = h("div", {});
  const show = (days: number): void => {
    period = days;
    fill(choices, ...PERIODS.map((each) => choice(each, show)));
    void into(list, () => subject.series(days), drawn);
  };
  fill(body, choices, list);
  show(period);
}

function choice(days: number, show: (days: number) => void): HTMLElement {
  const pressed = days === period ? "true" : "false";
  return h("button", { type: "button", class: "plain", "aria-pressed": pressed, onclick: () => show(days) }, t("card.days", { n: days }));
}

function drawn({ series }: Series): HTMLElement[] {
  if (!series.length) return [h("p", { class: "quiet pad" }, t("card.noReadings"))];
  return groups(series).map((group, place) => figure(group, place < OPEN_AT_ONCE));
}

/** Quantities, the worst now first, then in the usual order. */
export function groups(series: readonly PointSeries[]): Group[] {
  const found = new Map<string, Group>();
  for (const point of series) {
    const group = found.get(point.variable) ?? { variable: point.variable, tier: 0, points: [] };
    const last = lastUsable(point.samples)?.[1] ?? null;
    if (last !== null) group.tier = Math.max(group.tier, tierAt(last, point.thresholds)) as Tier;
    group.points.push(point);
    found.set(point.variable, group);
  }
  const place = ({ variable }: Group): number => (ORDER.includes(variable) ? ORDER.indexOf(variable) : ORDER.length);
  return [...found.values()].sort((a, b) => b.tier - a.tier || place(a) - place(b));
}

function figure({ variable, tier, points }: Group, open: boolean): HTMLElement {
  const unit = points[0]?.unit ?? "";
  const worst = worstPoint(points);
  const last = worst ? lastUsable(worst.samples) : null;
  const told = last ? h("span", { class: "now" }, h("b", {}, value(last[1], unit)), h("span", { class: "quiet", title: moment(last[0]), [AGED]: last[0] }, age(last[0]))) : h("span", { class: "quiet" }, t("card.noUsable"));
  const canvas = h("div", { class: "chart", "data-variable": variable });
  const below = h("div", {});
  const section = h(
    "details",
    { class: "chart-box", open },
    h("summary", {}, tierMark(tier, last ? "sufficient" : "missing"), h("span", { class: "name" }, variableName(variable)), told),
    canvas,
    below,
  );
  let chart: Promise<OpenChart | null> | null = null;
  const show = (hidden: Set<string>): void => {
    fill(below, ...around(points, hidden, show));
    const shown = points.filter(({ point_id }) => !hidden.has(point_id));
    chart = (chart ?? Promise.resolve(null)).then((open) => drawReadings(canvas, shown, variable, open));
  };
  const begin = (): void => {
    if (section.open && !chart) show(new Set());
  };
  section.addEventListener("toggle", begin);
  queueMicrotask(begin);
  return section;
}

/** The point whose last value is nearest to, or furthest beyond, a limit. */
function worstPoint(points: readonly PointSeries[]): PointSeries | undefined {
  const rank = ({ samples, thresholds }: PointSeries): number => {
    const last = lastUsable(samples)?.[1] ?? null;
    if (last === null) return -Infinity;
    const red = strictest(thresholds).filter((limit) => limit.tier === 4);
    const over = red.map(({ value: limit, direction }) => (direction === "above" ? last - limit : limit - last));
    return Math.max(...over, -1e9);
  };
  return [...points].sort((a, b) => rank(b) - rank(a))[0];
}

/** Draw the readings of a quantity, in `open` where it is open already, else with so many pixels for one of the page. */
export async function drawReadings(canvas: HTMLElement, points: PointSeries[], variable: string, open: OpenChart | null, pixels?: number): Promise<OpenChart> {
  const [{ openChart }, { readingsOption }] = await Promise.all([import("../../charts/door"), import("../../charts/option")]);
  const lines = points.map(lineOf);
  const frame = frameOf(lines, strictest(points.flatMap(({ thresholds }) => thresholds)));
  const unit = points[0]?.unit ?? "";
  const option = readingsOption(lines, frame, variable === "rain_1h", {
    unit,
    colours: chartColours(),
    tierColour: (tier) => tierWord(tier as Tier).colour,
    tierName: (tier) => say(tierWord(tier as Tier)),
    tick: (at, span) => (span > DAYS_ON_AXIS ? DAY : HOUR).format(at),
    moment: (at) => moment(new Date(at).toISOString()),
    quality: (qc) => quality(qc),
  });
  if (open) {
    open.show(option);
    return open;
  }
  return openChart(canvas, option, t("card.chartWords", { name: variableName(variable), n: points.length }), pixels);
}

const quality = (qc: number): string => (QUALITY[qc] ? t(QUALITY[qc]) : "");

/** Under a chart: which points it shows, the limits in words, the numbers as a table. */
function around(points: PointSeries[], hidden: Set<string>, show: (hidden: Set<string>) => void): (HTMLElement | null)[] {
  const { points: colours } = chartColours();
  const toggle = (id: string): void => {
    const next = new Set(hidden);
    if (!next.delete(id)) next.add(id);
    if (next.size < points.length) show(next);
  };
  const chips = points.map(({ point_id: id, name }, number) =>
    h(
      "button",
      { type: "button", class: "point", "aria-pressed": hidden.has(id) ? "false" : "true", title: name, style: `--point:${colours[number % colours.length]}`, onclick: () => toggle(id) },
      shortName(id, points),
    ),
  );
  return [
    points.length > 1 ? h("div", { class: "points", role: "group", "aria-label": t("card.points") }, ...chips) : null,
    limitList(points.filter(({ point_id }) => !hidden.has(point_id))),
    flagNote(points),
    table(points),
  ];
}

/** What tells the points of one chart apart: the end of their ids. */
export function shortName(id: string, points: readonly { point_id: string }[]): string {
  const others = points.map(({ point_id }) => point_id);
  let same = 0;
  while (others.length > 1 && same < id.length && others.every((other) => other[same] === id[same])) same += 1;
  return `#${id.slice(same) || id}`;
}

function limitList(points: PointSeries[]): HTMLElement | null {
  const limits = strictest(points.flatMap(({ thresholds }) => thresholds)).reverse();
  const unit = points[0]?.unit ?? "";
  if (!limits.length) return h("p", { class: "quiet limits" }, t("card.noLimits"));
  const items = eitherWay(limits).map(({ limit, words }) => h("li", { title: `${say(limit.label)} · ${limit.clause}` }, tierMark(limit.tier), words(unit)));
  return h("ul", { class: "limits quiet", "aria-label": t("card.threshold") }, ...items);
}

function flagNote(points: PointSeries[]): HTMLElement | null {
  const flags = points.flatMap(({ samples }) => samples.map(([, , qc]) => qc));
  const count = (qc: number): number => flags.filter((flag) => flag === qc).length;
  const told = [3, 4, 9].filter(count).map((qc) => `${quality(qc)} ${count(qc)}`);
  return told.length ? h("p", { class: "quiet limits" }, t("card.flags", { told: told.join(" · ") })) : null;
}

/** The same numbers for who cannot see a chart, or wants to copy them; made when it is opened. */
function table(points: PointSeries[]): HTMLElement {
  const body = h("div", { class: "numbers" });
  const numbers = h("details", { class: "more" }, h("summary", {}, t("card.table")), body);
  const thinned = points.some(({ total, samples }) => samples.filter(([, , qc]) => qc !== 9).length < total);
  numbers.addEventListener("toggle", () => {
    if (!numbers.open || body.firstChild) return;
    const names = [t("card.time"), t("card.point"), t("card.value"), t("card.quality")];
    const rows = points.flatMap(({ point_id: id, unit, samples }) => samples.map((sample) => ({ id, unit, sample })));
    rows.sort((a, b) => b.sample[0].localeCompare(a.sample[0]) || a.id.localeCompare(b.id));
    fill(
      body,
      thinned ? h("p", { class: "quiet" }, t("card.thinned")) : null,
      h(
        "table",
        {},
        h("thead", {}, h("tr", {}, ...names.map((name) => h("th", { scope: "col" }, name)))),
        h("tbody", {}, ...rows.map(({ id, unit, sample: [at, number, qc] }) => line(at, shortName(id, points), number, unit, qc))),
      ),
    );
  });
  return numbers;
}

function line(at: string, point: string, number: number | null, unit: string, qc: number): HTMLElement {
  const shown = number === null ? "—" : `${number.toFixed(Math.max(decimals(1), fraction(number)))} ${unit === "1" ? "" : unit}`;
  return h("tr", {}, h("th", { scope: "row" }, moment(at)), h("td", {}, point), h("td", { "data-value": number }, shown), h("td", {}, quality(qc) || t("card.good")));
}

const fraction = (number: number): number => Math.min(6, (String(number).split(".")[1] ?? "").length);
