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

export interface OpenChart {
  /** Draw something else. */
  show(option: ChartOption): void;
  /** Give back the canvas and what listens. */
  close(): void;
}

/** Draw `option` in `element` and follow its size; `words` says to a screen reader what is drawn. */
export function openChart(element: HTMLElement, option: ChartOption, words: string): OpenChart {
  element.setAttribute("role", "img");
  element.setAttribute("aria-label", words);
  const chart = init(element, null, { renderer: "canvas" });
  chart.setOption({ ...CALM, ...option });
  const following = new ResizeObserver(() => chart.resize());
  following.observe(element);
  return {
    show: (next) => chart.setOption({ ...CALM, ...next }, { notMerge: true }),
    close: () => {
      following.disconnect();
      chart.dispose();
    },
  };
}

/** A control room is no place for things that move. */
const CALM = { animation: false } as const;
