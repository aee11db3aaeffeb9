/** What the workplace draws above the layers: rings, runout, plotted symbols. */

import type { FeatureCollection } from "geojson";
import type { ExpressionSpecification, LayerSpecification } from "maplibre-gl";
import type { OneMap } from "../../map/view";
import type { Theme } from "../../state";
import { imageName } from "./symbols";

export const OVERLAY = "command";
const RINGS = "command-rings";
const BAND = "command-runout";
const PLOTS = "command-plots";
const INK: Record<Theme, { line: string; halo: string; flow: string; plot: string }> = {
  day: { line: "#15202a", halo: "#ffffff", flow: "#6b4a2b", plot: "#4a1f63" },
  night: { line: "#f2f5f7", halo: "#10171d", flow: "#e0b98a", plot: "#d9b4f0" },
};
const NONE: FeatureCollection = { type: "FeatureCollection", features: [] };

export interface Drawn {
  rings: FeatureCollection | null;
  band: FeatureCollection | null;
  plots: FeatureCollection;
}

export function showOverlay(map: OneMap, theme: Theme, { rings, band, plots }: Drawn): void {
  const data = (features: FeatureCollection | null) => ({ type: "geojson" as const, data: features ?? NONE });
  map.overlay(OVERLAY, { sources: { [RINGS]: data(rings), [BAND]: data(band), [PLOTS]: data(plots) }, layers: layers(INK[theme]) });
}

function layers({ line, halo, flow, plot }: (typeof INK)[Theme]): LayerSpecification[] {
  const font = { "text-font": ["sans-serif"], "text-size": 13 };
  const words = (colour: string) => ({ "text-color": colour, "text-halo-color": halo, "text-halo-width": 2 });
  const of = (geometry: string): ExpressionSpecification => ["==", ["geometry-type"], geometry];
  const text: ExpressionSpecification = ["get", "text"];
  return [
    { id: "command:runout", type: "fill", source: BAND, filter: of("Polygon"), paint: { "fill-color": flow, "fill-opacity": 0.14 } },
    { id: "command:runout-line", type: "line", source: BAND, filter: of("LineString"), paint: { "line-color": flow, "line-width": ["match", ["get", "part"], "P50", 2.4, 1.4], "line-dasharray": [6, 3] } },
    { id: "command:ring-casing", type: "line", source: RINGS, filter: of("LineString"), paint: { "line-color": halo, "line-width": 4, "line-opacity": 0.7 } },
    { id: "command:ring", type: "line", source: RINGS, filter: of("LineString"), paint: { "line-color": line, "line-width": 1.4 } },
    { id: "command:runout-text", type: "symbol", source: BAND, filter: of("Point"), layout: { ...font, "text-field": text, "text-anchor": "top", "text-offset": [0, 0.2], "text-allow-overlap": true }, paint: words(flow) },
    { id: "command:ring-text", type: "symbol", source: RINGS, filter: of("Point"), layout: { ...font, "text-field": text, "text-allow-overlap": true }, paint: words(line) },
    { id: "command:danger", type: "fill", source: PLOTS, filter: of("Polygon"), paint: { "fill-color": plot, "fill-opacity": 0.18 } },
    { id: "command:edge", type: "line", source: PLOTS, filter: of("Polygon"), paint: { "line-color": plot, "line-width": 2.5, "line-dasharray": [3, 2] } },
    { id: "command:arrow-casing", type: "line", source: PLOTS, filter: of("LineString"), paint: { "line-color": halo, "line-width": 8 } },
    { id: "command:arrow", type: "line", source: PLOTS, filter: of("LineString"), paint: { "line-color": plot, "line-width": 5 } },
    { id: "command:head", type: "symbol", source: PLOTS, filter: ["==", ["get", "symbol"], "head"], layout: { "icon-image": imageName("head"), "icon-rotate": ["get", "turned"], "icon-rotation-alignment": "map", "icon-allow-overlap": true } },
    { id: "command:area-text", type: "symbol", source: PLOTS, filter: of("Polygon"), layout: { ...font, "text-field": text, "icon-image": imageName("danger"), "icon-allow-overlap": true, "text-offset": [0, 1.5], "text-allow-overlap": true }, paint: words(plot) },
    { id: "command:along-text", type: "symbol", source: PLOTS, filter: of("LineString"), layout: { ...font, "text-field": text, "symbol-placement": "line-center", "text-offset": [0, -1], "text-allow-overlap": true }, paint: words(plot) },
    {
      id: "command:symbol",
      type: "symbol",
      source: PLOTS,
      filter: ["all", of("Point"), ["!=", ["get", "symbol"], "head"]],
      layout: { ...font, "icon-image": ["concat", "plot/", ["get", "symbol"]], "icon-allow-overlap": true, "text-field": text, "text-anchor": "top", "text-offset": [0, 1.2], "text-allow-overlap": true },
      paint: words(plot),
    },
  ] as LayerSpecification[];
}
