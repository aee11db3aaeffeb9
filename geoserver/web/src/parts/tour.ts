/** A tour of the page in six steps, and the sheet of its keys. */

import { fill, h } from "../dom";
import { t } from "../i18n";
import type { LabelKey } from "../labels";

interface Step {
  /** What it is about; the step is told all the same where that is not on the screen. */
  at: string;
  title: LabelKey;
  text: LabelKey;
}

const STEPS: readonly Step[] = [
  { at: "#map", title: "tour.map", text: "tour.mapText" },
  { at: ".panel.left", title: "tour.left", text: "tour.leftText" },
  { at: ".panel.right", title: "tour.right", text: "tour.rightText" },
  { at: ".dock", title: "tour.time", text: "tour.timeText" },
  { at: ".tools", title: "tour.tools", text: "tour.toolsText" },
  { at: ".workplaces", title: "tour.places", text: "tour.placesText" },
];

const KEYS: readonly (readonly [keys: string, what: LabelKey])[] = [
  ["Tab · Shift+Tab", "help.tab"],
  ["Enter · Space", "help.enter"],
  ["Esc", "help.escape"],
  ["← ↑ → ↓ · + · -", "help.map"],
  ["I", "help.point"],
  ["w", "help.warning"],
  ["?", "help.rail"],
];

const GAP = 14;
const RING = 4;

/** Show the tour; Escape ends it, and the keyboard is again where it was. */
export function startTour(holder: Element): void {
  const dialog = h("dialog", { class: "tour", "aria-labelledby": "tour-title" });
  const ring = h("div", { class: "ring" });
  const card = h("div", { class: "card-of-tour" });
  dialog.append(ring, card);
  let at = 0;
  const go = (step: number): void => {
    if (step >= STEPS.length) return dialog.close();
    at = Math.max(0, step);
    draw(STEPS[at] as Step);
  };
  const draw = ({ at: selector, title, text }: Step): void => {
    const heading = h("h2", { id: "tour-title", tabindex: -1 }, t(title));
    const last = at === STEPS.length - 1;
    fill(
      card,
      h("p", { class: "quiet" }, t("tour.step", { n: at + 1, of: STEPS.length })),
      heading,
      h("p", {}, t(text)),
      h(
        "p",
        { class: "buttons" },
        last ? null : h("button", { type: "button", class: "link", onclick: () => dialog.close() }, t("tour.skip")),
        at ? h("button", { type: "button", class: "button", onclick: () => go(at - 1) }, t("tour.back")) : null,
        h("button", { type: "button", class: "button first", onclick: () => go(at + 1) }, t(last ? "tour.end" : "tour.next")),
      ),
    );
    place(ring, card, document.querySelector(selector));
    heading.focus({ preventScroll: true });
  };
  const again = (): void => place(ring, card, document.querySelector((STEPS[at] as Step).at));
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowRight") go(at + 1);
    if (event.key === "ArrowLeft") go(at - 1);
  });
  dialog.addEventListener("close", () => {
    removeEventListener("resize", again);
    dialog.remove();
  });
  addEventListener("resize", again);
  holder.append(dialog);
  dialog.showModal();
  go(0);
}

/** Ring what is told of, and put the words beside it: where there is most room. */
function place(ring: HTMLElement, card: HTMLElement, target: Element | null): void {
  const box = target?.checkVisibility() ? target.getBoundingClientRect() : null;
  const fits = box && box.width > 0 && box.width < innerWidth * 0.9;
  ring.hidden = !fits;
  const { width, height } = card.getBoundingClientRect();
  const within = (value: number, size: number, room: number): number => Math.max(GAP, Math.min(value, room - size - GAP));
  let [left, top] = [(innerWidth - width) / 2, (innerHeight - height) / 2];
  if (fits) {
    for (const [name, value] of Object.entries({ left: box.left - RING, top: box.top - RING, width: box.width + RING * 2, height: box.height + RING * 2 }))
      ring.style.setProperty(name, `${value}px`);
    if (box.left > width + GAP * 2) left = box.left - width - GAP;
    else if (innerWidth - box.right > width + GAP * 2) left = box.right + GAP;
    top = box.height > innerHeight / 2 ? top : box.top > innerHeight / 2 ? box.top - height - GAP : box.bottom + GAP;
  }
  card.style.setProperty("left", `${within(left, width, innerWidth)}px`);
  card.style.setProperty("top", `${within(top, height, innerHeight)}px`);
}

/** Show the keys of the page, with a way back to the tour. */
export function openHelp(holder: Element, tour: () => void): void {
  const dialog = h("dialog", { class: "keys", "aria-labelledby": "help-title" });
  const close = (): void => dialog.close();
  const rows = KEYS.map(([keys, what]) => [h("dt", {}, ...keys.split(" ").map((key) => (key === "·" ? " · " : h("kbd", {}, key)))), h("dd", {}, t(what))]);
  fill(
    dialog,
    h("h2", { id: "help-title" }, t("help.title")),
    h("dl", {}, ...rows.flat()),
    h(
      "p",
      { class: "buttons" },
      h("button", { type: "button", class: "button", onclick: () => (close(), tour()) }, t("help.tour")),
      h("button", { type: "button", class: "button first", onclick: close }, t("page.close")),
    ),
  );
  dialog.addEventListener("close", () => dialog.remove());
  holder.append(dialog);
  dialog.showModal();
}
