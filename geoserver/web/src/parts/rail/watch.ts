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
  /** Came, and was not heard yet: another sound was too near, or the browser silent. */
  readonly #unheard = new Set<Warning["id"]>();
  readonly #sound = new Sound(() => this.#tell());
  #soundedAt = -Infinity;
  readonly #listeners: (() => void)[] = [];

  constructor(private readonly context: Context) {
    const wake = (): void => {
      if (!this.#muted && !this.#sound.allowed) void this.#wake();
    };
    for (const gesture of ["pointerdown", "keydown"]) addEventListener(gesture, wake, { capture: true });
    setInterval(() => this.#hear(), LOOK_MS);
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
    for (const { id } of found) {
      this.#fresh.add(id);
      this.#unheard.add(id);
    }
    for (const ids of [this.#fresh, this.#unheard]) for (const id of ids) if (!this.#known.has(id)) ids.delete(id);
    this.#hear();
    return found;
  }

  #hear(): void {
    if (this.#muted) this.#unheard.clear();
    if (this.#muted || !this.#fresh.size || !this.#sound.allowed) return;
    const fresh = [...(this.#known?.values() ?? [])].filter(({ id }) => this.#fresh.has(id));
    const unheard = fresh.filter(({ id }) => this.#unheard.has(id));
    const tier = due(unheard, fresh.filter(waits), Date.now() - this.#soundedAt);
    if (tier === null) return;
    this.#soundedAt = Date.now();
    this.#unheard.clear();
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
