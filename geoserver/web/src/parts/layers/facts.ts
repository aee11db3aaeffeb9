/** What is known of a layer: its legend, its source and age, and what it was made from. */

import { h } from "../../dom";
import { age, ageInHours, moment, say, t } from "../../i18n";
import type { Layer } from "../../types";

/** What is computed anew with every run; a base map may be old. */
const LIVING = ["risk", "asset", "monitoring", "weather"];
const STALE_AFTER_HOURS = 24;

export function legend(layer: Layer): HTMLElement {
  const ramp = layer.kind === "raster" && layer.legend.length > 2;
  const entries = layer.legend.map(({ colour, label }) =>
    h("li", {}, h("i", { style: `--swatch:${colour}` }), h("span", {}, say(label))),
  );
  return h("ul", { class: ramp ? "legend ramp" : "legend", "aria-label": t("page.legend") }, ...entries);
}

export const isOld = (layer: Layer): boolean =>
  LIVING.includes(layer.group.id) && layer.updated_at !== null && ageInHours(layer.updated_at) > STALE_AFTER_HOURS;

/** A word about a layer that should be newer, null for all others. */
export const staleNote = (layer: Layer): HTMLElement | null =>
  isOld(layer) ? h("p", { class: "stale-note" }, h("span", { class: "state hatched stale" }, t("layer.stale")), ` ${age(layer.updated_at)}`) : null;

/** When, and how old that is by the site's clock. */
const updated = (at: string): string => [...new Set([moment(at), age(at)])].join(" · ");

export function facts(layer: Layer): HTMLElement {
  const rows: [string, string | HTMLElement][] = [
    [t("layer.origin"), layer.origin ? t(`origin.${layer.origin}`) : ""],
    [t("layer.source"), say(layer.attribution)],
    [t("layer.licence"), layer.licence ?? ""],
    [t("layer.updated"), layer.updated_at ? updated(layer.updated_at) : ""],
    [t("layer.lineage"), layer.lineage?.length ? lineage(layer.lineage) : ""],
    [t("layer.record"), recordLink(`layer:${layer.id}`, layer.id)],
  ];
  const list = h("dl", { class: "facts" });
  for (const [name, fact] of rows) if (fact) list.append(h("dt", {}, name), h("dd", {}, fact));
  return list;
}

function lineage(entries: NonNullable<Layer["lineage"]>): HTMLElement {
  const items = entries.map(({ text, record }) => h("li", {}, record ? recordLink(record, text) : text));
  return h("ul", { class: "lineage" }, ...items);
}

const recordLink = (record: string, text: string): HTMLElement =>
  h("a", { href: `/ogc/collections/catalogue/items/${encodeURIComponent(record)}?f=html`, target: "_blank", rel: "noopener" }, text);
