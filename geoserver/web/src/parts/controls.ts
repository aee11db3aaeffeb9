/** Zoom, whole extent, north, the third dimension of the ground, and paper. */

import type { Context, MakePart } from "../context";
import { fill, h, svg } from "../dom";
import { t } from "../i18n";
import { hasGround } from "../map/terrain";

const PRINTER = "M6 7V2.500h8V7M6 14H3V7h14v7h-3M6 11.500h8v6H6Z";

export const controls: MakePart = (context) => {
  const { store, data } = context;
  const element = h("div", { class: "controls", role: "group" });
  const needle = h("i", { class: "needle" }, "▲");
  const print = printer(context);
  let turning = false;
  return {
    element,
    update: (changed) => {
      const map = context.map();
      if (!map || !changed.has("lang", "map", "terrain", "layers")) return;
      const { chart } = map;
      if (!turning) {
        chart.on("rotate", () => needle.style.setProperty("--turn", `${-chart.getBearing()}deg`));
        chart.once("idle", print.fetch);
      }
      turning = true;
      needle.style.setProperty("--turn", `${-chart.getBearing()}deg`);
      const { terrain } = store.state;
      const raise = (): void => {
        store.set({ terrain: !terrain });
        map.lean(!terrain);
      };
      element.setAttribute("aria-label", t("page.controls"));
      fill(
        element,
        button("+", t("page.zoomIn"), () => chart.zoomIn()),
        button("−", t("page.zoomOut"), () => chart.zoomOut()),
        button("⤢", t("page.home"), () => context.actions.home()),
        button(needle, t("map.north"), () => chart.easeTo({ bearing: 0, pitch: 0 })),
        hasGround(data.layers) ? button("3D", t("map.terrain"), raise, { "aria-pressed": terrain ? "true" : "false", class: "three" }) : null,
        button(svg(`<svg viewBox="0 0 20 20" width="18" height="18" fill="none" stroke="currentColor" stroke-width="1.5" aria-hidden="true"><path d="${PRINTER}"/></svg>`), t("print.open"), print.open, { "data-print": "" }),
      );
    },
  };
};

const button = (face: Node | string, name: string, onclick: () => void, more: Record<string, string> = {}): HTMLElement =>
  h("button", { type: "button", title: name, "aria-label": name, onclick, ...more }, face);

/** Opens the print dialog; its code comes once the map stands, so that the browser's own menu finds it too. */
function printer(context: Context): { open: () => void; fetch: () => void } {
  let opener: Promise<() => void> | null = null;
  const fetched = (): Promise<() => void> => (opener ??= import("./print/print").then(({ printing }) => printing(context)));
  const open = (): void => {
    fetched().then((show) => show(), () => ((opener = null), context.banner.say("part", t("failure.part"), open)));
  };
  addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "p" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });
  return { open, fetch: () => void fetched().catch(() => (opener = null)) };
}
