/** The map of a page of items. The page is whole without it: where anything fails, the table stays. */

import "./items.css";
import { ItemMap } from "./map";
import { itemsOf, read } from "./read";
import { attribution, tierLegend } from "../panel/corner";
import { fill, h } from "../dom";
import { freezeClock, speak, t, tiers, useVocabulary } from "../i18n";
import { INITIAL } from "../state";

async function start(holder: HTMLElement): Promise<void> {
  const { items: address = "", collection = "" } = holder.dataset;
  const { items, layers, site, vocabulary } = await read(address);
  if (!items.features.some(({ geometry }) => geometry)) return;
  speak(document.documentElement.lang.startsWith("zh") ? "zh" : "en");
  useVocabulary(vocabulary);
  freezeClock(site.reference_time);
  holder.hidden = false;
  const map = new ItemMap(holder, itemsOf(items), collection, layers);
  map.label(t("page.map"));
  const corner = document.querySelector<HTMLElement>("#corner");
  if (corner) {
    corner.hidden = false;
    const legend = map.tiered ? h("ul", {}, ...tierLegend()) : null;
    fill(corner, legend, ...attribution(site, map.drawn, INITIAL));
  }
  for (const { tier, colour } of tiers()) document.documentElement.style.setProperty(`--tier-${tier}`, colour);
  for (const row of document.querySelectorAll<HTMLElement>("tr[data-id]")) {
    row.addEventListener("mouseenter", () => map.mark(row.dataset["id"] ?? null));
    row.addEventListener("mouseleave", () => map.mark(null));
  }
  map.onOpen((id) => {
    const row = document.querySelector<HTMLElement>(`tr[data-id="${CSS.escape(id)}"]`);
    row?.scrollIntoView({ block: "center" });
    row?.querySelector("a")?.focus({ preventScroll: true });
  });
}

const holder = document.querySelector<HTMLElement>("#map");
if (holder) {
  start(holder).catch((failure: unknown) => {
    holder.hidden = true;
    console.warn(failure);
  });
}
