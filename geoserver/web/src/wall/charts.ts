/** Charts of an asset, drawn for a wall; a scene that ends gives them back. */

import type { PointSeries, Series } from "../api/card";
import type { OpenChart } from "../charts/door";
import { h } from "../dom";
import { variableName } from "../i18n";
import { drawReadings, groups } from "../parts/card/charts";

const MOST = 2;

const open = new Set<OpenChart>();

/** Close what earlier scenes have drawn. */
export function closeCharts(): void {
  for (const chart of open) chart.close();
  open.clear();
}

/** The charts of the most urgent quantities; null where there is nothing to draw. */
export function chartsOf(series: Series | null): (() => HTMLElement) | null {
  const chosen = groups(series?.series ?? []).slice(0, MOST);
  if (!chosen.length) return null;
  return () => h("section", { class: "block wall-charts" }, ...chosen.map(({ variable, points }) => figure(variable, points)));
}

function figure(variable: string, points: PointSeries[]): HTMLElement {
  const canvas = h("div", { class: "canvas" });
  requestAnimationFrame(() => {
    if (!canvas.isConnected) return;
    // Charts are made for a card; the style sheet enlarges them.
    const scale = canvas.getBoundingClientRect().height / canvas.clientHeight;
    void drawReadings(canvas, points, variable, null, scale).then((chart) => {
      if (canvas.isConnected) open.add(chart);
      else chart.close();
    });
  });
  const unit = points[0]?.unit ?? "";
  return h("figure", {}, h("figcaption", {}, h("b", {}, variableName(variable)), h("small", {}, unit === "1" ? "" : unit)), h("div", { class: "frame" }, canvas));
}
