/** Zoom in, zoom out, whole extent. */

import type { Map as Chart } from "maplibre-gl";
import { h } from "../dom";
import { t } from "../i18n";

export function mapControls(chart: Chart, home: () => void): HTMLElement[] {
  const button = (text: string, name: string, onclick: () => void): HTMLElement =>
    h("button", { type: "button", title: name, "aria-label": name, onclick }, text);
  return [
    button("+", t("page.zoomIn"), () => chart.zoomIn()),
    button("−", t("page.zoomOut"), () => chart.zoomOut()),
    button("⤢", t("page.home"), home),
  ];
}
