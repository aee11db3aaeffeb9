/** What is to be done about a warning, made from the rule package: there is no register of plans yet. */

import type { Label, Warning } from "../../types";

export interface Rules {
  name: string;
  levels: string[];
  minutes: number[];
  factor: Record<string, number>;
  instruction: Record<string, Label>;
}

export interface Step {
  key: string;
  /** Of a deadline: until when, in how many minutes, who is told else. */
  due: { at: string; minutes: number; level: string } | null;
  /** Of a measure. */
  words: Label | null;
}

const MINUTE_MS = 60_000;

/** The measures of an instruction; whole where the two languages do not have the same parts. */
export function measures({ zh, en }: Label): Label[] {
  const parts = zh.replace(/。$/u, "").split(/[，；]/u).filter(Boolean);
  const english = en.replace(/\.$/, "").split(/[,;] (?:and )?/).filter(Boolean);
  if (parts.length !== english.length) return [{ zh, en }];
  return parts.map((part, at) => ({ zh: part, en: capital(english[at] ?? part) }));
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Deadlines in their order, then the measures. `key` is that of the tier in the rules. */
export function steps({ desk, raised_at: raised }: Pick<Warning, "desk" | "raised_at">, key: string, rules: Rules): Step[] {
  const factor = rules.factor[key];
  const instruction = rules.instruction[key];
  const next = rules.levels.indexOf(desk.next_level ?? "");
  const due = Date.parse(desk.due_at ?? "");
  const lead = (rules.minutes[next] ?? 0) * (factor ?? 0) * MINUTE_MS;
  // The desk's clock runs from the message that it was told, which its deadline gives away.
  const base = Number.isNaN(due) || next < 0 ? Date.parse(raised) : due - lead;
  const deadlines =
    factor === undefined
      ? []
      : rules.levels.map((level, at): Step => {
          const minutes = (rules.minutes[at] ?? 0) * factor;
          return { key: `level/${level}`, due: { at: new Date(base + minutes * MINUTE_MS).toISOString(), minutes, level }, words: null };
        });
  const found = instruction ? measures(instruction) : [];
  return [...deadlines, ...found.map((words, at): Step => ({ key: `measure/${at}`, due: null, words }))];
}

/** When each step was ticked, by its key. */
export type Ticks = Record<string, string>;

const PREFIX = "minegis.plan/";
const MOST_KEPT = 100;

type Shelf = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

export function ticks(shelf: Shelf, warning: string): Ticks {
  try {
    const found = JSON.parse(shelf.getItem(PREFIX + warning) ?? "{}") as unknown;
    return found && typeof found === "object" && !Array.isArray(found) ? (found as Ticks) : {};
  } catch {
    return {};
  }
}

/** Tick or untick a step; a browser that keeps nothing is no reason to stop. */
export function tick(shelf: Shelf, warning: string, key: string, at: string | null): Ticks {
  const { [key]: _, ...rest } = ticks(shelf, warning);
  const next = at ? { ...rest, [key]: at } : rest;
  try {
    shelf.setItem(PREFIX + warning, JSON.stringify(next));
    forget(shelf, PREFIX + warning);
  } catch {
    // Storage is full or forbidden: the tick lasts as long as the page.
  }
  return next;
}

function forget(shelf: Shelf, but: string): void {
  const names = Array.from({ length: shelf.length }, (_, at) => shelf.key(at)).filter((name) => name?.startsWith(PREFIX));
  for (const name of names.slice(0, Math.max(0, names.length - MOST_KEPT))) if (name && name !== but) shelf.removeItem(name);
}
