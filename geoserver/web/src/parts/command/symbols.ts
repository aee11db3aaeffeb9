/** Pictures of plotted symbols: white on a dark disc, told apart by their shape. */

import type { Map as Chart } from "maplibre-gl";
import type { Symbol } from "./plots";

const SIZE = 30;
const PIXELS = 2;
const DISC = "#4a1f63";

/** In a box of 24 × 24. */
export const PATHS: Readonly<Record<Symbol | "head", string>> = {
  post: "M8 5v15M8 6h10l-3 3.500 3 3.500H8",
  medical: "M12 6v12M6 12h12",
  block: "M6 12a6 6 0 1 0 12 0a6 6 0 1 0-12 0M8 16l8-8",
  evacuation: "M5 12.500 12 6l7 6.500M7.500 11v7.500h9V11",
  danger: "M12 5.500 19.500 18.500h-15ZM12 10v4M12 16v.5",
  arrow: "M5 19 18 6M10 6h8v8",
  head: "M12 2 20 20 12 15.500 4 20Z",
};

export const imageName = (symbol: Symbol | "head"): string => `plot/${symbol}`;

/** Give a map the pictures that it asks for; returns what ends that. */
export function givePictures(chart: Chart): () => void {
  const give = ({ id }: { id: string }): void => {
    const [family, symbol = ""] = id.split("/");
    if (family !== "plot" || !(symbol in PATHS) || chart.hasImage(id)) return;
    const made = picture(symbol as Symbol | "head");
    if (made) chart.addImage(id, made, { pixelRatio: PIXELS });
  };
  chart.on("styleimagemissing", give);
  return () => void chart.off("styleimagemissing", give);
}

function picture(symbol: Symbol | "head"): ImageData | null {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIZE * PIXELS;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) return null;
  context.scale((SIZE * PIXELS) / 24, (SIZE * PIXELS) / 24);
  context.lineJoin = context.lineCap = "round";
  const path = new Path2D(PATHS[symbol]);
  if (symbol === "head") {
    context.fillStyle = DISC;
    context.strokeStyle = "#ffffff";
    context.lineWidth = 1.6;
    context.fill(path);
    context.stroke(path);
  } else {
    context.fillStyle = DISC;
    context.strokeStyle = "#ffffff";
    context.lineWidth = 1.6;
    context.beginPath();
    context.roundRect(1, 1, 22, 22, 5);
    context.fill();
    context.stroke();
    context.lineWidth = 2;
    context.stroke(path);
  }
  return context.getImageData(0, 0, canvas.width, canvas.height);
}
