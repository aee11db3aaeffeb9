/** Colours of charts, read from the page's own, so that both themes are right. */

export interface ChartColours {
  ink: string;
  quiet: string;
  line: string;
  paper: string;
  font: string;
  /** Of the points of one chart: far apart for every eye, and none a warning colour. */
  points: string[];
}

const DAY = ["#1f5366", "#7a4a9e", "#4d7c0f", "#8a5a2b", "#5b6573", "#b0307a"];
const NIGHT = ["#8ec5d8", "#c9a3e6", "#a9d36b", "#d8a873", "#b4bfca", "#f08cc4"];

export function chartColours(): ChartColours {
  const root = getComputedStyle(document.documentElement);
  const of = (name: string): string => root.getPropertyValue(name).trim();
  const night = document.documentElement.dataset["theme"] === "night";
  return {
    ink: of("--ink"),
    quiet: of("--quiet"),
    line: of("--line"),
    paper: of("--paper"),
    font: of("--font"),
    points: night ? NIGHT : DAY,
  };
}
