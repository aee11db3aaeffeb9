/** The one door to ECharts: only the parts that are used, fetched when a chart is first shown. */

import { LineChart, ScatterChart, BarChart } from "echarts/charts";
import { GridComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import { init, use, type ComposeOption } from "echarts/core";
import type { BarSeriesOption, LineSeriesOption, ScatterSeriesOption } from "echarts/charts";
import type { GridComponentOption, TooltipComponentOption } from "echarts/components";
import { CanvasRenderer } from "echarts/renderers";

use([LineChart, ScatterChart, BarChart, GridComponent, MarkLineComponent, TooltipComponent, CanvasRenderer]);

export type ChartOption = ComposeOption<
  LineSeriesOption | ScatterSeriesOption | BarSeriesOption | GridComponentOption | TooltipComponentOption
>;

/** Closes a chart that stood on the page, by its element. */
const standing = new Map<HTMLElement, () => void>();

/** Close what left the page while it was hidden: its size did not change then, and nobody was told. */
function sweep(): void {
  for (const [element, close] of standing) if (!element.isConnected) close();
}

export interface OpenChart {
  /** Draw something else. */
  show(option: ChartOption): void;
  /** Give back the canvas and what listens; done by itself when the element leaves the page. */
  close(): void;
}

/**
 * Draw `option` in `element` and follow its size; `words` says to a screen reader what is drawn, `pixels` how
 * many there are for one of the page where it is enlarged.
 */
export function openChart(element: HTMLElement, option: ChartOption, words: string, pixels = devicePixelRatio): OpenChart {
  sweep();
  element.setAttribute("role", "img");
  element.setAttribute("aria-label", words);
  const size = element.clientWidth && element.clientHeight ? {} : UNSEEN; // folded meanwhile: it follows later
  const chart = init(element, null, { renderer: "canvas", devicePixelRatio: pixels, ...size });
  chart.setOption({ ...CALM, ...option });
  const close = (): void => {
    standing.delete(element);
    following.disconnect();
    chart.dispose();
  };
  const following = new ResizeObserver(() => {
    if (!element.isConnected) close(); // nobody else could: its card is gone
    else if (element.clientWidth && element.clientHeight) chart.resize();
  });
  following.observe(element);
  if (element.isConnected) standing.set(element, close);
  return {
    show: (next) => {
      if (!chart.isDisposed()) chart.setOption({ ...CALM, ...next }, { notMerge: true });
    },
    close,
  };
}

/** Of a chart that has no room yet, in pixels. */
const UNSEEN = { width: 320, height: 150 };

/** A control room is no place for things that move. */
const CALM = { animation: false } as const;
