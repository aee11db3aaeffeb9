/** The two tabs of the left panel. */

import { h } from "../dom";
import { t } from "../i18n";
import type { Tab } from "../state";

const TABS: readonly Tab[] = ["regions", "layers"];

export function tabs(chosen: Tab, choose: (tab: Tab) => void): HTMLElement[] {
  return TABS.map((name) =>
    h(
      "button",
      {
        type: "button",
        role: "tab",
        "data-tab": name,
        "aria-selected": name === chosen ? "true" : "false",
        "aria-controls": "left-body",
        onclick: () => choose(name),
      },
      t(`tab.${name}`),
    ),
  );
}
