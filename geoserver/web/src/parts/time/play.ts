/** Playing: one moment after another, each only once the one before is on the screen. */

export const SPEEDS = [0.5, 1, 2, 4] as const;
const STEP_MS = 1000;

export interface Stage {
  /** Show the next moment; false at the end. */
  next(): boolean;
  /** Whether what was asked for is on the screen. */
  settled(): boolean;
  changed(): void;
}

export class Player {
  speed = 1;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly stage: Stage) {}

  get playing(): boolean {
    return this.#timer !== undefined;
  }

  toggle(): void {
    if (this.playing) this.stop();
    else this.#tick();
    this.stage.changed();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    const wait = STEP_MS / this.speed;
    // A slow picture is waited for: a moment that was never seen would be a gap in the story.
    if (this.playing && !this.stage.settled()) {
      this.#timer = setTimeout(() => this.#tick(), wait / 4);
    } else if (this.stage.next()) {
      this.#timer = setTimeout(() => this.#tick(), wait);
    } else {
      this.stop();
      this.stage.changed();
    }
  }
}
