/** Print and PDF: by the button and Ctrl+P with a map drawn for paper, by the browser's menu with the one on the screen. */

import type { Context } from "../../context";
import { h } from "../../dom";
import { t } from "../../i18n";
import type { LabelKey } from "../../labels";
import { pictureNow, pictureOf } from "../../map/picture";
import { type Paper, ROOM, sheets } from "./sheet";
import "./print.css";

const PAPERS = { landscape: "print.landscape", portrait: "print.portrait" } as const satisfies Record<Paper, LabelKey>;
const CHOICES = Object.keys(PAPERS) as Paper[];

/** Listens for what the browser prints, and gives the opener of the dialog. */
export function printing(context: Context): () => void {
  const { page, store } = context;
  let ready: HTMLElement | null = null;
  addEventListener("beforeprint", () => {
    const chart = context.map()?.chart;
    ready ??= sheets(context, chart ? pictureNow(chart, ROOM.landscape[0] / ROOM.landscape[1]) : null, "landscape", store.state.selected !== null);
    page.slots.dialogs.append(ready);
  });
  addEventListener("afterprint", () => {
    ready?.remove();
    ready = null;
  });
  const print = async (paper: Paper, withCard: boolean): Promise<void> => {
    const map = context.map();
    ready = sheets(context, map ? await pictureOf(map.chart, map.styleIn("day"), ...ROOM[paper]) : null, paper, withCard);
    window.print();
  };
  return () => dialog(context, print);
}

function dialog({ page, store }: Context, print: (paper: Paper, withCard: boolean) => Promise<void>): void {
  if (page.slots.dialogs.querySelector(".print-dialog")) return;
  const choices = CHOICES.map((paper, at) => h("input", { type: "radio", name: "paper", value: paper, checked: at === 0 }));
  const card = h("input", { type: "checkbox", checked: store.state.selected !== null });
  const status = h("p", { class: "quiet", role: "status" });
  const cancel = h("button", { type: "button", class: "plain", onclick: () => element.close() }, t("page.close"));
  const go = h("button", { type: "submit", class: "primary" }, t("print.go"));
  const papers = choices.map((choice, at) => h("label", {}, choice, t(PAPERS[CHOICES[at] as Paper])));
  const form = h(
    "form",
    { method: "dialog" },
    h("h2", { id: "print-title" }, t("print.title")),
    h("fieldset", {}, h("legend", { class: "quiet" }, t("print.paper")), ...papers),
    store.state.selected ? h("label", {}, card, t("print.card")) : null,
    status,
    h("div", { class: "print-buttons" }, cancel, go),
  );
  const element = h("dialog", { class: "print-dialog", "aria-labelledby": "print-title" }, form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const paper = CHOICES.find((_, at) => choices[at]?.checked) ?? "landscape";
    status.textContent = t("print.drawing");
    go.disabled = true;
    void print(paper, card.checked).finally(() => element.close());
  });
  element.addEventListener("close", () => element.remove());
  page.slots.dialogs.append(element);
  element.showModal();
}
