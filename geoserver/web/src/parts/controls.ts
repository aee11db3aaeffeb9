/** Zoom in, zoom out, whole extent. */

import type { MakePart } from "../context";
import { fill, h } from "../dom";
import { t } from "../i18n";

export const controls: MakePart = (context) => {
  const element = h("div", { class: "controls", role: "group" });
  const button = (text: string, name: string, onclick: () => void): HTMLElement =>
    h("button", { type: "button", title: name, "aria-label": name, onclick }, text);
  return {
    element,
    update: (changed) => {
      const chart = context.map()?.chart;
      if (!chart || !(changed.has("lang") || changed.has("map"))) return;
      element.setAttribute("aria-label", t("page.controls"));
      fill(
        element,
        button("+", t("page.zoomIn"), () => chart.zoomIn()),
        button("−", t("page.zoomOut"), () => chart.zoomOut()),
        button("⤢", t("page.home"), () => context.actions.home()),
      );
    },
  };
};
