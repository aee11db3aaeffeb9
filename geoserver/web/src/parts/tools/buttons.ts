/** Buttons of the tools at the map's edge, and the gestures that ask for a point report. */

import type { Context, MakePart } from "../../context";
import { fill, h, svg } from "../../dom";
import { t } from "../../i18n";
import type { Tool } from "../../state";

const PRESS_MS = 600;
const SLIP_PX = 8;

/** Symbols are plotted from a palette of their own. */
type Shown = Exclude<Tool, "plot">;

const ICONS: Record<Shown | "table", string> = {
  measure: "M2 14 14 2l4 4L6 18ZM5.5 10.5 8 13M8.5 7.5l2.5 2.5M11.5 4.5 14 7",
  draw: "M4 15 16 12 12 3 4 6Z M4 15h.01M16 12h.01M12 3h.01M4 6h.01",
  identify: "M10 18s6-5.5 6-10a6 6 0 1 0-12 0c0 4.5 6 10 6 10Zm0-8a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z",
  filter: "M2.5 3.500h15l-6 7v6l-3-2v-4Z",
  table: "M2.5 4h15v12h-15ZM2.5 8h15M2.5 12h15M8 4v12",
};
const TOOLS: readonly Shown[] = ["measure", "draw", "identify", "filter"];
const FIRST_TABLE = { dataset: "tsf", sort: "-tier", within: false };

export const toolButtons: MakePart = (context) => {
  const { store } = context;
  const element = h("div", { class: "controls tool-buttons", role: "group" });
  let listening = false;
  const button = (name: Shown | "table", pressed: boolean, onclick: () => void): HTMLElement =>
    h(
      "button",
      { type: "button", "data-tool": name, title: t(`tools.${name}`), "aria-label": t(`tools.${name}`), "aria-pressed": pressed ? "true" : "false", onclick },
      icon(ICONS[name]),
    );
  return {
    element,
    update: (changed) => {
      const map = context.map();
      if (map && !listening) {
        listening = true;
        ask(context);
      }
      if (!map || !changed.has("lang", "tool", "table", "map")) return;
      const { tool, table } = store.state;
      const focused = (document.activeElement as HTMLElement | null)?.dataset["tool"];
      element.setAttribute("aria-label", t("tools.title"));
      fill(
        element,
        ...TOOLS.map((name) => button(name, tool === name, () => store.set({ tool: tool === name ? null : name, point: null }))),
        button("table", table !== null, () => store.set({ table: table ? null : FIRST_TABLE })),
      );
      element.querySelector<HTMLElement>(`[data-tool="${focused ?? ""}"]`)?.focus();
    },
  };
};

const icon = (path: string): Element =>
  svg(`<svg viewBox="0 0 20 20" width="18" height="18" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linejoin="round" stroke-linecap="round" aria-hidden="true"><path d="${path}"/></svg>`);

/** Right click, long press, a click with the tool, and I on the focused map. */
function ask({ store, map }: Context): void {
  const chart = map()?.chart;
  if (!chart) return;
  const at = ({ lng, lat }: { lng: number; lat: number }): void => {
    const { tool } = store.state;
    store.set({ point: [round(lng), round(lat)], tool: tool === "identify" ? tool : null });
  };
  chart.on("contextmenu", (event) => {
    event.preventDefault();
    at(event.lngLat);
  });
  chart.on("click", (event) => {
    if (store.state.tool === "identify") at(event.lngLat);
  });
  let press: ReturnType<typeof setTimeout> | undefined;
  let from = { x: 0, y: 0 };
  chart.on("touchstart", (event) => {
    clearTimeout(press);
    from = event.point;
    if (event.points.length === 1) press = setTimeout(() => at(event.lngLat), PRESS_MS);
  });
  chart.on("touchmove", ({ point }) => {
    if (Math.hypot(point.x - from.x, point.y - from.y) > SLIP_PX) clearTimeout(press);
  });
  for (const end of ["touchend", "touchcancel"] as const) chart.on(end, () => clearTimeout(press));
  chart.getCanvas().addEventListener("keydown", (event) => {
    const identifies = event.key === "i" || (event.key === "Enter" && store.state.tool === "identify");
    if (!identifies || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    at(chart.getCenter());
  });
}

const round = (degrees: number): number => Math.round(degrees * 1e5) / 1e5;
