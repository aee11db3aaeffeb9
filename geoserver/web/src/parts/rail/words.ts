/** The words of the duty desk: state, level, message, act. */

import type { ActKind } from "../../api/rail";
import { say, t, tierName } from "../../i18n";
import type { LabelKey } from "../../labels";
import type { DeskState, Warning } from "../../types";
import { clock, remaining } from "./deadline";
import type { DeskFilter } from "./order";

const STATES: Record<DeskFilter, LabelKey> = {
  waiting: "desk.waiting",
  unacknowledged: "desk.unacknowledged",
  acknowledged: "desk.acknowledged",
  escalated: "desk.escalated",
  closed: "desk.closed",
};
const ACTS: Record<ActKind, LabelKey> = {
  acknowledge: "act.acknowledge",
  assign: "act.assign",
  comment: "act.comment",
  escalate: "act.escalate",
  close: "act.close",
};
const LEVELS: Record<string, LabelKey> = { county: "level.county", city: "level.city", province: "level.province" };
const MESSAGES: Record<string, LabelKey> = { Alert: "message.Alert", Update: "message.Update", Cancel: "message.Cancel" };

/** What a colour-blind person tells the states by. */
export const DESK_SIGNS: Record<DeskState, string> = { unacknowledged: "!", acknowledged: "✓", escalated: "↑", closed: "×" };

export const stateWord = (state: DeskFilter): string => t(STATES[state]);
export const actWord = (kind: ActKind): string => t(ACTS[kind]);

/** Of a level that a rule package made up its own name. */
export const levelWord = (level: string): string => (LEVELS[level] ? t(LEVELS[level]) : level);
export const messageWord = (kind: string): string => (MESSAGES[kind] ? t(MESSAGES[kind]) : kind);

export const isExercise = ({ status }: Warning): boolean => status !== "Actual";

/** A leading mark in brackets repeats what the rail says of an exercise; a real warning keeps its whole text. */
export function headlineOf(warning: Warning): string {
  const text = say(warning.headline);
  return isExercise(warning) ? text.replace(/^[[【][^\]】]*[\]】]\s*/u, "") : text;
}

/** The deadline in a few characters, empty where nobody is waited for. */
export function shortDeadline({ desk }: Warning, now: number): { text: string; late: boolean } {
  const left = remaining(desk, now);
  if (!left) return { text: "", late: false };
  return { text: t(left.late ? "rail.late" : "rail.left", { time: clock(left.seconds) }), late: left.late };
}

/** The same as a sentence. */
export function deadlineSentence({ desk }: Warning, now: number): string {
  const left = remaining(desk, now);
  if (!left || !desk.next_level) return "";
  const values = { time: clock(left.seconds), level: levelWord(desk.next_level) };
  return t(left.late ? "rail.lateFor" : "rail.leftFor", values);
}

/** What a screen reader says of a row. */
export function spoken(warning: Warning, now: number): string {
  const words = [
    isExercise(warning) ? t("rail.exercise") : "",
    tierName(warning.tier),
    headlineOf(warning),
    warning.region?.name ?? "",
    stateWord(warning.desk.state),
    deadlineSentence(warning, now),
  ];
  return words.filter(Boolean).join(" · ");
}
