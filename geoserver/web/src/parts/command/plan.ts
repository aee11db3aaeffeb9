/** Right: what is to be done, and what has happened. */

import type { Context, Part } from "../../context";
import { redraw, h } from "../../dom";
import { moment, say, t, tierName, tierWord, value } from "../../i18n";
import { tierMark } from "../../panel/marks";
import type { Warning } from "../../types";
import { actWord, levelWord, messageWord } from "../rail/words";
import { type Step, steps, tick, ticks } from "./checklist";
import { type Focus, focusOf } from "./focus";
import { type Moment, timeline } from "./timeline";

export const plan = (context: Context): Part => {
  const focus = focusOf(context);
  const body = h("div", { class: "body" });
  const element = h("section", { class: "part command-right" }, body);
  const draw = (): void => {
    const { warning } = focus;
    element.setAttribute("aria-label", t("plan.title"));
    redraw(body, String(warning?.id ?? ""), warning ? [checklist(focus, warning, draw), line(focus, warning)] : []);
  };
  focus.watch(() => {
    if (!element.hidden) draw();
  });
  return {
    element,
    update: (changed) => {
      if (changed.has("warnings", "incident", "asOf", "site")) focus.follow();
      if (changed.has("warnings", "incident", "lang", "theme")) draw();
    },
  };
};

function checklist(focus: Focus, warning: Warning, again: () => void): HTMLElement | null {
  const { rules } = focus.details;
  if (!rules) return null;
  const found = steps(warning, tierWord(warning.tier).key, rules);
  if (!found.length) return null;
  const id = String(warning.id);
  const done = ticks(localStorage, id);
  const row = (step: Step): HTMLElement => {
    const at = done[step.key];
    const box = h("input", { type: "checkbox", id: `step-${step.key}`, "data-step": step.key, checked: at !== undefined, onchange: () => { tick(localStorage, id, step.key, box.checked ? new Date().toISOString() : null); again(); } });
    return h("li", { class: at ? "done" : "" }, box, h("label", { for: `step-${step.key}` }, stepWords(step), at ? h("span", { class: "quiet" }, t("plan.done", { at: moment(at) })) : null));
  };
  return h(
    "section",
    { class: "checklist" },
    h("h2", {}, t("plan.title"), h("span", { class: "quiet figure" }, t("plan.progress", { done: found.filter(({ key }) => done[key]).length, n: found.length }))),
    h("ul", {}, ...found.map(row)),
    h("p", { class: "quiet" }, t("plan.note")),
    h("p", { class: "quiet" }, t("plan.source", { name: rules.name })),
  );
}

function stepWords({ due, words }: Step): string {
  if (!due) return say(words);
  return t("plan.deadline", { at: moment(due.at), n: due.minutes, level: levelWord(due.level) });
}

function line(focus: Focus, warning: Warning): HTMLElement {
  const { history, past, series } = focus.details;
  const found = timeline(history, past, series);
  const text = found.map((each) => `${moment(each.at)}  ${words(each)}`).join("\n");
  const file = new Blob([`${warning.asset_name}\n${text}\n`], { type: "text/plain;charset=utf-8" });
  return h(
    "section",
    { class: "timeline" },
    h("h2", {}, t("timeline.title"), found.length ? h("button", { type: "button", class: "link", "data-export": "timeline", onclick: () => save(file, `incident-${warning.id}.txt`) }, t("timeline.export")) : null),
    found.length ? h("ol", {}, ...found.map(row)) : h("p", { class: "quiet" }, t("timeline.empty")),
  );
}

/** Hand a file to the browser; its address is given back at once. */
export function save(file: Blob, name: string): void {
  const address = URL.createObjectURL(file);
  h("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address));
}

const KINDS = { message: "timeline.message", action: "timeline.action", tier: "timeline.tier", reading: "timeline.reading" } as const;

function row(each: Moment): HTMLElement {
  const mark = each.kind === "action" ? h("i", { class: "dot", "aria-hidden": "true" }) : tierMark(each.tier);
  return h("li", { "data-kind": each.kind }, mark, h("div", {}, h("p", { class: "quiet" }, h("time", { datetime: each.at, class: "figure" }, moment(each.at)), ` · ${t(KINDS[each.kind])}`), h("p", {}, body(each))));
}

const words = (each: Moment): string => `${t(KINDS[each.kind])}: ${body(each)}`;

function body(each: Moment): string {
  switch (each.kind) {
    case "message":
      return `${messageWord(each.msg)} · ${say(each.headline)}`;
    case "action": {
      const { kind, who, to, text, reason } = each.act;
      return [actWord(kind), who, to, text, reason].filter(Boolean).join(" · ");
    }
    case "tier":
      return each.before === null ? tierName(each.tier) : t("timeline.became", { before: tierName(each.before), after: tierName(each.tier) });
    case "reading":
      return t("timeline.crossed", { name: each.name, value: value(each.value, each.unit), limit: limitOf(each) });
  }
}

const limitOf = ({ limit, unit }: Extract<Moment, { kind: "reading" }>): string =>
  `${tierName(limit.tier)} ${limit.direction === "above" ? "≥" : "≤"} ${value(limit.value, unit)}`;
