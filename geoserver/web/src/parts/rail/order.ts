/** Which warnings the rail shows, and in which order; pure. */

import type { DeskState, Tier, Warning } from "../../types";

/** `waiting` are those that somebody must answer. */
export type DeskFilter = DeskState | "waiting";

export interface RailFilter {
  /** Null for any. */
  desk: DeskFilter | null;
  /** Dataset of the asset, null for any. */
  kind: string | null;
  text: string;
  mine: boolean;
}

export const NO_FILTER: RailFilter = { desk: null, kind: null, text: "", mine: false };

/** Whether somebody must answer it. */
export const waits = ({ desk }: Warning): boolean => desk.state === "unacknowledged" || desk.state === "escalated";

const REST: Record<DeskState, number> = { unacknowledged: 0, escalated: 0, acknowledged: 1, closed: 2 };
const NEVER = "9999";

/** Worst first; of one tier those that wait before those that were answered, the nearest deadline first, then the newest. */
export const byUrgency = (a: Warning, b: Warning): number =>
  b.tier - a.tier ||
  REST[a.desk.state] - REST[b.desk.state] ||
  compare(a.desk.due_at ?? NEVER, b.desk.due_at ?? NEVER) ||
  compare(b.updated_at, a.updated_at) ||
  compare(String(a.id), String(b.id));

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** What the rail lists. */
export function listed(warnings: readonly Warning[], hidden: readonly Tier[], filter: RailFilter, who: string): Warning[] {
  return warnings.filter((warning) => !hidden.includes(warning.tier) && passes(warning, filter, who)).sort(byUrgency);
}

function passes(warning: Warning, { desk, kind, text, mine }: RailFilter, who: string): boolean {
  if (desk === "waiting" ? !waits(warning) : desk !== null && warning.desk.state !== desk) return false;
  if (kind !== null && warning.dataset !== kind) return false;
  if (mine && !(who && [warning.desk.by, warning.desk.assigned_to].includes(who))) return false;
  const wanted = text.trim().toLowerCase();
  return !wanted || wordsOf(warning).some((word) => word.toLowerCase().includes(wanted));
}

const wordsOf = ({ headline, asset_name, asset_id, region, desk }: Warning): string[] => [
  headline.zh,
  headline.en,
  asset_name,
  asset_id,
  region?.name ?? "",
  desk.assigned_to ?? "",
  desk.by ?? "",
];

/** How many of the worst tier a filter keeps from sight, so that it can be said. */
export function unseen(warnings: readonly Warning[], shown: readonly Warning[]): number {
  const seen = new Set(shown.map(({ id }) => id));
  return warnings.filter(({ tier, id }) => tier === RED && !seen.has(id)).length;
}

const RED: Tier = 4;

/** What is new since before: warnings not known yet, or whose last message asks for a new answer. */
export function arrivals(before: ReadonlyMap<Warning["id"], Warning>, now: readonly Warning[]): Warning[] {
  return now.filter((warning) => {
    const known = before.get(warning.id);
    if (!known) return warning.desk.state === "unacknowledged";
    return known.identifier !== warning.identifier && warning.tier > known.tier;
  });
}

/** Write a filter for the address, empty when it keeps everything. */
export function writeRailFilter({ desk, kind, text, mine }: RailFilter): string {
  const words = [desk ?? "", kind ?? "", mine ? "mine" : "", text];
  return words.some(Boolean) ? words.join(":") : "";
}

const DESK: readonly DeskFilter[] = ["waiting", "unacknowledged", "acknowledged", "escalated", "closed"];

export function readRailFilter(written: string | null): RailFilter {
  const [desk, kind, mine, ...text] = (written ?? "").split(":");
  return {
    desk: DESK.find((word) => word === desk) ?? null,
    kind: kind && /^\w+$/.test(kind) ? kind : null,
    mine: mine === "mine",
    text: text.join(":"),
  };
}
