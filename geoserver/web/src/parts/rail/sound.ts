/** The sounds of the tiers, made by the browser itself, and when they are due. */

import type { Tier, Warning } from "../../types";

interface Tone {
  /** Hz. */
  pitch: number;
  /** s. */
  length: number;
}

/** Rising and insistent for red, one soft tone for yellow, nothing for blue. */
export const SOUNDS: Partial<Record<Tier, readonly Tone[]>> = {
  4: [880, 1175, 1568, 880, 1175, 1568].map((pitch) => ({ pitch, length: 0.14 })),
  3: [784, 988].map((pitch) => ({ pitch, length: 0.2 })),
  2: [{ pitch: 660, length: 0.25 }],
};

/** How long an unanswered tier stays quiet before it is heard again, ms. */
const AGAIN: Partial<Record<Tier, number>> = { 4: 30_000, 3: 120_000 };
/** Two sounds are never nearer, ms. */
const APART = 3_000;
const LOUD = 0.16;
const PAUSE = 0.04;

/** The tier whose sound is due: of what is new at once, of what waits after a while; null for none. */
export function due(fresh: readonly Warning[], waiting: readonly Warning[], sinceLast: number): Tier | null {
  if (sinceLast < APART) return null;
  const worst = worstOf(fresh);
  if (worst !== null) return worst;
  const still = worstOf(waiting);
  const patience = still === null ? undefined : AGAIN[still];
  return patience !== undefined && sinceLast >= patience ? still : null;
}

function worstOf(warnings: readonly Warning[]): Tier | null {
  const worst = warnings.reduce<Tier>((found, { tier }) => (tier > found ? tier : found), 0);
  return worst in SOUNDS ? worst : null;
}

export class Sound {
  #context: AudioContext | null = null;

  /** `changed` is called when the browser lets the page be heard, or does not any more. */
  constructor(private readonly changed: () => void) {}

  /** Whether the browser lets the page be heard: only after somebody has clicked or typed. */
  get allowed(): boolean {
    return this.#context?.state === "running";
  }

  /** Ask to be heard; to be called from a click or a key. */
  async wake(): Promise<void> {
    this.#context ??= new AudioContext();
    this.#context.onstatechange = this.changed;
    await this.#context.resume();
  }

  play(tier: Tier): void {
    const context = this.#context;
    if (context?.state !== "running") return;
    let at = context.currentTime;
    for (const { pitch, length } of SOUNDS[tier] ?? []) {
      const [tone, volume] = [context.createOscillator(), context.createGain()];
      tone.type = "triangle";
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0, at);
      volume.gain.linearRampToValueAtTime(LOUD, at + 0.015);
      volume.gain.linearRampToValueAtTime(0, at + length);
      tone.connect(volume).connect(context.destination);
      tone.start(at);
      tone.stop(at + length);
      at += length + PAUSE;
    }
  }
}
