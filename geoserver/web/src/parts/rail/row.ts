/** One warning in the rail. */

import { h } from "../../dom";
import { age, moment, t } from "../../i18n";
import type { Shape } from "../../map/shapes";
import { AGED } from "../../panel/ages";
import { tierMark } from "../../panel/marks";
import type { Warning } from "../../types";
import { DESK_SIGNS, headlineOf, isExercise, shortDeadline, spoken, stateWord } from "./words";

export const ROW_HEIGHT = 76;

export interface RowActions {
  open: (warning: Warning) => void;
  answer: (warning: Warning) => void;
  shape: (dataset: string) => Shape;
  /** Whether it came while the page was open and nobody has answered. */
  blinks: (warning: Warning) => boolean;
  now: () => number;
}

export function row(warning: Warning, { open, answer, shape, blinks, now }: RowActions): HTMLElement {
  const { desk, tier } = warning;
  const who = desk.assigned_to ? t("desk.for", { who: desk.assigned_to }) : (desk.by ?? "");
  return h(
    "li",
    { class: `alarm${blinks(warning) ? ` blink tier-${tier}` : ""}${desk.state === "closed" ? " closed" : ""}`, style: `--tier:var(--tier-${tier})` },
    h(
      "button",
      { type: "button", class: "main", "data-warning": String(warning.id), "aria-label": spoken(warning, now()), onclick: () => open(warning) },
      tierMark(tier, "sufficient", shape(warning.dataset)),
      h(
        "span",
        { class: "stack" },
        h("span", { class: "name", title: headlineOf(warning) }, headlineOf(warning)),
        h(
          "span",
          { class: "quiet about" },
          isExercise(warning) ? h("span", { class: "tag exercise" }, t("rail.exercise")) : null,
          h("span", { class: "where" }, warning.region?.name ?? ""),
          h("time", { class: "figure", datetime: warning.updated_at, [AGED]: warning.updated_at, title: moment(warning.updated_at) }, age(warning.updated_at)),
        ),
      ),
    ),
    h(
      "button",
      { type: "button", class: `desk ${desk.state}`, "data-answer": String(warning.id), "aria-label": `${t("rail.answer")}: ${stateWord(desk.state)}, ${headlineOf(warning)}`, onclick: () => answer(warning) },
      h("span", { class: "state-word" }, h("i", { "aria-hidden": "true" }, DESK_SIGNS[desk.state]), stateWord(desk.state)),
      h("span", { class: "deadline figure" }),
      who ? h("span", { class: "quiet who" }, who) : null,
    ),
  );
}

/** Write how much time is left. */
export function tickRow(element: HTMLElement, warning: Warning, now: number): void {
  const place = element.querySelector<HTMLElement>(".deadline");
  const { text, late } = shortDeadline(warning, now);
  if (!place || place.textContent === text) return;
  place.textContent = text;
  place.classList.toggle("late", late);
}
