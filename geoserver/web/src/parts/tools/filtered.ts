/** The filter on the map: only what matches is drawn of its dataset, and the page says so as long as it holds. */

import { MOST_IDS, toolsApi } from "../../api/tools";
import type { MakePart } from "../../context";
import { fill, h } from "../../dom";
import { t } from "../../i18n";
import { isTiered } from "../../map/style";
import type { Filter } from "../../state";
import "./tools.css";

export const filtered: MakePart = (context) => {
  const { store, actions } = context;
  const element = h("p", { class: "filter-note", role: "status" });
  let shown = "";
  let dataset = "";
  /** What is left on the map, null where that is everything; and how many reds are not. */
  let found: { ids: string[] | null; reds: number } | null = null;

  async function apply(): Promise<void> {
    const { filter, asOf } = store.state;
    const wanted = JSON.stringify([filter, asOf, context.data.site?.run?.id, context.map() !== null]);
    if (!filter || wanted === shown) return say();
    shown = wanted;
    element.hidden = true;
    if (dataset && dataset !== filter.dataset) context.map()?.restrict(dataset, null);
    const answer = await context.ask("filter", "what.items", () => read(filter, asOf), () => {
      shown = "";
      void apply();
    });
    if (shown !== wanted) return;
    ({ dataset } = filter);
    found = answer;
    context.map()?.restrict(dataset, found?.ids ?? null);
    say();
  }

  async function read({ dataset: of, cql }: Filter, asOf: string | null): Promise<NonNullable<typeof found>> {
    const layer = actions.layerOf(of);
    const [ids, reds] = await Promise.all([toolsApi.ids(of, { cql, asOf }), layer && isTiered(layer) ? toolsApi.redsLeftOut(of, cql, asOf) : 0]);
    return { ids, reds };
  }

  function say(): void {
    const { filter } = store.state;
    if (!filter || filter.dataset !== dataset || !found) return;
    const name = actions.datasetName(dataset);
    const { ids, reds } = found;
    const text = ids ? t("filter.shown", { name, n: ids.length }) : t("filter.tooMany", { name, n: MOST_IDS });
    element.hidden = false;
    fill(element, h("span", {}, text), ids && reds > 0 ? h("strong", {}, t("filter.reds", { n: reds })) : null, h("button", { type: "button", class: "link", "data-clear": "filter", onclick: () => store.set({ filter: null }) }, t("filter.clear")));
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
