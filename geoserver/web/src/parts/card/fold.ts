/** Parts of a card that fold: what was opened stays open for the next card, and is read when it is first seen. */

import { ApiFailure } from "../../api";
import { fill, h } from "../../dom";
import { t } from "../../i18n";

const chosen = new Map<string, boolean>();

/** A section that calls `build` with its body when it is first open. */
export function fold(key: string, title: string, open: boolean, build: (body: HTMLElement) => void): HTMLDetailsElement {
  const body = h("div", { class: "fold" });
  const section = h("details", { class: `section ${key}`, open: chosen.get(key) ?? open, "data-fold": key }, h("summary", {}, h("h3", {}, title)), body);
  let built = false;
  const show = (): void => {
    if (!section.open || built) return;
    built = true;
    build(body);
  };
  section.addEventListener("toggle", () => {
    chosen.set(key, section.open);
    show();
  });
  show();
  return section;
}

type Drawn = (Node | null)[];

/** Draw what a request answers into `body`; say that it loads, and where it fails say so and offer it again. */
export async function into<T>(body: HTMLElement, request: () => Promise<T>, draw: (found: T) => Drawn): Promise<void> {
  fill(body, h("p", { class: "quiet pad", role: "status" }, t("page.loading")));
  try {
    fill(body, ...draw(await request()));
  } catch (failure) {
    if (!(failure instanceof ApiFailure)) throw failure;
    const again = h("button", { type: "button", class: "link", onclick: () => void into(body, request, draw) }, t("failure.retry"));
    const status = failure.status || t("card.noServer");
    fill(body, h("p", { class: "quiet pad", role: "alert" }, t("card.failed", { status, words: failure.problem?.what ?? "" }), " ", again));
  }
}

/** Ask once: the same answer for every drawing of a card; a failure is asked for again. */
export function once<T>(request: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | null = null;
  return () => {
    asked ??= request().catch((failure: unknown) => {
      asked = null;
      throw failure;
    });
    return asked;
  };
}
