/** One quiet line for what went wrong, with a way to try again. */

import { ApiFailure } from "../api";
import { fill, h } from "../dom";
import { t } from "../i18n";
import type { LabelKey } from "../labels";

interface Notice {
  text: string;
  retry: (() => void) | null;
}

export class Banner {
  readonly element = h("div", { class: "banner", role: "status", "aria-live": "polite" });
  readonly #notices = new Map<string, Notice>();

  /** Show `text` until `clear(key)`; the same key replaces what it said before. */
  say(key: string, text: string, retry: (() => void) | null = null): void {
    this.#notices.set(key, { text, retry });
    this.#render();
  }

  /** Say which request failed, and offer to make it again. */
  failed(key: string, what: LabelKey, failure: unknown, retry: () => void): void {
    const status = failure instanceof ApiFailure ? failure.status : 0;
    const text = status
      ? t("failure.status", { what: t(what), status })
      : t("failure.network", { what: t(what) });
    this.say(key, text, retry);
  }

  clear(key: string): void {
    if (this.#notices.delete(key)) this.#render();
  }

  #render(): void {
    const lines = [...this.#notices].map(([key, { text, retry }]) => {
      const again = (): void => {
        this.clear(key);
        retry?.();
      };
      return h(
        "p",
        {},
        h("span", {}, text),
        retry ? h("button", { type: "button", class: "link", onclick: again }, t("failure.retry")) : null,
        h("button", { type: "button", class: "icon", "aria-label": t("page.close"), onclick: () => this.clear(key) }, "×"),
      );
    });
    fill(this.element, ...lines);
  }
}
