/** What a wall and the phone that drives it say to one another. */

import { ApiFailure, part, problemOf } from "../api";

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
  /** Screens that listen. */
  listening: number;
}

export interface Order {
  scene?: string;
  playing?: boolean;
  address?: string;
  step?: -1 | 1;
}

const TIME_LIMIT_MS = 10_000;

export const addressOf = (name: string): string => `/api/v1/walls/${part(name)}`;

export async function drive(name: string, order: Order): Promise<Told> {
  const path = addressOf(name);
  let answer: Response;
  try {
    answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify(order),
      signal: AbortSignal.timeout(TIME_LIMIT_MS),
    });
  } catch {
    throw new ApiFailure(path, 0, null);
  }
  if (!answer.ok) throw new ApiFailure(path, answer.status, await problemOf(answer));
  return (await answer.json()) as Told;
}
