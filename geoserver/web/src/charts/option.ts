/** How readings are drawn: one chart of a quantity with its points, limits and doubted values. */

import { inkOn } from "../map/colours";
import { decimals, type Frame, type Line, pinned, type Place, spread } from "./readings";
import type { ChartOption } from "./door";
import type { ChartColours } from "./theme";

/** Words and colours that the drawing takes from elsewhere. */
export interface Wording {
  unit: string;
  colours: ChartColours;
  tierColour: (tier: number) => string;
  tierName: (tier: number) => string;
  /** Time of the axis, and of the tooltip. */
  tick: (at: number, span: number) => string;
  moment: (at: number) => string;
  quality: (qc: number) => string;
}

/** As in the style sheet, and what the axes take of it, in pixels. */
export const CHART_HEIGHT = 150;
const TOP = 8;
const BOTTOM = 22;
const LABEL_HEIGHT = 15;
const FEW = 60;
const DOUBTED: Record<number, string> = { 3: "circle", 4: "diamond" };

export function readingsOption(lines: readonly Line[], frame: Frame, bars: boolean, words: Wording): ChartOption {
  const { colours } = words;
  const times = lines.flatMap(({ usable }) => usable.map(([at]) => at));
  const [since, until] = [Math.min(...times), Math.max(...times)];
  const digits = decimals(frame.high - frame.low);
  const label = { color: colours.quiet, fontFamily: colours.font, fontSize: 11 };
  const rule = { lineStyle: { color: colours.line } };
  return {
    grid: { left: 48, right: frame.inside.length ? 34 : 12, top: TOP, bottom: BOTTOM },
    xAxis: {
      type: "time",
      min: since,
      max: until,
      axisLabel: { ...label, hideOverlap: true, formatter: (at: number) => words.tick(at, until - since) },
      axisLine: rule,
      axisTick: { show: false },
    },
    yAxis: {
      type: "value",
      min: frame.low,
      max: frame.high,
      splitNumber: 3,
      axisLabel: { ...label, showMinLabel: false, showMaxLabel: false, formatter: (value: number) => value.toFixed(digits) },
      splitLine: rule,
    },
    tooltip: {
      trigger: "axis",
      renderMode: "richText",
      confine: true,
      backgroundColor: colours.paper,
      borderColor: colours.line,
      textStyle: { ...label, color: colours.ink },
      axisPointer: { lineStyle: { color: colours.quiet } },
      formatter: (found: unknown) => tip(found, lines, words),
    },
    series: [
      ...lines.map((line, number) => usableSeries(line, number, frame, bars, words)),
      ...lines.map((line, number) => doubtedSeries(line, number, frame, words)),
    ],
  };
}

type Drawn = NonNullable<Extract<ChartOption["series"], unknown[]>>[number];

const colourOf = (number: number, { colours }: Wording): string => colours.points[number % colours.points.length] ?? colours.ink;

function usableSeries(line: Line, number: number, frame: Frame, bars: boolean, words: Wording): Drawn {
  const colour = colourOf(number, words);
  const shared = { name: line.pointId, itemStyle: { color: colour }, markLine: number ? undefined : limits(frame, words) };
  if (bars) return { ...shared, type: "bar", data: line.usable, barMaxWidth: 8 };
  const all = line.usable.length <= FEW;
  const data = line.usable.map((place, at) => ({ value: place, symbol: all || isAlone(line.usable, at) ? "circle" : "none" }));
  return { ...shared, type: "line", data, symbolSize: 4, connectNulls: false, lineStyle: { color: colour, width: 1.5 } };
}

/** A value between two gaps has no line that would show it. */
export function isAlone(places: readonly Place[], at: number): boolean {
  const known = (index: number): boolean => (places[index]?.[1] ?? null) !== null;
  return known(at) && !known(at - 1) && !known(at + 1);
}

function doubtedSeries({ doubted }: Line, number: number, frame: Frame, words: Wording): Drawn {
  return {
    type: "scatter",
    symbolSize: 8,
    itemStyle: { color: "transparent", borderColor: colourOf(number, words), borderWidth: 1.5 },
    data: doubted.map(({ at, value, qc }) => ({ value: [at, pinned(value, frame)], symbol: DOUBTED[qc] ?? "triangle" })),
    tooltip: { show: false },
  };
}

/** Limits as lines in their colour, with its name at the end: colour is never alone. */
function limits({ inside, low, high }: Frame, words: Wording): object {
  const places = inside.map(({ value }) => ((high - value) / (high - low)) * (CHART_HEIGHT - TOP - BOTTOM));
  const labels = spread(places, LABEL_HEIGHT);
  return {
    symbol: "none",
    silent: true,
    animation: false,
    data: inside.map(({ tier, value, kind }, number) => ({
      yAxis: value,
      lineStyle: { color: words.tierColour(tier), width: 1.5, type: kind === "rule" ? "dashed" : "solid" },
      label: {
        position: "end",
        offset: [0, (labels[number] ?? 0) - (places[number] ?? 0)],
        formatter: words.tierName(tier),
        fontSize: 11,
        fontFamily: words.colours.font,
        color: inkOn(words.tierColour(tier)),
        backgroundColor: words.tierColour(tier),
        padding: [1, 3],
        borderRadius: 2,
      },
    })),
  };
}

function tip(found: unknown, lines: readonly Line[], { moment, unit, quality }: Wording): string {
  const first = (Array.isArray(found) ? found[0] : found) as { axisValue?: number } | undefined;
  const at = Number(first?.axisValue);
  const said = lines.flatMap(({ name, usable, doubted }) => {
    const value = usable.find(([time]) => time === at)?.[1] ?? null;
    const bad = doubted.find((each) => each.at === at);
    if (value !== null) return [`${name}  ${value} ${unit}`];
    return bad ? [`${name}  ${bad.value} ${unit} (${quality(bad.qc)})`] : [];
  });
  return [moment(at), ...said].join("\n");
}
