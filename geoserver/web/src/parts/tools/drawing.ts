/** What is drawn on the map: GeoJSON features of the state; a circle is a point with `km`. */

import type { Feature, Geometry, Position } from "geojson";
import { areaOf, circle, lengthOf, type Place } from "./geodesy";

export type Kind = "point" | "line" | "polygon" | "circle";

const DIGITS = 1e5;

export const rounded = ([x = 0, y = 0]: Position): Place => [Math.round(x * DIGITS) / DIGITS, Math.round(y * DIGITS) / DIGITS];

/** Kilometres of a circle or a buffer. */
export const kmOf = (drawing: Feature): number | null => {
  const km = Number(drawing.properties?.["km"]);
  return Number.isFinite(km) && km > 0 ? km : null;
};

/** A symbol of the command workplace: shown and edited there. */
export const isPlot = (drawing: Feature): boolean => String(drawing.properties?.["kind"] ?? "").startsWith("plot/");

export const isBuffer = (drawing: Feature): boolean => drawing.properties?.["buffer"] === true;

export function kindOf(drawing: Feature): Kind {
  if (drawing.geometry.type === "Point") return kmOf(drawing) ? "circle" : "point";
  return drawing.geometry.type === "LineString" ? "line" : "polygon";
}

/** The feature of the vertices that were set; null while there are too few. */
export function drawn(kind: Kind, vertices: readonly Place[], km: number | null = null): Feature | null {
  const places = vertices.map(rounded);
  const [first] = places;
  if (!first) return null;
  if (kind === "point") return feature({ type: "Point", coordinates: first });
  if (kind === "circle") return km ? feature({ type: "Point", coordinates: first }, { km: Math.round(km * 1000) / 1000 }) : null;
  if (kind === "line") return places.length > 1 ? feature({ type: "LineString", coordinates: places }) : null;
  return places.length > 2 ? feature({ type: "Polygon", coordinates: [[...places, first]] }) : null;
}

const feature = (geometry: Geometry, properties: Record<string, unknown> = {}): Feature => ({ type: "Feature", properties, geometry });

/** The outline that is meant: a circle as a polygon. */
export function shapeOf(drawing: Feature): Geometry {
  const km = kmOf(drawing);
  if (drawing.geometry.type !== "Point" || !km) return drawing.geometry;
  return { type: "Polygon", coordinates: [circle(drawing.geometry.coordinates as Place, km * 1000).map(rounded)] };
}

/** Vertices that can be moved; a buffer comes from elsewhere and has none. */
export function verticesOf(drawing: Feature): Place[] {
  const { geometry } = drawing;
  if (isBuffer(drawing)) return [];
  if (geometry.type === "Point") return [geometry.coordinates as Place];
  if (geometry.type === "LineString") return geometry.coordinates as Place[];
  return geometry.type === "Polygon" ? ((geometry.coordinates[0] ?? []).slice(0, -1) as Place[]) : [];
}

/** The same drawing with other vertices; null when too few are left. */
export const withVertices = (drawing: Feature, vertices: readonly Place[]): Feature | null =>
  drawn(kindOf(drawing), vertices, kmOf(drawing));

export interface Figures {
  /** Metres: along a line, around an area. */
  length: number;
  /** Square metres. */
  area: number | null;
}

/** Length and area on the ellipsoid; null of a point. */
export function figuresOf(geometry: Geometry): Figures | null {
  switch (geometry.type) {
    case "LineString":
      return { length: lengthOf(geometry.coordinates), area: null };
    case "Polygon": {
      const [outer = [], ...holes] = geometry.coordinates;
      return { length: lengthOf(outer), area: areaOf(outer) - holes.reduce((sum, hole) => sum + areaOf(hole), 0) };
    }
    case "MultiPolygon": {
      const parts = geometry.coordinates.map((coordinates) => figuresOf({ type: "Polygon", coordinates }));
      return { length: parts.reduce((sum, each) => sum + (each?.length ?? 0), 0), area: parts.reduce((sum, each) => sum + (each?.area ?? 0), 0) };
    }
    default:
      return null;
  }
}

/** "842.6 m", "12.35 km". */
export function metres(length: number): string {
  return length < 1000 ? `${length.toFixed(1)} m` : `${grouped(length / 1000)} km`;
}

/** "842.6 m²", "12.35 km²"; hectares are for mines. */
export function squareMetres(area: number): string {
  if (area < 10_000) return `${area.toFixed(1)} m²`;
  return area < 1e6 ? `${grouped(area / 1e4)} hm²` : `${grouped(area / 1e6)} km²`;
}

const grouped = (number: number): string => number.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** What other programs can read: circles as polygons, lengths and areas as properties. */
export function exported(drawings: readonly Feature[]): string {
  const features = drawings.map((drawing, at) => {
    const geometry = shapeOf(drawing);
    const figures = figuresOf(geometry);
    const measured = figures ? { length_m: round(figures.length), ...(figures.area === null ? {} : { area_m2: round(figures.area) }) } : {};
    return { type: "Feature", id: at + 1, properties: { ...drawing.properties, kind: kindOf(drawing), ...measured }, geometry };
  });
  return JSON.stringify({ type: "FeatureCollection", features }, null, 1);
}

const round = (number: number): number => Math.round(number * 1000) / 1000;

/** A list with one part put in place of `taken` others. */
export const spliced = <T>(list: readonly T[], at: number, taken: number, ...put: T[]): T[] => [...list.slice(0, at), ...put, ...list.slice(at + taken)];
