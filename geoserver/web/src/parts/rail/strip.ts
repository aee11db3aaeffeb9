/** What must be seen whatever else the page shows: that the stream is broken, and that something is new. */

import type { Context, MakePart } from "../../context";
import { fill, h } from "../../dom";
import { moment, t, tierName } from "../../i18n";
import { tierMark } from "../../panel/marks";
import type { Tier, Warning } from "../../types";
import { isTyping } from "./keys";
import { byUrgency, waits } from "./order";
import { type Watch, watchOf } from "./watch";
import { headlineOf, isExercise } from "./words";

const SHOWN_MS = 20_000;
/** A burst is read out once, not line by line. */
const SPOKEN_APART_MS = 5_000;
const RED: Tier = 4;

/** The connection, the newest warnings, and what a screen reader says of them. */
export const strip: MakePart = (context) => new Strip(context, watchOf(context));

class Strip {
  readonly #line = h("p", { class: "connection", role: "status" });
  readonly #toast = h("div", { class: "toast" });
  readonly #polite = h("p", { class: "unseen", "aria-live": "polite" });
  readonly #assertive = h("p", { class: "unseen", "aria-live": "assertive" });
  readonly element = h("div", { class: "strip" }, this.#line, this.#toast, this.#polite, this.#assertive);
  #unspoken: Warning[] = [];
  #speaking: ReturnType<typeof setTimeout> | undefined;
  #hiding: ReturnType<typeof setTimeout> | undefined;
  #wasLost = false;
  /** The worst that the toast tells of. */
  #shown: Warning | null = null;

  constructor(
    private readonly context: Context,
    private readonly watch: Watch,
  ) {
    addEventListener("keydown", (event) => {
      if (event.key !== "w" || event.ctrlKey || event.altKey || event.metaKey || isTyping(event.target)) return;
      if (document.querySelector("dialog[open]")) return;
      event.preventDefault();
      this.#look();
    });
  }

  update(changed: { has: (...names: ("warnings" | "present" | "connection" | "lang")[]) => boolean }): void {
    if (changed.has("connection", "lang")) this.#connection();
    if (changed.has("warnings", "present")) this.#news(this.watch.take());
  }

  #connection(): void {
    const { state, since } = this.context.data.connection;
    const lost = state === "lost";
    this.#line.hidden = !lost;
    if (lost) {
      const again = h("button", { type: "button", class: "link", onclick: () => this.context.actions.reconnect() }, t("live.again"));
      fill(this.#line, h("span", {}, t("live.lost", { since: moment(new Date(since).toISOString()) })), again);
    } else if (this.#wasLost && state === "open") {
      this.#polite.textContent = t("live.restored");
    }
    this.#wasLost = lost;
  }

  #news(found: readonly Warning[]): void {
    if (!found.length) return;
    this.#unspoken.push(...found);
    if (this.#speaking === undefined) this.#say();
  }

  /** Say at once what came, and what came within the next seconds together. */
  #say(): void {
    const news = this.#unspoken.splice(0).sort(byUrgency);
    const worst = news[0];
    this.#speaking = worst && setTimeout(() => this.#say(), SPOKEN_APART_MS);
    if (!worst) return;
    const name = (isExercise(worst) ? `${t("rail.exercise")} · ` : "") + headlineOf(worst);
    const words = news.length === 1 ? t("live.one", { name }) : t("live.many", { n: news.length, tier: tierName(worst.tier), name });
    (worst.tier === RED ? this.#assertive : this.#polite).textContent = words;
    if (this.#railInSight() || (worst.tier < RED && this.#redWaits())) return;
    this.#shown = worst;
    fill(
      this.#toast,
      tierMark(worst.tier),
      h("span", {}, words),
      h("button", { type: "button", class: "link", onclick: () => this.#look() }, t("live.look")),
    );
    this.#toast.hidden = false;
    clearTimeout(this.#hiding);
    this.#hiding = setTimeout(() => this.#putAway(), SHOWN_MS);
  }

  /** Whether the toast shows a red that nobody has answered, and nothing else on the page does. */
  #redWaits(): boolean {
    const shown = this.#shown;
    if (this.#toast.hidden || shown?.tier !== RED || this.#railInSight()) return false;
    return (this.watch.present ?? []).some((each) => each.id === shown.id && waits(each));
  }

  #putAway(): void {
    if (this.#redWaits()) this.#hiding = setTimeout(() => this.#putAway(), SHOWN_MS);
    else this.#toast.hidden = true;
  }

  #railInSight(): boolean {
    const { selected, workplace } = this.context.store.state;
    return selected === null && workplace !== "command" && this.context.page.isOpen("right");
  }

  #look(): void {
    this.#toast.hidden = true;
    if (this.#railInSight()) return this.watch.focus();
    const { workplace } = this.context.store.state;
    this.context.store.set({ selected: null, workplace: workplace === "command" ? "monitoring" : workplace });
    this.context.page.open("right");
    setTimeout(() => this.watch.focus()); // once it is drawn
  }
}
