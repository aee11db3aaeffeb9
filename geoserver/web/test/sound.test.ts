import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Context } from "../src/context";
import { Watch } from "../src/parts/rail/watch";
import { INITIAL } from "../src/state";
import type { Tier, Warning } from "../src/types";

/** First pitch of each sound, Hz: 880 is red, 784 orange, 660 yellow. */
let heard: number[];
let gestures: (() => void)[];
let audio: { state: string; onstatechange: (() => void) | null }[];
let warnings: Warning[];

beforeEach(() => {
  vi.useFakeTimers();
  [heard, gestures, audio, warnings] = [[], [], [], []];
  vi.stubGlobal("addEventListener", (_: string, listener: () => void) => gestures.push(listener));
  vi.stubGlobal("AudioContext", class {
    state = "suspended";
    onstatechange: (() => void) | null = null;
    currentTime = 0;
    destination = null;
    constructor() {
      audio.push(this);
    }
    resume = async (): Promise<void> => void (this.state = "running");
    createGain = () => ({ gain: { setValueAtTime: () => {}, linearRampToValueAtTime: () => {} }, connect: () => {} });
    createOscillator = () => {
      const frequency = { value: 0 };
      return { frequency, type: "", connect: (next: unknown) => next, stop: () => {}, start: (at: number) => void (at === 0 && heard.push(frequency.value)) };
    };
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const warning = (id: string, tier: Tier): Warning => ({ id, identifier: id, tier, desk: { state: "unacknowledged" } }) as Warning;

async function awake(): Promise<Watch> {
  const watch = new Watch({ store: { state: INITIAL }, data: { get warnings() { return warnings; }, present: null, connection: { offset: 0 } } } as unknown as Context);
  watch.take();
  gestures[0]?.();
  await vi.advanceTimersByTimeAsync(0);
  return watch;
}

test("a red that comes within the sound of a yellow is heard when that is over, not half a minute later", async () => {
  const watch = await awake();
  warnings = [warning("yellow", 2)];
  watch.take();
  await vi.advanceTimersByTimeAsync(1_000);
  warnings = [...warnings, warning("red", 4)];
  watch.take();
  expect(heard).toEqual([660]);
  // Two sounds are 3 s apart; the page looks every second.
  await vi.advanceTimersByTimeAsync(3_000);
  expect(heard).toEqual([660, 880]);
  // An unanswered red is heard again after 30 s.
  await vi.advanceTimersByTimeAsync(28_000);
  expect(heard).toEqual([660, 880]);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(heard).toEqual([660, 880, 880]);
});

test("what was muted away is not heard later", async () => {
  const watch = await awake();
  watch.toggle();
  warnings = [warning("yellow", 2)];
  watch.take();
  watch.toggle();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(heard).toEqual([]);
});

test("a browser that has put the sound to sleep is told so, and woken by the next touch", async () => {
  const watch = await awake();
  const told = vi.fn();
  watch.watch(told);
  const [context] = audio;
  if (!context) throw new Error("no audio");
  context.state = "suspended";
  context.onstatechange?.();
  expect(told).toHaveBeenCalled();
  expect(watch.audible).toBe(false);
  gestures[0]?.();
  await vi.advanceTimersByTimeAsync(0);
  expect(watch.audible).toBe(true);
});
