/** What the rail and the strip of alarms have in common: what is new, and whether it may be heard. */

import type { Context } from "../../context";
import type { Warning } from "../../types";
import { isMuted, rememberMuted } from "./officer";
import { arrivals, waits } from "./order";
import { due, Sound } from "./sound";

const LOOK_MS = 1_000;

export class Watch {
  /** Brings the keyboard to the rail; the rail itself says how. */
  focus: () => void = () => {};
  #muted = isMuted();
  #known: Map<Warning["id"], Warning> | null = null;
  /** Came while the page was open: blinks and sounds until somebody has answered. */
  readonly #fresh = new Set<Warning["id"]>();
  readonly #sound = new Sound();
  #soundedAt = -Infinity;
  readonly #listeners: (() => void)[] = [];

  constructor(private readonly context: Context) {
    const wake = (): void => {
      if (!this.#muted) void this.#wake();
    };
    for (const gesture of ["pointerdown", "keydown"]) addEventListener(gesture, wake, { once: true, capture: true });
    setInterval(() => this.#remind(), LOOK_MS);
  }

  /** The warnings active now, also while the page shows the past. */
  get present(): readonly Warning[] | null {
    return this.context.data[this.context.store.state.asOf ? "present" : "warnings"];
  }

  /** The server's clock, ms. */
  now = (): number => Date.now() + this.context.data.connection.offset;

  get muted(): boolean {
    return this.#muted;
  }

  get audible(): boolean {
    return !this.#muted && this.#sound.allowed;
  }

  watch(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Switch sound and blinking off or on; where the browser kept the page silent, let it be heard. */
  toggle(): void {
    if (this.#muted || this.#sound.allowed) {
      this.#muted = !this.#muted;
      rememberMuted(this.#muted);
    }
    if (!this.#muted) void this.#wake();
    this.#tell();
  }

  blinks = (warning: Warning): boolean => !this.#muted && this.#fresh.has(warning.id) && warning.desk.state === "unacknowledged";

  /** Take the list as it is now; return what is new in it. Nothing is new in the first. */
  take(): Warning[] {
    const warnings = this.present;
    if (!warnings) return [];
    const found = this.#known ? arrivals(this.#known, warnings) : [];
    this.#known = new Map(warnings.map((warning) => [warning.id, warning]));
    for (const { id } of found) this.#fresh.add(id);
    for (const id of this.#fresh) if (!this.#known.has(id)) this.#fresh.delete(id);
    this.#hear(found);
    return found;
  }

  #remind(): void {
    if (this.#fresh.size) this.#hear([]);
  }

  #hear(found: readonly Warning[]): void {
    if (this.#muted || !this.#sound.allowed) return;
    const waiting = [...(this.#known?.values() ?? [])].filter((warning) => this.#fresh.has(warning.id) && waits(warning));
    const tier = due(found, waiting, Date.now() - this.#soundedAt);
    if (tier === null) return;
    this.#soundedAt = Date.now();
    this.#sound.play(tier);
  }

  async #wake(): Promise<void> {
    await this.#sound.wake();
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

const watches = new WeakMap<Context, Watch>();

/** The one of a page. */
export function watchOf(context: Context): Watch {
  const known = watches.get(context) ?? new Watch(context);
  watches.set(context, known);
  return known;
}
