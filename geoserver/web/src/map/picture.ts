/** A picture of the map for paper: drawn by a map of its own, so that the one on the screen stays as it is. */

import maplibregl, { type Map as Chart, type StyleSpecification } from "maplibre-gl";
import { metresPerPixel } from "./scale";
import { drawMissing, FONTS } from "./view";

/** Pixels of the picture for each of the page's: 96 dpi become 192. */
const FINENESS = 2;
const TIME_LIMIT_MS = 20_000;

export interface Picture {
  canvas: HTMLCanvasElement;
  /** Pixels of the page. */
  width: number;
  /** Metres that one pixel of the page spans in the middle of the picture. */
  metres: number;
  /** Degrees that the map is turned by. */
  bearing: number;
}

/** Draw what `shown` shows, whole, on `width` × `height` pixels of the page. */
export async function pictureOf(shown: Chart, style: StyleSpecification, width: number, height: number): Promise<Picture> {
  const container = document.createElement("div");
  container.style.cssText = `position:fixed;left:-20000px;top:0;width:${width}px;height:${height}px`;
  document.body.append(container);
  const map = new maplibregl.Map({
    container,
    style,
    center: shown.getCenter(),
    zoom: shown.getZoom() + zoomToFit(shown, width, height),
    bearing: shown.getBearing(),
    pitch: shown.getPitch(),
    maxPitch: shown.getMaxPitch(),
    localIdeographFontFamily: FONTS,
    attributionControl: false,
    interactive: false,
    fadeDuration: 0,
    pixelRatio: FINENESS,
    canvasContextAttributes: { preserveDrawingBuffer: true },
  });
  drawMissing(map);
  try {
    await drawn(map);
    return taken(map);
  } finally {
    map.remove();
    container.remove();
  }
}

/** The middle of what is on the screen at once, for when there is no time to draw anew; `aspect` is width by height. */
export function pictureNow(shown: Chart, aspect: number): Picture {
  shown.redraw();
  const whole = taken(shown);
  const share = Math.min(1, (whole.canvas.height * aspect) / whole.canvas.width);
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(whole.canvas.width * share);
  canvas.height = Math.round(canvas.width / aspect);
  canvas.getContext("2d")?.drawImage(whole.canvas, (canvas.width - whole.canvas.width) / 2, (canvas.height - whole.canvas.height) / 2);
  return { ...whole, canvas, width: whole.width * share };
}

const taken = (map: Chart): Picture => ({
  canvas: copyOf(map.getCanvas()),
  width: map.getContainer().clientWidth,
  metres: metresPerPixel(map.getCenter().lat, map.getZoom()),
  bearing: map.getBearing(),
});

/** How much further out all of the screen's map fits on the paper. */
function zoomToFit(shown: Chart, width: number, height: number): number {
  const { clientWidth, clientHeight } = shown.getContainer();
  return Math.log2(Math.min(width / clientWidth, height / clientHeight));
}

/** A map without one slow tile is better than no paper: after a while what is there is taken. */
const drawn = (map: Chart): Promise<void> =>
  new Promise((resolve) => {
    const limit = setTimeout(resolve, TIME_LIMIT_MS);
    map.on("error", () => undefined);
    map.once("idle", () => {
      clearTimeout(limit);
      resolve();
    });
  });

function copyOf(canvas: HTMLCanvasElement): HTMLCanvasElement {
  const copy = document.createElement("canvas");
  [copy.width, copy.height] = [canvas.width, canvas.height];
  copy.getContext("2d")?.drawImage(canvas, 0, 0);
  return copy;
}
