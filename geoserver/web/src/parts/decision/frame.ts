/** What says, wherever one looks, that a supposition is shown; and the map in its colours. */

import type { Answer, Supposed } from "../../api/decision";
import type { Context, MakePart } from "../../context";
import { fill, h } from "../../dom";
import { t } from "../../i18n";
import type { Overlay } from "../../map/view";
import type { Retiered } from "../../map/retier";
import type { Tier } from "../../types";
import { sessionOf, type Standing } from "./session";
import { inWords } from "./supposed";
import "./decision.css";

const OVERLAY = "what-if";
const REGION = "region";

export const frame: MakePart = (context) => {
  const session = sessionOf(context);
  const element = h("section", { class: "supposing", role: "status" });
  let drawn: Answer | null = null;
  let leave: (() => void) | null = null;

  const show = (standing: Standing): void => {
    draw(element, standing, context, () => session.retry());
    if (standing.whole === drawn) return;
    drawn = standing.whole;
    paint(context, drawn);
  };
  return {
    element,
    update: (changed) => {
      document.documentElement.dataset["supposing"] = "";
      leave ??= session.watch(show);
      if (changed.has("site")) session.follow();
      if (changed.has("map", "theme")) paint(context, drawn);
      if (changed.has("lang")) show(session.standing);
    },
    hide: () => {
      delete document.documentElement.dataset["supposing"];
      leave?.();
      leave = drawn = null;
      paint(context, null);
    },
  };
};

function draw(element: HTMLElement, { supposed, asking, failed }: Standing, { store }: Context, retry: () => void): void {
  if (!supposed) return fill(element);
  const said = failed === null ? (asking ? t("decision.working") : t("decision.banner")) : t("decision.failed", { why: failed || t("decision.noAnswer") });
  fill(
    element,
    h("strong", {}, t("decision.mark")),
    h("b", { class: "what" }, inWords(supposed)),
    h("span", { class: failed === null ? "" : "wrong" }, said),
    failed === null ? null : h("button", { type: "button", onclick: retry }, t("decision.retry")),
    h("button", { type: "button", "data-reset": "", onclick: () => store.set({ whatIf: null }) }, t("decision.reset")),
  );
}

/** Colour regions and assets as they would be, and put a ring around what changes. */
function paint(context: Context, answer: Answer | null): void {
  const map = context.map();
  if (!map) return;
  map.retier(answer ? tiersOf(answer) : null);
  map.overlay(OVERLAY, answer?.assets.length ? rings(answer.assets, context.store.state.theme === "night") : null);
}

/** The tiers that differ, by dataset. */
export function tiersOf({ assets, regions }: Answer): Retiered {
  const found = new Map<string, { by: string; tiers: Map<string, Tier> }>();
  const put = (dataset: string, by: string, id: string, tier: Tier): void => {
    const kind = found.get(dataset) ?? { by, tiers: new Map<string, Tier>() };
    found.set(dataset, kind);
    kind.tiers.set(id, tier);
  };
  for (const { dataset, id, tier } of assets) put(dataset, "id", id, tier);
  for (const { code, tier } of regions) put(REGION, "code", code, tier);
  return found;
}

/** A ring around every asset that changes; dashed would say that something is not known. */
export function rings(assets: readonly Supposed[], night: boolean): Overlay {
  const features = assets.map(({ dataset, id, lon, lat, before, tier }) => ({
    type: "Feature" as const,
    properties: { dataset, id, before, tier, worse: tier > before },
    geometry: { type: "Point" as const, coordinates: [lon, lat] },
  }));
  const ink = night ? "#f2f6f9" : "#15202a";
  return {
    sources: { [OVERLAY]: { type: "geojson", data: { type: "FeatureCollection", features } } },
    layers: [
      {
        id: `${OVERLAY}:ring`,
        type: "circle",
        source: OVERLAY,
        paint: {
          "circle-radius": ["interpolate", ["linear"], ["zoom"], 4, ["match", ["get", "tier"], 4, 6, 3, 5, 3.5], 9, ["match", ["get", "tier"], 4, 17, 3, 16, 14], 12, 21],
          "circle-color": "transparent",
          "circle-stroke-color": ink,
          "circle-stroke-width": ["interpolate", ["linear"], ["zoom"], 5, 0, 7, ["match", ["get", "tier"], 4, 1.2, 0], 9, ["match", ["get", "tier"], [3, 4], 1.2, 0.8], 11, 1.4],
          "circle-stroke-opacity": ["case", [">=", ["get", "tier"], 3], 0.9, 0.5],
        },
      },
    ],
  };
}
