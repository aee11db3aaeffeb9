/** What a wall and the phone that drives it say to one another. */

import { ask, part } from "../api";

/** What a wall was told last. */
export interface Told {
  name: string;
  /** Grows with everything told. */
  number: number;
  at: string | null;
  scene: string | null;
  playing: boolean | null;
  /** Something outside the loop: `region/<code>` or `asset/<dataset>/<id>`. */
  address: string | null;
  /** Scenes forward less scenes back, all told. */
  turn: number;
  /** Number of the word that chose `scene` or `address` last. */
  chosen: number;
  /** Screens that listen. */
  listening: number;
}

export interface Order {
  scene?: string;
  playing?: boolean;
  address?: string;
  step?: -1 | 1;
}

export const addressOf = (name: string): string => `/api/v1/walls/${part(name)}`;

export async function drive(name: string, order: Order): Promise<Told> {
  const answer = await ask(addressOf(name), {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify(order),
  });
  return (await answer.json()) as Told;
}
