/** What stands at the foot of the map. */

import type { MakePart } from "../context";
import { fill, h } from "../dom";
import { t } from "../i18n";
import { attribution, tierLegend } from "../panel/corner";

/** Legend of tiers in the dock; attribution and review number under it. */
export const corner: MakePart = ({ store, data, page }) => {
  const legend = h("ul", { class: "tier-legend" });
  page.slots.bottom.append(legend);
  return {
    update: (changed) => {
      if (!data.site || !changed.has("site", "layers", "lang", "theme")) return;
      legend.setAttribute("aria-label", t("page.legend"));
      fill(legend, ...tierLegend());
      fill(page.slots.corner, ...attribution(data.site, data.layers, store.state));
    },
  };
};
