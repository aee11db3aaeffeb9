/** The card of what was clicked: an asset or another feature, or a cell. */

import { api } from "../../api";
import { cardApi } from "../../api/card";
import type { Context, MakePart } from "../../context";
import { fill, h } from "../../dom";
import { t } from "../../i18n";
import type { Selection, State } from "../../state";
import { cellCard } from "./cell";
import { featureCard } from "./feature";
import { subjectOf } from "./subject";
import "./card.css";

type Drawn = () => HTMLElement[];

/** The card of what is selected. */
export const card: MakePart = (context) => {
  const { store, data, page, actions, ask } = context;
  const back = h("button", { type: "button", class: "link", "data-close": "card", onclick: () => actions.close() });
  const body = h("div", { class: "body card" });
  let draw: Drawn | null = null;
  let shown = "";

  /** Read anew; the place on the card and the keyboard stay where they are while the subject is the same. */
  async function read(wanted: string, another: boolean): Promise<void> {
    const { selected } = store.state;
    shown = wanted;
    if (another) {
      draw = null;
      if (selected) page.open("right");
      fill(body, h("p", { class: "quiet pad", role: "status" }, t("page.loading")));
    }
    if (!selected) return;
    const found = await ask("card", "what.card", () => cardOf(selected, context), () => void read(wanted, another));
    if (shown !== wanted) return;
    draw = found;
    show();
    if (another) body.scrollTop = 0;
    if (another) body.querySelector<HTMLElement>("h2")?.focus({ preventScroll: true });
  }

  function show(): void {
    const { scrollTop } = body;
    fill(body, ...(draw ? draw() : [h("p", { class: "quiet pad" }, t("card.unknown"))]));
    body.scrollTop = scrollTop;
  }

  return {
    element: h("div", { class: "part" }, h("div", { class: "panel-head" }, back), body),
    update: (changed) => {
      if (changed.has("lang")) back.textContent = `‹ ${t("warning.title")}`;
      const wanted = subject(store.state, data.site?.run?.id);
      if (wanted !== shown) void read(wanted, nameOf(wanted) !== nameOf(shown));
      else if (changed.has("lang", "theme") && draw) show();
    },
  };
};

/** What is shown, as known when, of which run: it is read anew when any of these is another. */
const subject = ({ selected, asOf }: State, run: string | undefined): string =>
  JSON.stringify([selected ? [selected.kind, selected.dataset, selected.id] : null, asOf, run]);

const nameOf = (wanted: string): string => (wanted ? JSON.stringify((JSON.parse(wanted) as unknown[])[0]) : "");

/** Fetch what is selected; the answer draws it, again after the language or the theme changed. */
async function cardOf({ kind, dataset, id }: Selection, { store, data, actions }: Context): Promise<Drawn> {
  const { asOf } = store.state;
  if (kind === "cell") {
    const cell = await api.cell(id, asOf);
    return () => cellCard(cell, actions, asOf);
  }
  const clock = Date.parse(data.site?.reference_time ?? "");
  const feature = subjectOf(await cardApi.asset(dataset, id, asOf), actions, asOf, Number.isNaN(clock) ? Date.now() : clock);
  return () => featureCard(feature);
}
