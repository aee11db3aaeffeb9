/** The keys of the rail, and the sheet that lists them. */

import type { ActKind } from "../../api/rail";
import { fill, h } from "../../dom";
import { t } from "../../i18n";
import type { LabelKey } from "../../labels";

export type Command =
  | { act: ActKind }
  | { move: number }
  | { do: "open" | "history" | "mute" | "find" | "help" };

const FAR = 1e9;

const COMMANDS: Record<string, Command> = {
  j: { move: 1 },
  k: { move: -1 },
  ArrowDown: { move: 1 },
  ArrowUp: { move: -1 },
  PageDown: { move: 8 },
  PageUp: { move: -8 },
  Home: { move: -FAR },
  End: { move: FAR },
  a: { act: "acknowledge" },
  s: { act: "assign" },
  c: { act: "comment" },
  e: { act: "escalate" },
  x: { act: "close" },
  o: { do: "open" },
  h: { do: "history" },
  m: { do: "mute" },
  "/": { do: "find" },
  "?": { do: "help" },
};

interface Pressed {
  key: string;
  ctrlKey: boolean;
  altKey: boolean;
  metaKey: boolean;
}

/** What a key asks the rail to do; null for keys that belong to somebody else. */
export function commandOf({ key, ctrlKey, altKey, metaKey }: Pressed, typing: boolean): Command | null {
  if (ctrlKey || altKey || metaKey || typing) return null;
  return COMMANDS[key.length === 1 ? key.toLowerCase() : key] ?? null;
}

/** Whether keys go into text: a field that is typed or chosen in. */
export const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");

const SHEET: readonly (readonly [string, LabelKey])[] = [
  ["j ↓ · k ↑", "keys.move"],
  ["Home · End", "keys.ends"],
  ["Enter · o", "keys.open"],
  ["a", "act.acknowledge"],
  ["s", "act.assign"],
  ["c", "act.comment"],
  ["e", "act.escalate"],
  ["x", "act.close"],
  ["h", "keys.history"],
  ["m", "keys.mute"],
  ["/", "keys.find"],
  ["?", "keys.help"],
];

export class Help {
  readonly element = h("dialog", { class: "keys", "aria-labelledby": "keys-title" });

  open(): void {
    const rows = SHEET.map(([keys, what]) => [h("dt", {}, ...keys.split(" ").map((key) => (key === "·" ? " · " : h("kbd", {}, key)))), h("dd", {}, t(what))]);
    const close = h("button", { type: "button", class: "button first", onclick: () => this.element.close() }, t("page.close"));
    fill(this.element, h("h2", { id: "keys-title" }, t("keys.title")), h("dl", {}, ...rows.flat()), h("p", { class: "quiet" }, t("keys.where")), h("p", { class: "buttons" }, close));
    this.element.showModal();
  }
}
