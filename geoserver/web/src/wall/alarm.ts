/** Which new red warning takes the stage, and for how long; pure but for what it was told. */

import { arrivals, byUrgency } from "../parts/rail/order";
import type { Tier, Warning } from "../types";

const RED: Tier = 4;
export const STAGE_MS = 30_000;

export class Alarms {
  #before: Map<Warning["id"], Warning> | null = null;
  /** When each took the stage, ms. */
  readonly #since = new Map<Warning["id"], number>();

  /** Take the active warnings; what was there at the beginning is not news. */
  take(warnings: readonly Warning[], now: number): void {
    const known = new Map(warnings.map((warning) => [warning.id, warning]));
    if (this.#before) {
      for (const { id, tier } of arrivals(this.#before, warnings)) if (tier === RED) this.#since.set(id, now);
    }
    this.#before = known;
    for (const [id, since] of this.#since) {
      const warning = known.get(id);
      const over = now - since >= STAGE_MS || warning?.desk.state !== "unacknowledged" || warning.tier !== RED;
      if (over) this.#since.delete(id);
    }
  }

  /** Those on the stage, the one to show first. */
  staged(): Warning[] {
    const found = [...this.#since.keys()].map((id) => this.#before?.get(id)).filter((warning) => warning !== undefined);
    return found.sort((a, b) => (this.#since.get(b.id) ?? 0) - (this.#since.get(a.id) ?? 0) || byUrgency(a, b));
  }

  /** How long until the stage changes by itself, ms; null while it is free. */
  wait(now: number): number | null {
    const left = [...this.#since.values()].map((since) => since + STAGE_MS - now);
    return left.length ? Math.max(0, Math.min(...left)) : null;
  }
}
