/** What would be, and how well the warnings did. */

import { ApiFailure, get, problemOf } from "../api";
import type { Past } from "./card";
import type { WhatIf } from "../state";
import type { Counts, Label, Level, State, Tier } from "../types";

/** One thing that asks for another tier. */
export interface Reason {
  key: string;
  label: Label;
  before: Tier;
  tier: Tier;
  was: number | string | null;
  value: number | string | null;
  unit: string;
  threshold: string;
  clause: string;
  standing: string | null;
}

export interface Supposed {
  dataset: string;
  id: string;
  name: string;
  lon: number;
  lat: number;
  before: Tier;
  tier: Tier;
  score_before: number;
  score: number;
  state: State;
  because: Reason[];
}

export interface SupposedRegion {
  code: string;
  name: string;
  level: Level;
  before: Tier;
  tier: Tier;
  score_before: number | null;
  score: number | null;
  counts_before: Counts;
  counts: Counts;
}

export interface Answer {
  given: { rain_mm: number; hours: number; pga_g: number; pond_m: number };
  standing: Label & { key: string };
  run: string;
  at: string;
  region: string | null;
  counts: { before: Counts; after: Counts };
  changed: number;
  assets: Supposed[];
  regions: SupposedRegion[];
  unheard: { rain?: number; pond_level?: number };
  took_ms: { answer: number; made: Record<string, number> };
}

/** So many of so many, with its Wilson interval; null of none. */
export interface Rate {
  value: number | null;
  low: number;
  high: number;
  of: number;
  shown: string;
}

export interface TierScores {
  tier: Tier;
  hits: number;
  false_alarms: number;
  misses: number;
  pod: Rate;
  far: Rate;
  csi: Rate;
  lead_hours: { median: number | null; p10: number | null };
}

export interface Verification {
  warnings: { made_up: boolean; since: string; until: string; assets: number; incidents: number; tiers: TierScores[] };
}

/** The first answer after a run reads that run. */
const LIMIT_MS = 60_000;

/** The query of a supposition, the same for the answer and for the tiles of its cells. */
export function queryOf({ rain, hours, pga, pond }: WhatIf): string {
  const query = new URLSearchParams();
  if (rain) {
    query.set("rain_mm", String(rain));
    query.set("hours", String(hours));
  }
  if (pga) query.set("pga_g", String(pga));
  if (pond) query.set("pond_m", String(pond));
  return query.toString();
}

/** Ask what would be; `left` ends the asking, and the work with it. */
export async function ask(supposed: WhatIf, region: string | null, left: AbortSignal): Promise<Answer> {
  const path = `/api/v1/what-if?${[queryOf(supposed), region ? `region=${region}` : ""].filter(Boolean).join("&")}`;
  let answer: Response;
  try {
    const signal = AbortSignal.any([left, AbortSignal.timeout(LIMIT_MS)]);
    answer = await fetch(path, { headers: { Accept: "application/json" }, signal });
    if (answer.ok) return (await answer.json()) as Answer;
  } catch {
    throw new ApiFailure(path, 0, null);
  }
  throw new ApiFailure(path, answer.status, await problemOf(answer));
}

/** The figures of the newest report; null where it was taken away since the site was read. */
export async function verification(): Promise<Verification | null> {
  try {
    return await get<Verification>("/api/v1/verification");
  } catch (failure) {
    if (failure instanceof ApiFailure && failure.status === 404) return null;
    throw failure;
  }
}

export const history = (code: string): Promise<Past[]> => get<Past[]>(`/api/v1/regions/${encodeURIComponent(code)}/history`);
