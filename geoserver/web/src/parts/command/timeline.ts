/** What happened about an incident, newest first; pure. */

import type { Limit, Past, Series } from "../../api/card";
import type { Act, Message } from "../../api/rail";
import { strictest, tierAt } from "../../charts/readings";
import type { Label, Tier } from "../../types";

export type Moment =
  | { kind: "message"; at: string; tier: Tier; msg: string; headline: Label }
  | { kind: "action"; at: string; act: Act }
  | { kind: "tier"; at: string; before: Tier | null; tier: Tier }
  | { kind: "reading"; at: string; tier: Tier; name: string; value: number; unit: string; limit: Limit };

/** QARTOD flags that reach a threshold. */
const USABLE: readonly number[] = [1, 2];

/** Where usable readings rose into a worse tier, a point at a time. */
export function crossings({ series }: Series): Moment[] {
  return series.flatMap(({ name, unit, thresholds, samples }): Moment[] => {
    const limits = strictest(thresholds);
    const found: Moment[] = [];
    let before: Tier | null = null;
    for (const [at, value, qc] of samples) {
      if (value === null || !USABLE.includes(qc)) continue;
      const tier = tierAt(value, limits);
      const limit = limits.filter((each) => each.tier === tier).at(-1);
      if (before !== null && tier > before && limit) found.push({ kind: "reading", at, tier, name, value, unit, limit });
      before = tier;
    }
    return found;
  });
}

/** Where the asset's tier changed. */
export function turns(history: readonly Past[]): Moment[] {
  const order = [...history].sort((a, b) => Date.parse(a.valid_at) - Date.parse(b.valid_at) || Date.parse(a.known_at) - Date.parse(b.known_at));
  return order.flatMap(({ valid_at: at, tier }, place): Moment[] => {
    const before = order[place - 1]?.tier ?? null;
    return before === tier ? [] : [{ kind: "tier", at, before, tier }];
  });
}

export interface Told {
  messages: readonly Message[];
  actions: readonly Act[];
}

export function timeline(told: Told | null, history: readonly Past[], series: Series | null): Moment[] {
  const messages = (told?.messages ?? []).map(({ sent_at: at, tier, msg_type: msg, headline }): Moment => ({ kind: "message", at, tier, msg, headline }));
  const actions = (told?.actions ?? []).map((act): Moment => ({ kind: "action", at: act.at, act }));
  const all = [...messages, ...actions, ...turns(history), ...(series ? crossings(series) : [])];
  return all.sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
}
