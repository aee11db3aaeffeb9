/** The report on a point: where it is in every way of saying so, what the rasters read there, what is near. */

import { toolsApi, type Grid, type Near, type PointReport } from "../../api/tools";
import type { Context, MakePart } from "../../context";
import { fill, h } from "../../dom";
import { age, say, t, value } from "../../i18n";
import type { LabelKey } from "../../labels";
import { originTag, stateBadge, tierBadge, tierMark } from "../../panel/marks";
import { panelOf } from "./panel";

const RADII = [5, 10, 30, 100];
const NEAREST = 8;
const PIN = "point-report";

export const point: MakePart = (context) => {
  const { store } = context;
  const panel = panelOf("point", () => store.set({ point: null, tool: null }));
  let radius = 10;
  let report: PointReport | null = null;
  let asked = "";

  async function read(): Promise<void> {
    const { point: place, asOf } = store.state;
    const wanted = JSON.stringify([place, radius, asOf, context.data.site?.run?.id]);
    if (wanted === asked) return show();
    asked = wanted;
    report = null;
    show();
    if (!place) return;
    const found = await context.ask("point", "what.point", () => toolsApi.point(...place, radius, asOf), () => {
      asked = "";
      void read();
    });
    if (asked !== wanted) return;
    report = found;
    show();
  }

  function show(): void {
    const { point: place } = store.state;
    panel.title(t("point.title"));
    const waiting = place && !report ? h("p", { class: "quiet pad", role: "status" }, t("point.reading")) : null;
    const sections = report ? reportOf(report, context, radius, choose) : [waiting, h("p", { class: "quiet pad" }, t("point.hint"))];
    fill(panel.body, ...sections);
    pin(context);
  }

  function choose(km: number): void {
    radius = km;
    void read();
  }

  return {
    element: panel.element,
    update: (changed) => {
      if (changed.has("point", "lang", "asOf", "site", "tool")) void read();
      else if (changed.has("theme", "map")) pin(context);
    },
    hide: () => context.map()?.overlay(PIN, null),
  };
};

function pin({ map, store }: Context): void {
  const { point: place, theme } = store.state;
  const ink = theme === "night" ? ["#f2f5f7", "#10171d"] : ["#15202a", "#ffffff"];
  if (!place) return void map()?.overlay(PIN, null);
  map()?.overlay(PIN, {
    sources: { [PIN]: { type: "geojson", data: { type: "Feature", properties: {}, geometry: { type: "Point", coordinates: place } } } },
    layers: [
      { id: `${PIN}:ring`, type: "circle", source: PIN, paint: { "circle-radius": 9, "circle-color": "rgba(0,0,0,0)", "circle-stroke-color": ink[0] as string, "circle-stroke-width": 2.5 } },
      { id: `${PIN}:dot`, type: "circle", source: PIN, paint: { "circle-radius": 2.5, "circle-color": ink[0] as string, "circle-stroke-color": ink[1] as string, "circle-stroke-width": 1 } },
    ],
  });
}

function reportOf(report: PointReport, { actions }: Context, radius: number, choose: (km: number) => void): (HTMLElement | null)[] {
  const { lon, lat, grid, grid_6: wide, regions, cell, rasters, assets, places, counts } = report;
  const copy = h("button", { type: "button", class: "link", onclick: () => void navigator.clipboard?.writeText(`${lon},${lat}`) }, t("point.copy"));
  const facts: [string, string][] = [[t("point.degrees"), `${lon.toFixed(5)}, ${lat.toFixed(5)}`], ["", `${sixtieths(lat, "N", "S")} ${sixtieths(lon, "E", "W")}`]];
  for (const each of [grid, wide]) if (each) facts.push([t("point.grid", { width: each.width, zone: each.zone, epsg: each.epsg }), metresOf(each)]);
  const trail = regions.map(({ code, name, tier, state }) =>
    h("li", {}, h("button", { type: "button", class: "row", onclick: () => actions.openRegion(code) }, tierMark(tier, state), h("span", { class: "name" }, name), h("span", { class: "quiet" }, code))),
  );
  const own = h(
    "button",
    { type: "button", class: "row", disabled: !cell.judged, onclick: () => actions.openCell(cell.id) },
    cell.judged ? tierBadge(cell.tier, cell.state) : h("span", { class: "badge silent hatched missing" }, t("point.notJudged")),
    cell.judged && cell.tier > 0 ? stateBadge(cell.state) : null,
    h("code", {}, cell.id),
  );
  const values = rasters.map(({ layer, title, value: read, unit, updated_at, origin }) =>
    h(
      "li",
      { class: "reading-row", "data-raster": layer },
      h("span", { class: "name" }, say(title)),
      h("b", { class: "figure" }, read === null ? t("point.noValue") : value(read, unit === "deg" ? "°" : unit)),
      h("span", { class: "quiet" }, originTag(origin), t("point.computed", { age: age(updated_at) })),
    ),
  );
  const radii = h(
    "div",
    { class: "tool-chips", role: "group", "aria-label": t("point.radius") },
    ...RADII.map((km) => h("button", { type: "button", class: "tool-chip", "aria-pressed": km === radius ? "true" : "false", onclick: () => choose(km) }, `${km} km`)),
  );
  const near = (name: LabelKey, found: readonly Near[], count: number): HTMLElement[] => [
    h("h3", { class: "pad" }, t(name, { km: radius })),
    found.length ? h("ul", { class: "rows" }, ...found.slice(0, NEAREST).map((each) => neighbour(each, actions))) : h("p", { class: "quiet pad" }, t("point.nothing")),
    ...(count > NEAREST ? [h("p", { class: "quiet pad" }, t("point.more", { n: count }))] : []),
  ];
  return [
    h("dl", { class: "facts" }, ...facts.flatMap(([name, fact]) => [h("dt", {}, name), h("dd", { class: "figure" }, fact)])),
    h("p", { class: "pad" }, copy),
    h("h3", { class: "pad" }, t("point.cell")),
    own,
    trail.length ? h("h3", { class: "pad" }, t("point.regions")) : null,
    h("ul", { class: "rows" }, ...trail),
    h("h3", { class: "pad" }, t("point.rasters")),
    h("ul", { class: "readings" }, ...values),
    radii,
    ...near("point.assets", assets, counts["assets"] ?? 0),
    ...near("point.places", places, counts["places"] ?? 0),
  ];
}

function neighbour({ dataset, id, name, distance_km: km, lon, lat, tier, state, population }: Near, actions: Context["actions"]): HTMLElement {
  return h(
    "li",
    {},
    h(
      "button",
      { type: "button", class: "row", onclick: () => actions.openAsset(dataset, id, [lon, lat]) },
      tier === undefined ? null : tierMark(tier, state ?? "missing", actions.shape(dataset)),
      h("span", { class: "name" }, name ?? id),
      population ? h("span", { class: "quiet" }, value(population)) : null,
      h("span", { class: "figure" }, `${km.toFixed(km < 10 ? 2 : 1)} km`),
    ),
  );
}

const metresOf = ({ x, y }: Grid): string => `X ${x.toFixed(2)}  Y ${y.toFixed(2)}`;

/** 31°12′00.0″N */
function sixtieths(degrees: number, positive: string, negative: string): string {
  const tenths = Math.round(Math.abs(degrees) * 36_000);
  const [whole, minutes, seconds] = [Math.floor(tenths / 36_000), Math.floor(tenths / 600) % 60, (tenths % 600) / 10];
  return `${whole}°${String(minutes).padStart(2, "0")}′${seconds.toFixed(1).padStart(4, "0")}″${degrees < 0 ? negative : positive}`;
}
