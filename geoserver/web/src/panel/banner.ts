/**
 * Quiet lines for what is not as it should be: how the server stands, which stays until it is over, and what
 * could not be read, which is asked for again by itself.
 */

import { ApiFailure } from "../api";
import { fill, h } from "../dom";
import { t } from "../i18n";
import type { LabelKey } from "../labels";
import { patience, states } from "../states";
import { asOf, standing, word } from "./health";

interface Notice {
  text: string;
  /** What the button says, and does. */
  button: LabelKey;
  retry: (() => void) | null;
  /** Of a failure: what was not read. */
  what: string | null;
}

const MINUTE_MS = 60_000;

/** Whether asking the same again may succeed. */
const passes = (status: number): boolean => status === 0 || status === 401 || status === 429 || status >= 500;

export class Banner {
  readonly #health = h("p", { class: "health", hidden: true });
  readonly #lines = h("div", { class: "lines" });
  readonly element = h("div", { class: "banner", role: "status", "aria-live": "polite" }, this.#health, this.#lines);
  readonly #notices = new Map<string, Notice>();
  readonly #retries = new Map<string, { tries: number; again: ReturnType<typeof setTimeout> }>();

  /** Whether there is something on the page that can be old. */
  #begun = false;

  constructor() {
    states.watch((health, before) => {
      if (health.server === "answering" && before.server !== "answering") for (const key of this.#retries.keys()) this.#again(key);
      this.#render();
    });
    setInterval(() => this.#renderHealth(), MINUTE_MS);
  }

  /** Show `text` until `clear(key)`; the same key replaces what it said before. */
  say(key: string, text: string, retry: (() => void) | null = null, button: LabelKey = "failure.retry"): void {
    this.#put(key, { text, retry, button, what: null });
  }

  /** Say what is missing while somebody else sees to it; not while the server is away, which says it all. */
  missed(key: string, text: string, what: string, retry: () => void): void {
    this.#put(key, { text, retry, button: "states.again", what });
  }

  /** Say which request failed, offer to make it again, and do so by and by where that may help. */
  failed(key: string, what: LabelKey, failure: unknown, retry: () => void): void {
    const status = failure instanceof ApiFailure ? failure.status : 0;
    const text = status
      ? t("failure.status", { what: t(what), status })
      : t("failure.network", { what: t(what) });
    this.#put(key, { text, retry, button: "failure.retry", what: passes(status) ? t(what) : null });
    if (!passes(status)) return;
    const tries = (this.#retries.get(key)?.tries ?? 0) + 1;
    clearTimeout(this.#retries.get(key)?.again);
    this.#retries.set(key, { tries, again: setTimeout(() => this.#again(key), patience(tries, Math.random())) });
  }

  clear(key: string): void {
    clearTimeout(this.#retries.get(key)?.again);
    this.#retries.delete(key);
    if (this.#notices.delete(key)) this.#render();
  }

  /** Say it all in the chosen language; called once there is something to be said of. */
  relabel(): void {
    this.#begun = true;
    this.#render();
  }

  #put(key: string, notice: Notice): void {
    const before = this.#notices.get(key);
    this.#notices.set(key, notice);
    if (before?.text !== notice.text || before.what !== notice.what) this.#render();
  }

  /** Ask again; what was tried stays in mind until it succeeds. */
  #again(key: string): void {
    clearTimeout(this.#retries.get(key)?.again);
    this.#notices.get(key)?.retry?.();
  }

  #render(): void {
    this.#renderHealth();
    const away = states.health.server !== "answering";
    const lines = [...this.#notices].map(([key, { text, retry, button, what }]) => {
      if (away && what) return null; // said once, with the server's state
      const again = (): void => {
        this.clear(key);
        retry?.();
      };
      return h(
        "p",
        {},
        h("span", {}, text),
        retry ? h("button", { type: "button", class: "link", onclick: again }, t(button)) : null,
        h("button", { type: "button", class: "icon", "aria-label": t("page.close"), onclick: () => this.clear(key) }, "×"),
      );
    });
    fill(this.#lines, ...lines);
  }

  #renderHealth(): void {
    const { health } = states;
    this.#health.hidden = standing() === null;
    document.documentElement.dataset["server"] = health.server;
    if (this.#health.hidden) return;
    const out = health.server === "signed-out";
    const silent = health.server === "silent";
    const unread = [...new Set([...this.#notices.values()].map(({ what }) => what).filter(Boolean))];
    fill(
      this.#health,
      h("strong", {}, t(word(health))),
      h("span", {}, this.#begun ? asOf(health) : t("states.nothing")),
      unread.length ? h("span", {}, t("states.unread", { what: unread.join(" · ") })) : null,
      silent ? h("span", { class: "waiting" }, t("states.waiting")) : null,
      out ? h("button", { type: "button", class: "link", onclick: () => location.reload() }, t("states.signIn")) : null,
      silent ? h("button", { type: "button", class: "link", onclick: () => states.probe() }, t("states.again")) : null,
    );
  }
}
