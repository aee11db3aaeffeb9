/** The card of a risk cell. */

import { cardApi } from "../../api/card";
import type { Actions } from "../../context";
import { fill, h } from "../../dom";
import { t, value } from "../../i18n";
import { stateBadge, tierBadge, tierMark } from "../../panel/marks";
import type { Cell } from "../../types";
import { chainTree } from "./evidence";
import { heading } from "./feature";
import { fold, once } from "./fold";
import { why } from "./why";

export function cellCard(cell: Cell, actions: Actions, asOf: string | null): HTMLElement[] {
  const { chain, id } = cell;
  const ask = once(() => cardApi.explanation(id, asOf));
  return [
    heading(t("card.cell"), id, tierBadge(cell.tier, cell.state), cell.tier > 0 ? stateBadge(cell.state) : null),
    fold("cell-facts", t("card.properties"), true, (body) => fill(body, facts(cell))),
    fold("cell-assets", t("card.assets"), true, (body) => fill(body, assets(cell, actions))),
    chain ? fold("why", t("card.why"), true, (body) => why(body, chain, null, ask)) : h("p", { class: "quiet pad" }, t("card.noChain")),
    ...(chain ? [fold("evidence", t("card.chain"), false, (body) => fill(body, chainTree(chain)))] : []),
  ];
}

function facts(cell: Cell): HTMLElement {
  const rows: [string, string][] = [
    [t("card.score"), value(cell.score)],
    [t("card.probability"), value(cell.p)],
    [t("card.area"), value(cell.area_km2, "km²")],
    [t("card.resolution"), String(cell.resolution)],
  ];
  return h("dl", { class: "facts" }, ...rows.flatMap(([name, fact]) => [h("dt", {}, name), h("dd", {}, fact)]));
}

function assets(cell: Cell, actions: Actions): HTMLElement {
  if (!cell.assets.length) return h("p", { class: "quiet pad" }, t("page.none"));
  const rows = cell.assets.map(({ dataset, id, name, tier, state }) =>
    h(
      "li",
      {},
      h("button", { type: "button", class: "row", onclick: () => actions.openAsset(dataset, id) }, tierMark(tier, state, actions.shape(dataset)), h("span", { class: "name" }, name)),
    ),
  );
  return h("ul", { class: "rows" }, ...rows);
}
