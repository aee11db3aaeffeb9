/** The filter on the map: only what matches is drawn of its dataset, and the page says so as long as it holds. */

import { MOST_IDS, toolsApi } from "../../api/tools";
import type { MakePart } from "../../context";
import { fill, h } from "../../dom";
import { t } from "../../i18n";
import "./tools.css";

export const filtered: MakePart = (context) => {
  const { store, actions } = context;
  const element = h("p", { class: "filter-note", role: "status" });
  let shown = "";
  let dataset = "";
  let ids: string[] | null = null;

  async function apply(): Promise<void> {
    const { filter, asOf } = store.state;
    const wanted = JSON.stringify([filter, asOf, context.data.site?.run?.id, context.map() !== null]);
    if (!filter || wanted === shown) return say();
    shown = wanted;
    element.hidden = true;
    if (dataset && dataset !== filter.dataset) context.map()?.restrict(dataset, null);
    const found = await context.ask("filter", "what.items", () => toolsApi.ids(filter.dataset, { cql: filter.cql, asOf }), () => {
      shown = "";
      void apply();
    });
    if (shown !== wanted) return;
    ({ dataset } = filter);
    ids = found;
    context.map()?.restrict(dataset, ids);
    say();
  }

  function say(): void {
    const { filter } = store.state;
    if (!filter || filter.dataset !== dataset) return;
    const name = actions.datasetName(dataset);
    const text = ids ? t("filter.shown", { name, n: ids.length }) : t("filter.tooMany", { name, n: MOST_IDS });
    element.hidden = false;
    fill(element, h("span", {}, text), h("button", { type: "button", class: "link", "data-clear": "filter", onclick: () => store.set({ filter: null }) }, t("filter.clear")));
  }

  return {
    element,
    update: (changed) => {
      if (changed.has("filter", "asOf", "site", "lang", "map")) void apply();
    },
    hide: () => {
      context.map()?.restrict(dataset, null);
      shown = dataset = "";
    },
  };
};
