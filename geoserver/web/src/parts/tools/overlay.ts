/** How drawings, and what is being drawn, look on the map. */

import type { Feature, FeatureCollection } from "geojson";
import type { GeoJSONSource, LayerSpecification } from "maplibre-gl";
import type { OneMap } from "../../map/view";
import type { Theme } from "../../state";
import { figuresOf, isPlot, kindOf, metres, shapeOf, squareMetres, verticesOf } from "./drawing";
import type { Place } from "./geodesy";

export const HANDLES = "drawings:handles";
const SOURCE = "drawings";
const LIVE = "drawings-live";
const INK: Record<Theme, [line: string, halo: string]> = { day: ["#7a1f6b", "#ffffff"], night: ["#f3a6e4", "#10171d"] };

/** The drawings with their figures beside them. */
export function finished(drawings: readonly Feature[]): FeatureCollection {
  return collection(
    drawings.flatMap((drawing, at): Feature[] => {
      if (isPlot(drawing)) return [];
      const geometry = shapeOf(drawing);
      const figures = figuresOf(geometry);
      const text = figures ? (figures.area === null ? metres(figures.length) : squareMetres(figures.area)) : "";
      const properties = { at, kind: kindOf(drawing), text };
      return [{ type: "Feature", properties, geometry }];
    }),
  );
}

/** What is being set, and the handles of what is edited. */
export function live(shape: Feature | null, vertices: readonly Place[], edited: Feature | null): FeatureCollection {
  const features: Feature[] = shape ? [{ ...shape, geometry: shapeOf(shape), properties: { role: "shape" } }] : [];
  features.push(...vertices.map((place, at) => point(place, { role: "vertex", at })));
  if (edited) {
    const corners = verticesOf(edited);
    features.push(...corners.map((place, at) => point(place, { role: "handle", at, between: false })));
    const closed = edited.geometry.type === "Polygon";
    const steps = edited.geometry.type === "Point" ? [] : corners.slice(0, closed ? undefined : -1);
    features.push(
      ...steps.map((from, at) => {
        const to = corners[(at + 1) % corners.length] ?? from;
        return point([(from[0] + to[0]) / 2, (from[1] + to[1]) / 2], { role: "handle", at, between: true });
      }),
    );
  }
  return collection(features);
}

/** Draw both above the layers; with `soon` only new data goes to the map, as often as the pointer moves. */
export function show(map: OneMap, theme: Theme, drawings: FeatureCollection, sketched: FeatureCollection, soon: boolean): void {
  const source = map.chart.getSource<GeoJSONSource>(LIVE);
  if (soon && source) return void source.setData(sketched);
  const sources = { [SOURCE]: { type: "geojson" as const, data: drawings }, [LIVE]: { type: "geojson" as const, data: sketched } };
  map.overlay(SOURCE, { sources, layers: layers(...INK[theme]) });
}

export const hide = (map: OneMap | null): void => map?.overlay(SOURCE, null);

function layers(ink: string, halo: string): LayerSpecification[] {
  const text = { "text-field": ["get", "text"], "text-font": ["sans-serif"], "text-size": 13, "text-allow-overlap": true };
  const words = { "text-color": ink, "text-halo-color": halo, "text-halo-width": 1.8 };
  return [
    { id: "drawings:fill", type: "fill", source: SOURCE, filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": ink, "fill-opacity": 0.12 } },
    { id: "drawings:casing", type: "line", source: SOURCE, paint: { "line-color": halo, "line-width": 5, "line-opacity": 0.8 } },
    { id: "drawings:line", type: "line", source: SOURCE, paint: { "line-color": ink, "line-width": 2.4 } },
    {
      id: "drawings:point",
      type: "circle",
      source: SOURCE,
      filter: ["==", ["get", "kind"], "point"],
      paint: { "circle-radius": 6, "circle-color": ink, "circle-stroke-color": halo, "circle-stroke-width": 2 },
    },
    { id: "drawings:text", type: "symbol", source: SOURCE, filter: ["==", ["geometry-type"], "Polygon"], layout: text, paint: words },
    { id: "drawings:along", type: "symbol", source: SOURCE, filter: ["==", ["geometry-type"], "LineString"], layout: { ...text, "symbol-placement": "line-center", "text-offset": [0, -1] }, paint: words },
    { id: "drawings:sketch", type: "fill", source: LIVE, filter: ["all", ["==", ["get", "role"], "shape"], ["==", ["geometry-type"], "Polygon"]], paint: { "fill-color": ink, "fill-opacity": 0.1 } },
    { id: "drawings:edge", type: "line", source: LIVE, filter: ["==", ["get", "role"], "shape"], paint: { "line-color": ink, "line-width": 2, "line-dasharray": [2, 1.5] } },
    { id: "drawings:vertex", type: "circle", source: LIVE, filter: ["==", ["get", "role"], "vertex"], paint: { "circle-radius": 4, "circle-color": ink, "circle-stroke-color": halo, "circle-stroke-width": 1.5 } },
    {
      id: HANDLES,
      type: "circle",
      source: LIVE,
      filter: ["==", ["get", "role"], "handle"],
      paint: {
        "circle-radius": ["case", ["get", "between"], 5, 8],
        "circle-color": halo,
        "circle-opacity": ["case", ["get", "between"], 0.7, 1],
        "circle-stroke-color": ink,
        "circle-stroke-width": 2,
      },
    },
  ] as LayerSpecification[];
}

const point = (place: Place, properties: Record<string, unknown>): Feature => ({ type: "Feature", properties, geometry: { type: "Point", coordinates: place } });
const collection = (features: Feature[]): FeatureCollection => ({ type: "FeatureCollection", features });
