/** Conditions as a tree of rules and groups, printed as CQL2 text. */

import type { Geometry, Position } from "geojson";

export type Type = "string" | "integer" | "number" | "boolean" | "date" | "datetime";
export type Operator = "=" | "<>" | "<" | "<=" | ">" | ">=" | "like" | "in" | "isNull" | "isNotNull";

export interface Rule {
  kind: "rule";
  property: string;
  type: Type;
  op: Operator;
  /** As typed; several of `in` are divided by commas. */
  value: string;
}

/** What lies in, or touches, a drawing. */
export interface PlaceRule {
  kind: "place";
  op: "S_INTERSECTS" | "S_WITHIN";
  geometry: Geometry;
}

export interface Group {
  kind: "group";
  op: "and" | "or";
  parts: Condition[];
}

export type Condition = Rule | PlaceRule | Group;

/** Operators that make sense for a type, the likeliest first. */
export function operatorsOf(type: Type, coded: boolean): readonly Operator[] {
  if (type === "boolean") return ["=", "isNull", "isNotNull"];
  if (type === "string") return coded ? ["=", "<>", "in", "isNull", "isNotNull"] : ["like", "=", "<>", "in", "isNull", "isNotNull"];
  return ["=", "<>", "<", "<=", ">", ">=", ...(type === "integer" ? (["in"] as const) : []), "isNull", "isNotNull"];
}

export const takesValue = (op: Operator): boolean => op !== "isNull" && op !== "isNotNull";

/** The whole tree as CQL2 text; empty when it selects everything. */
export const printed = (tree: Group): string => joined(tree, false);

function joined({ op, parts }: Group, inner: boolean): string {
  const texts = parts.map((part) => (part.kind === "group" ? joined(part, true) : conditionOf(part))).filter(Boolean);
  const text = texts.join(op === "and" ? " AND " : " OR ");
  return inner && texts.length > 1 ? `(${text})` : text;
}

/** One condition; empty while it is not filled in. */
export function conditionOf(rule: Rule | PlaceRule): string {
  if (rule.kind === "place") return `${rule.op}(geometry, ${wkt(rule.geometry)})`;
  const name = named(rule.property);
  if (rule.op === "isNull") return `${name} IS NULL`;
  if (rule.op === "isNotNull") return `${name} IS NOT NULL`;
  if (rule.op === "in") {
    const values = rule.value.split(/[,，]/).map((text) => literal(text.trim(), rule.type)).filter((text) => text !== null);
    return values.length ? `${name} IN (${values.join(", ")})` : "";
  }
  if (rule.op === "like") {
    const text = rule.value.replace(/[%_\\]/g, "\\$&");
    return text ? `CASEI(${name}) LIKE CASEI(${quoted(`%${text}%`)})` : "";
  }
  const value = literal(rule.value.trim(), rule.type);
  return value === null ? "" : `${name} ${rule.op} ${value}`;
}

function literal(text: string, type: Type): string | null {
  if (!text) return null;
  switch (type) {
    case "integer":
    case "number": {
      const number = Number(text);
      return Number.isFinite(number) && (type === "number" || Number.isInteger(number)) ? String(number) : null;
    }
    case "boolean":
      return text === "true" ? "TRUE" : text === "false" ? "FALSE" : null;
    case "date":
      return /^\d{4}-\d{2}-\d{2}$/.test(text) ? `DATE('${text}')` : null;
    case "datetime": {
      if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return `DATE('${text}')`;
      const at = Date.parse(text);
      return Number.isNaN(at) ? null : `TIMESTAMP('${new Date(at).toISOString()}')`;
    }
    default:
      return quoted(text);
  }
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Words that CQL2 reads as its own. */
const RESERVED = /^(and|or|not|like|between|in|is|null|true|false|date|timestamp|interval|div|casei|accenti|point|polygon|bbox)$/i;

const named = (name: string): string => (/^[a-z_]\w*$/i.test(name) && !RESERVED.test(name) ? name : `"${name.replaceAll('"', '""')}"`);

const position = ([x = 0, y = 0]: Position): string => `${x} ${y}`;
const line = (places: Position[]): string => `(${places.map(position).join(", ")})`;
const area = (rings: Position[][]): string => `(${rings.map(line).join(", ")})`;

/** Well-known text of a geometry. */
export function wkt(geometry: Geometry): string {
  switch (geometry.type) {
    case "Point":
      return `POINT(${position(geometry.coordinates)})`;
    case "MultiPoint":
      return `MULTIPOINT(${geometry.coordinates.map((place) => `(${position(place)})`).join(", ")})`;
    case "LineString":
      return `LINESTRING${line(geometry.coordinates)}`;
    case "MultiLineString":
      return `MULTILINESTRING(${geometry.coordinates.map(line).join(", ")})`;
    case "Polygon":
      return `POLYGON${area(geometry.coordinates)}`;
    case "MultiPolygon":
      return `MULTIPOLYGON(${geometry.coordinates.map(area).join(", ")})`;
    case "GeometryCollection":
      return `GEOMETRYCOLLECTION(${geometry.geometries.map(wkt).join(", ")})`;
  }
}
