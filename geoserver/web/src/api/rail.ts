/** What the warnings rail asks of the duty desk. */

import { ask, get, part } from "../api";
import type { Desk, Label, Tier, Warning } from "../types";

export type ActKind = "acknowledge" | "assign" | "comment" | "escalate" | "close";

/** What a person wants to do; `key` makes sending it twice the same as once. */
export interface Wanted {
  kind: ActKind;
  who: string;
  to: string;
  text: string;
  reason: string;
  identifier: string;
}

export interface Act extends Wanted {
  number: number;
  at: string;
}

export interface Message {
  identifier: string;
  msg_type: string;
  tier: Tier;
  sent_at: string;
  headline: Label;
}

export interface History extends Warning {
  messages: Message[];
  actions: Act[];
}

const addressOf = (id: Warning["id"]): string => `/api/v1/warnings/${String(id).split("/").map(part).join("/")}`;

/** A warning with its messages and acts, as known at a time. */
export const history = (id: Warning["id"], asOf: string | null = null): Promise<History> =>
  get<History>(addressOf(id) + (asOf ? `?as_of=${part(asOf)}` : ""));

export async function act(id: Warning["id"], wanted: Wanted, key: string): Promise<Act & { desk: Desk }> {
  const answer = await ask(`${addressOf(id)}/actions`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify({ ...wanted, key }),
  });
  return (await answer.json()) as Act & { desk: Desk };
}
