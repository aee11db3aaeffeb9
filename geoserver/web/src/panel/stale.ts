/** Which sources of what is on the map are older than they should be, in words. */

import { age, say, t } from "../i18n";
import { isOn } from "../map/style";
import { isOld } from "../parts/layers/facts";
import type { State } from "../state";
import type { Layer } from "../types";

/** More than these are counted. */
const NAMED = 3;

/** The stale sources with their ages, the oldest first; empty while there are none. */
export function staleSources(layers: readonly Layer[], choices: State["layers"]): string {
  const old = layers.filter((layer) => isOn(layer, choices[layer.id]) && isOld(layer));
  const names = old
    .sort((a, b) => Date.parse(a.updated_at ?? "") - Date.parse(b.updated_at ?? ""))
    .map((layer) => t("states.sourceAge", { name: say(layer.title), age: age(layer.updated_at) }));
  const what = names.slice(0, NAMED).join(" · ");
  return names.length > NAMED ? t("states.andMore", { what, n: names.length }) : what;
}
