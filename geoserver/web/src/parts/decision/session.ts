/** The answer to what is supposed: asked once for all parts that show it, the one before given up. */

import { ApiFailure } from "../../api";
import { type Answer, ask } from "../../api/decision";
import type { Context } from "../../context";
import { later } from "../../dom";
import { NATION, type Store, type WhatIf } from "../../state";
import { NOTHING as SUPPOSING_NOTHING, supposedOf } from "./supposed";

const WAIT_MS = 180;

export interface Standing {
  /** What is supposed, null where nothing is. */
  supposed: WhatIf | null;
  /** Of the whole site, and of the opened region. */
  whole: Answer | null;
  here: Answer | null;
  asking: boolean;
  failed: string | null;
}

const NOTHING: Standing = { supposed: null, whole: null, here: null, asking: false, failed: null };

export class Session {
  standing: Standing = NOTHING;
  readonly #watchers = new Set<(standing: Standing) => void>();
  #left = new AbortController();
  #asked = "";
  #run = "";
  #warmed = false;
  /** The answer for the whole site to what is supposed now. */
  #known: Answer | null = null;
  readonly #soon = later(() => void this.#ask(), WAIT_MS);

  constructor(private readonly context: Context) {
    context.store.watch(() => this.follow());
  }

  /** Call `watcher` now and after every change, until what is returned is called. */
  watch(watcher: (standing: Standing) => void): () => void {
    this.#watchers.add(watcher);
    watcher(this.standing);
    return () => this.#watchers.delete(watcher);
  }

  /** Ask for what the state supposes, where that is not what is asked for already. */
  follow(): void {
    const { state } = this.context.store;
    const supposed = supposedOf(state);
    const run = this.context.data.site?.run?.id ?? "";
    const asked = supposed ? JSON.stringify([supposed, state.region, run]) : "";
    if (asked === this.#asked) return;
    this.#asked = asked;
    this.#left.abort();
    // What a run has found is never hidden under an answer to the run before.
    const before = run === this.#run ? this.standing : NOTHING;
    this.#run = run;
    if (!supposed) return this.#stand(NOTHING);
    const same = JSON.stringify(before.supposed) === JSON.stringify(supposed);
    // The answer before stays on the screen until the next is there, but never as that of another region.
    this.#stand({ supposed, whole: before.whole, here: null, asking: true, failed: null });
    if (!same) this.#known = null;
    this.#soon();
  }

  /** Let the server read the last run before somebody waits for it; a failure is told when it matters. */
  warm(): void {
    if (this.#warmed) return;
    this.#warmed = true;
    ask(SUPPOSING_NOTHING, null, new AbortController().signal).catch(() => (this.#warmed = false));
  }

  retry(): void {
    this.#asked = "";
    this.follow();
  }

  async #ask(): Promise<void> {
    const { supposed } = this.standing;
    if (!supposed) return;
    this.#left.abort();
    const { signal } = (this.#left = new AbortController());
    const { region } = this.context.store.state;
    try {
      const whole = this.#known ?? (await ask(supposed, null, signal));
      this.#known = whole;
      const here = region === NATION ? whole : await ask(supposed, region, signal);
      if (!signal.aborted) this.#stand({ supposed, whole, here, asking: false, failed: null });
    } catch (failure) {
      if (signal.aborted) return;
      if (!(failure instanceof ApiFailure)) throw failure;
      this.#stand({ ...this.standing, whole: this.#known, asking: false, failed: failure.status ? failure.message : "" });
    }
  }

  #stand(standing: Standing): void {
    this.standing = standing;
    for (const watcher of this.#watchers) watcher(standing);
  }
}

const SESSIONS = new WeakMap<Store, Session>();

/** The one session of a page. */
export function sessionOf(context: Context): Session {
  const found = SESSIONS.get(context.store) ?? new Session(context);
  SESSIONS.set(context.store, found);
  found.follow();
  return found;
}
