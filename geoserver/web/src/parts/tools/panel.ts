/** The frame of a tool's panel over the map. */

import { h } from "../../dom";
import { t } from "../../i18n";
import "./tools.css";

/** A head with the title and a way to close, and the body that the tool fills. */
export function panelOf(id: string, close: () => void): { element: HTMLElement; body: HTMLElement; title: (text: string) => void } {
  const heading = h("h2", { id: `${id}-title` });
  const button = h("button", { type: "button", class: "icon", onclick: close }, "×");
  const body = h("div", { class: "body" });
  const element = h(
    "section",
    {
      class: "tool-panel",
      "data-panel": id,
      "aria-labelledby": `${id}-title`,
      onkeydown: (event) => {
        if ((event as KeyboardEvent).key === "Escape") close();
      },
    },
    h("header", { class: "panel-head" }, heading, button),
    body,
  );
  return {
    element,
    body,
    title: (text) => {
      heading.textContent = text;
      button.setAttribute("aria-label", t("page.close"));
    },
  };
}
