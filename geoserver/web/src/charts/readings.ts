/** What a chart of readings shows: lines with gaps, doubted values apart, the limits that fit, and those beyond. */

import type { Limit, PointSeries, Sample } from "../api/card";
import type { Tier } from "../types";

export type Place = [at: number, value: number | null];

/** One line of a chart. */
export interface Line {
  pointId: string;
  name: string;
  /** Usable values; null breaks the line. */
  usable: Place[];
  /** Suspect and failed values: drawn hollow, joined with nothing. */
  doubted: { at: number; value: number; qc: number }[];
}

/** QARTOD: good and not evaluated reach a threshold, nothing else does. */
const USABLE: readonly number[] = [1, 2];
const MARGIN = 0.08;
/** A limit further away than so many times what the readings span is told in words; the nearest may be further. */
const REACH = 1.5;
const REACH_OF_NEAREST = 20;

export function lineOf({ point_id: pointId, name, samples }: PointSeries): Line {
  const usable: Place[] = [];
  const doubted: Line["doubted"] = [];
  for (const [text, value, qc] of samples) {
    const at = Date.parse(text);
    if (value !== null && !USABLE.includes(qc)) doubted.push({ at, value, qc });
    usable.push([at, value !== null && USABLE.includes(qc) ? value : null]);
  }
  return { pointId, name, usable, doubted };
}

/** The last usable sample of a series. */
export function lastUsable(samples: readonly Sample[]): Sample | null {
  return [...samples].reverse().find(([, value, qc]) => value !== null && USABLE.includes(qc)) ?? null;
}

/** Of several limits of a tier and direction the one that is reached first. */
export function strictest(limits: readonly Limit[]): Limit[] {
  const found = new Map<string, Limit>();
  for (const limit of limits) {
    const key = `${limit.tier}/${limit.direction}`;
    const other = found.get(key);
    const nearer = limit.direction === "above" ? limit.value < (other?.value ?? Infinity) : limit.value > (other?.value ?? -Infinity);
    if (nearer) found.set(key, limit);
  }
  return [...found.values()].sort((a, b) => a.tier - b.tier);
}

/** The tier that a value has by limits alone. */
export function tierAt(value: number, limits: readonly Limit[]): Tier {
  const passed = limits.filter((limit) => (limit.direction === "above" ? value >= limit.value : value <= limit.value));
  return Math.max(0, ...passed.map(({ tier }) => tier)) as Tier;
}

export interface Frame {
  low: number;
  high: number;
  /** Limits inside the frame, and those beyond it. */
  inside: Limit[];
  beyond: Limit[];
}

/**
 * What the value axis spans: every usable reading, and limits that are near enough not to flatten them; the
 * next limit that would be reached is always inside where it is within the reach.
 */
export function frameOf(lines: readonly Line[], limits: readonly Limit[]): Frame {
  const values = lines.flatMap(({ usable }) => usable.map(([, value]) => value)).filter((value) => value !== null);
  if (!values.length) return { low: 0, high: 1, inside: [], beyond: [...limits] };
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const span = Math.max(most - least, Math.abs(most) * 1e-3, 1e-6);
  const nearest = Math.min(...limits.map(({ value }) => away(value, least, most)));
  const reach = Math.max(span * REACH, Number.isFinite(nearest) && nearest <= span * REACH_OF_NEAREST ? nearest * 1.001 : 0);
  const inside = limits.filter(({ value }) => away(value, least, most) <= reach);
  const edges = [least, most, ...inside.map(({ value }) => value)];
  const [low, high] = [Math.min(...edges), Math.max(...edges)];
  const room = Math.max(high - low, span) * MARGIN;
  return { low: low - room, high: high + room, inside, beyond: limits.filter((limit) => !inside.includes(limit)) };
}

const away = (value: number, least: number, most: number): number => (value < least ? least - value : value > most ? value - most : 0);

/** A value that lies outside the frame is drawn at its edge. */
export const pinned = (value: number, { low, high }: Frame): number => Math.min(high, Math.max(low, value));

/** Digits after the point that tell ticks of a span apart. */
export function decimals(span: number): number {
  return span > 0 ? Math.min(6, Math.max(0, Math.ceil(-Math.log10(span)) + 1)) : 0;
}

/** Move places, in pixels, apart until neighbours are `gap` from each other, as little as that takes. */
export function spread(places: readonly number[], gap: number): number[] {
  const order = places.map((_, index) => index).sort((a, b) => (places[a] ?? 0) - (places[b] ?? 0));
  // Runs of labels that touch are centred on the mean of where they belong.
  const runs: { members: number[]; middle: number }[] = [];
  for (const index of order) {
    let run = { members: [index], middle: places[index] ?? 0 };
    for (let before = runs.at(-1); before && run.middle - before.middle < (gap * (run.members.length + before.members.length)) / 2; before = runs.at(-1)) {
      runs.pop();
      const members = [...before.members, ...run.members];
      run = { members, middle: members.reduce((sum, each) => sum + (places[each] ?? 0), 0) / members.length };
    }
    runs.push(run);
  }
  const moved = [...places];
  for (const { members, middle } of runs) members.forEach((each, at) => (moved[each] = middle + (at - (members.length - 1) / 2) * gap));
  return moved;
}
