/** How long there is to answer; pure. */

import type { Desk } from "../../types";

export interface Remaining {
  /** Seconds until the deadline; negative after it. */
  seconds: number;
  late: boolean;
}

/** Null where nobody is waited for. */
export function remaining({ due_at }: Desk, now: number): Remaining | null {
  if (!due_at) return null;
  const seconds = Math.ceil((Date.parse(due_at) - now) / 1000);
  return { seconds, late: seconds <= 0 };
}

/** ``4:05`` below an hour, ``2:04:05`` below a day, then ``3 d``. */
export function clock(seconds: number): string {
  const whole = Math.abs(seconds);
  const [days, hours, minutes] = [Math.floor(whole / 86_400), Math.floor(whole / 3600), Math.floor(whole / 60)];
  const two = (number: number): string => String(number).padStart(2, "0");
  if (days) return `${days} d`;
  if (hours) return `${hours}:${two(minutes % 60)}:${two(whole % 60)}`;
  return `${minutes}:${two(whole % 60)}`;
}
