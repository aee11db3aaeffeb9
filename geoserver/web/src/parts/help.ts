/** The button that opens the help; who is here for the first time is offered the tour. */

import "./tour.css";
import type { MakePart } from "../context";
import { fill, h } from "../dom";
import { t } from "../i18n";
import { isNew, settled } from "./tour_seen";

export const help: MakePart = ({ page, store }) => {
  const button = h("button", { type: "button", "data-help": "" }, "?");
  const element = h("div", { class: "controls help" }, button);
  const invitation = h("section", { class: "invitation", hidden: !isNew() });
  page.slots.dialogs.append(invitation);
  const tour = async (): Promise<void> => {
    dismiss();
    (await import("./tour")).startTour(page.slots.dialogs);
  };
  const dismiss = (): void => {
    settled();
    if (invitation.contains(document.activeElement)) button.focus();
    invitation.hidden = true;
  };
  button.addEventListener("click", async () => (await import("./tour")).openHelp(page.slots.dialogs, () => void tour()));
  return {
    element,
    update: (changed) => {
      if (!changed.has("lang", "wall")) return;
      button.title = t("help.open");
      button.setAttribute("aria-label", t("help.open"));
      if (store.state.wall) invitation.hidden = true;
      invitation.setAttribute("aria-label", t("tour.title"));
      fill(
        invitation,
        h("p", {}, t("tour.invite")),
        h("button", { type: "button", class: "button first", onclick: () => void tour() }, t("tour.start")),
        h("button", { type: "button", class: "button", onclick: dismiss }, t("tour.no")),
      );
    },
  };
};
