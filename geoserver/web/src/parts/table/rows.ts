/** Which rows of a long table are on the screen, and what their cells say. */

import type { Feature, Geometry } from "geojson";
import type { Field } from "../tools/fields";
import type { Tier } from "../../types";

export const ROW_PX = 30;
const AROUND = 12;
const FIRST = ["name", "asset_name", "tier", "state", "score", "headline"];

/** First and last row to draw, so that scrolling a little needs no drawing. */
export function windowOf(scrollTop: number, height: number, count: number): [from: number, to: number] {
  const from = Math.max(0, Math.floor(scrollTop / ROW_PX) - AROUND);
  return [Math.min(from, count), Math.min(count, Math.ceil((scrollTop + height) / ROW_PX) + AROUND)];
}

/** Properties in the order of columns: what it is called and how it stands first. The identifier is the id. */
export function columnsOf(fields: readonly Field[]): Field[] {
  const rank = ({ name }: Field): number => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
  return fields.filter(({ name }) => name !== "identifier").sort((a, b) => rank(a) - rank(b));
}

/** The next order after a click on a heading: up, down, none. */
export function turned(sort: string, name: string): string {
  return sort === name ? `-${name}` : sort === `-${name}` ? "" : name;
}

export const directionOf = (sort: string, name: string): "ascending" | "descending" | "none" =>
  sort === name ? "ascending" : sort === `-${name}` ? "descending" : "none";

type Row = Feature<Geometry | null>;

/** What a row of a dataset is about: a warning is about an asset, and a region goes by its code. */
export function subjectOf(dataset: string, { id, properties }: Row): { dataset: string; id: string } {
  if (dataset === "warning") return { dataset: String(properties?.["dataset"]), id: String(properties?.["asset_id"]) };
  return { dataset, id: String((dataset === "region" && properties?.["code"]) || id) };
}

/** Whether the value of a property is a warning tier. */
export const tierIn = (name: string, value: unknown): Tier | null => (name === "tier" && typeof value === "number" && value >= 0 && value <= 4 ? (value as Tier) : null);
