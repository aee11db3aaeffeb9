/** What lies around an asset, the nearest first, with distance and direction. */

import type { Near, Nearby, NearKind } from "../../api/card";
import type { Actions } from "../../context";
import { h } from "../../dom";
import { t, value, variableName } from "../../i18n";
import { tierMark } from "../../panel/marks";
import { direction } from "./words";

const KINDS: readonly NearKind[] = ["places", "assets", "facilities", "stations"];
const SHOWN = 6;
const AT_THE_PLACE = 0.001; // km

/** The asset's own points are on its charts. */
export function nearbyLists(all: Nearby, own: string, actions: Actions): HTMLElement[] {
  const stations = all.stations.filter(({ asset_id: owner }) => owner !== own);
  const counts = { ...all.counts, stations: all.counts.stations - (all.stations.length - stations.length) };
  const found = { ...all, stations, counts };
  const lists = KINDS.filter((kind) => found[kind].length).map((kind) => list(kind, found, actions));
  return lists.length ? lists : [h("p", { class: "quiet pad" }, t("card.nothingNear", { km: found.radius_km }))];
}

function list(kind: NearKind, found: Nearby, actions: Actions): HTMLElement {
  const people = kind === "places" ? found.places.reduce((sum, { population }) => sum + (population ?? 0), 0) : 0;
  const title = t(`card.near.${kind}`, { n: found.counts[kind], km: found.radius_km });
  const rows = found[kind].map((each) => row(each, actions));
  const first = rows.splice(0, SHOWN);
  return h(
    "div",
    { "data-near": kind },
    h("h4", {}, title, people ? ` · ${t("card.near.people", { n: value(people) })}` : ""),
    h("ul", { class: "rows" }, ...first),
    rows.length ? h("details", { class: "more" }, h("summary", {}, t("region.more", { n: rows.length })), h("ul", { class: "rows" }, ...rows)) : null,
  );
}

function row(near: Near, actions: Actions): HTMLElement {
  const { dataset, id, name, tier, state, variable, population, lon, lat, distance_km: km, bearing } = near;
  const more = population ? t("card.near.people", { n: value(population) }) : variable ? variableName(variable) : "";
  return h(
    "li",
    {},
    h(
      "button",
      { type: "button", class: "row", "data-distance": km, onclick: () => actions.openAsset(dataset, id, [lon, lat]) },
      tier === undefined ? null : tierMark(tier, state, actions.shape(dataset)),
      h("span", { class: "name" }, name || id),
      more ? h("span", { class: "quiet" }, more) : null,
      h("span", { class: "quiet where" }, km < AT_THE_PLACE ? t("card.near.here") : `${direction(bearing)} ${distance(km)}`),
    ),
  );
}

/** Metres up to a kilometre, then kilometres. */
export function distance(km: number): string {
  return km < 1 ? `${Math.round(km * 1000)} m` : `${km.toFixed(1)} km`;
}
