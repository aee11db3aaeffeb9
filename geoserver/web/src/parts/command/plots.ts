/** Symbols that were plotted: features of the state whose `kind` begins with `plot/`; pure. */

import type { Feature, FeatureCollection, Position } from "geojson";
import { drawn, isPlot, rounded } from "../tools/drawing";
import type { Kind } from "../tools/drawing";
import type { Place } from "../tools/geodesy";

export const SYMBOLS = ["post", "medical", "block", "evacuation", "danger", "arrow"] as const;
export type Symbol = (typeof SYMBOLS)[number];

const PREFIX = "plot/";

/** What is set on the map for a symbol. */
export const shapeOf = (symbol: Symbol): Kind => (symbol === "danger" ? "polygon" : symbol === "arrow" ? "line" : "point");

export const symbolOf = (feature: Feature): Symbol | null =>
  isPlot(feature) ? (SYMBOLS.find((symbol) => feature.properties?.["kind"] === PREFIX + symbol) ?? null) : null;

export const labelOf = (feature: Feature): string => String(feature.properties?.["label"] ?? "");

/** A symbol where it was set; null while there are too few places. */
export function plotted(symbol: Symbol, places: readonly Place[]): Feature | null {
  const made = drawn(shapeOf(symbol), places);
  return made && { ...made, properties: { kind: PREFIX + symbol, label: "" } };
}

export const relabelled = (feature: Feature, label: string): Feature => ({ ...feature, properties: { ...feature.properties, label } });

/** Where a symbol begins: what a move puts elsewhere. */
export function anchorOf({ geometry }: Feature): Place {
  if (geometry.type === "Point") return geometry.coordinates as Place;
  const places = geometry.type === "Polygon" ? geometry.coordinates[0] : geometry.type === "LineString" ? geometry.coordinates : undefined;
  return (places?.[0] ?? [0, 0]) as Place;
}

/** The symbol with its anchor elsewhere, and the rest moved along. */
export function moved(feature: Feature, to: Place): Feature {
  const [x, y] = anchorOf(feature);
  const shift = ([lng = 0, lat = 0]: Position): Place => rounded([lng + to[0] - x, lat + to[1] - y]);
  const { geometry } = feature;
  if (geometry.type === "Point") return { ...feature, geometry: { ...geometry, coordinates: shift(geometry.coordinates) } };
  if (geometry.type === "LineString") return { ...feature, geometry: { ...geometry, coordinates: geometry.coordinates.map(shift) } };
  if (geometry.type === "Polygon") return { ...feature, geometry: { ...geometry, coordinates: geometry.coordinates.map((ring) => ring.map(shift)) } };
  return feature;
}

/** Degrees clockwise from north on the screen of a map, which keeps angles. */
export function heading([x1 = 0, y1 = 0]: Position, [x2 = 0, y2 = 0]: Position): number {
  const north = (lat: number): number => Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360));
  const angle = Math.atan2(((x2 - x1) * Math.PI) / 180, north(y2) - north(y1));
  return ((angle * 180) / Math.PI + 360) % 360;
}

/** What is drawn: each symbol with its number in the state, and the head of each arrow. */
export function drawable(features: readonly Feature[], words: (symbol: Symbol) => string): FeatureCollection {
  const found = features.flatMap((feature, at): Feature[] => {
    const symbol = symbolOf(feature);
    if (!symbol) return [];
    const properties = { at, symbol, text: labelOf(feature) || words(symbol) };
    const { geometry } = feature;
    const own: Feature = { type: "Feature", properties, geometry };
    if (geometry.type !== "LineString") return [own];
    const [before, last] = geometry.coordinates.slice(-2);
    if (!before || !last) return [own];
    return [own, { type: "Feature", properties: { ...properties, symbol: "head", turned: heading(before, last) }, geometry: { type: "Point", coordinates: last } }];
  });
  return { type: "FeatureCollection", features: found };
}

/** The plotted symbols alone, for other programs. */
export function exported(features: readonly Feature[], words: (symbol: Symbol) => string): string {
  const own = features.flatMap((feature) => {
    const symbol = symbolOf(feature);
    return symbol ? [{ ...feature, properties: { kind: PREFIX + symbol, symbol, name: labelOf(feature) || words(symbol) } }] : [];
  });
  return JSON.stringify({ type: "FeatureCollection", features: own.map((feature, at) => ({ ...feature, id: at + 1 })) }, null, 1);
}
