/** What is supposed, as text and as the layers of the map. */

import { queryOf } from "../../api/decision";
import { t } from "../../i18n";
import type { State, WhatIf } from "../../state";
import type { Layer } from "../../types";

export const NOTHING: WhatIf = { rain: 0, hours: 24, pga: 0, pond: 0 };

/** The supposition that is shown: the past is not supposed, and nothing supposed is none. */
export function supposedOf({ whatIf, asOf }: Pick<State, "whatIf" | "asOf">): WhatIf | null {
  return whatIf && !asOf && (whatIf.rain || whatIf.pga || whatIf.pond) ? whatIf : null;
}

/** Tell a supposition in the units people use: "+60 mm / 6 h · 0.1 g · +0.5 m". */
export function inWords({ rain, hours, pga, pond }: WhatIf): string {
  const parts = [
    rain ? `${t("decision.rain")} +${rain} mm / ${hours} h` : "",
    pga ? `${t("decision.pga")} ≥ ${pga} g` : "",
    pond ? `${t("decision.pond")} ${pond > 0 ? "+" : "−"}${Math.abs(pond)} m` : "",
  ];
  return parts.filter(Boolean).join(" · ");
}

/** The layers with the cells as they would be. The same list as long as nothing differs, so that nothing is drawn anew. */
export class SupposedLayers {
  #from: readonly Layer[] = [];
  #query = "";
  #made: Layer[] = [];

  of(layers: Layer[], supposed: WhatIf | null): Layer[] {
    const query = supposed ? queryOf(supposed) : "";
    if (!query) return layers;
    if (layers !== this.#from || query !== this.#query) {
      this.#made = layers.map((layer) => (layer.kind === "cells" ? { ...layer, tiles: `${layer.tiles}${layer.tiles.includes("?") ? "&" : "?"}${query}` } : layer));
      [this.#from, this.#query] = [layers, query];
    }
    return this.#made;
  }
}
