/** Pictures the map draws with: hatches for what is not known, and asset markers. */

import { tierWord } from "../i18n";
import type { Theme } from "../state";
import type { State, Tier } from "../types";
import { inkOn } from "./colours";
import { shapeAt } from "./shapes";

const PIXEL_RATIO = 2;
const HATCH = 12;
const MARKER = 26;
const STATES: readonly State[] = ["sufficient", "stale", "insufficient", "missing"];

export interface Picture {
  image: ImageData;
  pixelRatio: number;
}

function canvas(size: number): CanvasRenderingContext2D {
  const element = document.createElement("canvas");
  element.width = element.height = size * PIXEL_RATIO;
  const context = element.getContext("2d", { willReadFrequently: true }) as CanvasRenderingContext2D;
  context.scale(PIXEL_RATIO, PIXEL_RATIO);
  return context;
}

function picture(context: CanvasRenderingContext2D): Picture {
  const { width, height } = context.canvas;
  return { image: context.getImageData(0, 0, width, height), pixelRatio: PIXEL_RATIO };
}

/** Stale: dots; insufficient: diagonal lines; missing: crossed lines. */
function hatch(state: State, theme: Theme): Picture {
  const context = canvas(HATCH);
  context.strokeStyle = context.fillStyle = theme === "night" ? "rgba(226,232,238,.5)" : "rgba(38,50,62,.48)";
  context.lineWidth = 1.1;
  if (state === "stale") {
    for (const [x, y] of [[3, 3], [9, 9]] as const) {
      context.beginPath();
      context.arc(x, y, 1.2, 0, 7);
      context.fill();
    }
    return picture(context);
  }
  context.beginPath();
  for (const shift of [-HATCH, 0, HATCH]) {
    context.moveTo(shift - 1, HATCH + 1);
    context.lineTo(shift + HATCH + 1, -1);
    if (state === "missing") {
      context.moveTo(shift - 1, -1);
      context.lineTo(shift + HATCH + 1, HATCH + 1);
    }
  }
  context.stroke();
  return picture(context);
}

function marker(kind: number, tier: Tier, state: State): Picture {
  const word = tierWord(tier);
  const { path, text } = shapeAt(kind);
  const known = state === "sufficient";
  const silent = !known && tier === 0;
  const context = canvas(MARKER);
  const outline = new Path2D(path);
  context.translate(1, 1);
  context.lineJoin = "round";
  context.lineWidth = 3.4;
  context.strokeStyle = "rgba(255,255,255,.92)";
  context.stroke(outline);
  context.fillStyle = silent ? "#f3f0f6" : word.colour;
  context.fill(outline);
  context.lineWidth = 1.3;
  context.strokeStyle = "#15202a";
  if (!known) context.setLineDash([2.6, 2.2]);
  context.stroke(outline);
  const letter = silent ? "?" : word.numeral;
  const [x, y, size] = text;
  context.fillStyle = silent ? "#15202a" : inkOn(word.colour);
  context.font = `700 ${size}px 'Noto Sans CJK SC','Noto Sans SC','PingFang SC','Microsoft YaHei',sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(letter, x, y);
  return picture(context);
}

export const hatchName = (state: string, theme: Theme): string => `hatch/${state}/${theme}`;

/** MapLibre expression: the marker of a feature of the `kind`-th asset layer. */
export const markerName = (kind: number): unknown[] => [
  "concat",
  `marker/${kind}/`,
  ["to-string", ["coalesce", ["get", "tier"], 0]],
  "/",
  ["coalesce", ["get", "state"], "missing"],
];

/** Draw the picture that a style asks for by name; null when the name is not ours. */
export function draw(name: string): Picture | null {
  const [family, first = "", second = "", third = ""] = name.split("/");
  if (family === "hatch") return hatch(first as State, second as Theme);
  const state = STATES.find((candidate) => candidate === third);
  if (family !== "marker" || !state) return null;
  return marker(Number(first), Number(second) as Tier, state);
}
