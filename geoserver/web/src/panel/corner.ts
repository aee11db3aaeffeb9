/** The corner of the map: legend of tiers and of missing evidence, attribution, review number. */

import { h } from "../dom";
import { say, stateName, t, tiers } from "../i18n";
import { isOn } from "../map/style";
import type { State } from "../state";
import type { Layer, Site } from "../types";
import { tierMark } from "./marks";

export function tierLegend(): HTMLElement[] {
  const known = [...tiers()].reverse().map((word) => h("li", {}, tierMark(word.tier), say(word)));
  const unknown = (["stale", "insufficient", "missing"] as const).map((state) =>
    h("li", {}, h("i", { class: `swatch hatched ${state}` }), stateName(state)),
  );
  return [...known, ...unknown];
}

/** Who made what is on the map now, each once: a layer of several sources names them with semicolons. */
export function makersOf(layers: readonly Layer[], state: State): string[] {
  const shown = layers.filter((layer) => isOn(layer, state.layers[layer.id]));
  return [...new Set(shown.flatMap(({ attribution: makers }) => say(makers).split(/;\s*/)).filter(Boolean))];
}

/** The makers, and the map's review number. */
export function attribution(site: Site, layers: readonly Layer[], state: State): (HTMLElement | string)[] {
  const makers = makersOf(layers, state);
  const review = site.review_number
    ? `${t("page.reviewNumber")}：${site.review_number}`
    : t("page.noReviewNumber");
  return [h("b", {}, review), h("span", { title: makers.join(" · ") }, makers.join(" · "))];
}
