/** Left: the incident in large type, who and what is around it. */

import type { Near } from "../../api/card";
import type { Context, Part } from "../../context";
import { fill, h } from "../../dom";
import { age, moment, say, t, tierName, value, variableName } from "../../i18n";
import { originTag, stateBadge, tierBadge, tierMark } from "../../panel/marks";
import type { Warning } from "../../types";
import { deciding, direction } from "../card/words";
import { deadlineSentence, DESK_SIGNS, headlineOf, isExercise, stateWord } from "../rail/words";
import { remaining } from "../rail/deadline";
import { waits } from "../rail/order";
import { watchOf } from "../rail/watch";
import { type Focus, focusOf } from "./focus";
import { boxAround, FARTHEST_KM, RINGS_KM, type Runout, runoutOf, tally } from "./reach";
import "./command.css";

const MOST_NEAR = 4;
const SHOWN_KM = 5;
const TICK_MS = 1000;

export const incident = (context: Context): Part => {
  const focus = focusOf(context);
  const head = h("div", { class: "incident-head" });
  const body = h("div", { class: "body", tabindex: -1 });
  const element = h("section", { class: "part command-left", "aria-live": "off" }, head, body);
  let ticking: ReturnType<typeof setInterval> | undefined;

  const draw = (): void => {
    const { warning } = focus;
    element.setAttribute("aria-label", t("command.incident"));
    fill(head, chooser(context, focus));
    if (!warning) return fill(body, h("p", { class: "quiet pad" }, t("command.none")));
    fill(body, ...summary(context, focus, warning), ...people(focus), ...resources(context, focus));
    tick();
  };
  const tick = (): void => {
    const place = body.querySelector<HTMLElement>(".countdown");
    if (!place || !focus.warning) return;
    const now = watchOf(context).now();
    place.textContent = deadlineSentence(focus.warning, now);
    place.classList.toggle("late", remaining(focus.warning.desk, now)?.late ?? false);
  };
  focus.watch(() => {
    if (!element.hidden) draw();
  });
  return {
    element,
    update: (changed) => {
      ticking ??= setInterval(tick, TICK_MS);
      if (changed.has("warnings", "incident", "asOf", "site")) focus.follow();
      if (changed.has("warnings", "incident", "lang", "theme", "layers")) draw();
    },
    hide: () => {
      clearInterval(ticking);
      ticking = undefined;
    },
  };
};

function chooser(context: Context, focus: Focus): HTMLElement {
  const { choices, warning } = focus;
  const name = (each: Warning): string => `${tierName(each.tier)} · ${each.asset_name}${waits(each) ? "" : ` · ${stateWord(each.desk.state)}`}`;
  const select = h(
    "select",
    { id: "incident", "aria-label": t("command.choose"), onchange: () => context.store.set({ incident: select.value, selected: null }) },
    ...choices.map((each) => h("option", { value: String(each.id), selected: each.id === warning?.id }, name(each))),
  );
  return h("div", { class: "chooser" }, h("label", { for: "incident" }, t("command.incident")), select, focus.gone ? h("p", { class: "quiet", role: "status" }, t("command.gone")) : null);
}

function summary(context: Context, focus: Focus, warning: Warning): (HTMLElement | null)[] {
  const { asset } = focus.details;
  const reason = asset?.assessment?.chain ? deciding(asset.assessment.chain) : null;
  const { desk } = warning;
  return [
    h(
      "div",
      { class: "focus", style: `--tier:var(--tier-${warning.tier})`, "data-tier": warning.tier },
      isExercise(warning) ? h("p", { class: "exercise-line" }, t("rail.exerciseBand")) : null,
      h("div", { class: "large" }, tierMark(warning.tier, "sufficient", context.actions.shape(warning.dataset)), tierBadge(warning.tier), asset?.assessment ? stateBadge(asset.assessment.state) : null, originTag(warning.origin)),
      h("h2", {}, warning.asset_name),
      h("p", {}, headlineOf(warning)),
      h("p", { class: "quiet" }, [warning.region?.name ?? "", t("command.since", { since: moment(warning.raised_at), age: age(warning.raised_at) })].filter(Boolean).join(" · ")),
      h("p", { class: `desk-line ${desk.state}` }, `${DESK_SIGNS[desk.state]} ${stateWord(desk.state)}`, desk.by ? ` · ${desk.by}` : "", desk.assigned_to ? ` · ${t("desk.for", { who: desk.assigned_to })}` : ""),
      h("p", { class: "countdown figure" }),
      reason ? h("p", { class: "because" }, h("span", { class: "quiet" }, t("command.because")), h("b", {}, say(reason.label)), ` ${value(reason.value, reason.unit)}`, reason.threshold ? ` · ${reason.threshold}` : "", reason.clause ? h("span", { class: "quiet" }, ` ${reason.clause}`) : null) : null,
      h(
        "p",
        { class: "acts" },
        h("button", { type: "button", class: "act", "data-act": "fly", onclick: () => fly(context, warning) }, t("command.fly")),
        h("button", { type: "button", class: "act", "data-act": "card", onclick: () => context.actions.openAsset(warning.dataset, warning.asset_id) }, t("command.card")),
      ),
    ),
  ];
}

/** The incident in the middle, with its nearer rings. */
export function fly({ actions }: Context, { lon, lat }: Warning): void {
  actions.fit(boxAround([lon, lat], SHOWN_KM));
}

function people(focus: Focus): (HTMLElement | null)[] {
  const { nearby, asset } = focus.details;
  const runout = runoutOf(asset?.assessment?.chain);
  if (!nearby && !runout) return [];
  return [h("section", { class: "around" }, h("h3", {}, t("command.people")), nearby ? ringTable(nearby.places, nearby.counts.places) : null, runout ? reach(focus, runout) : null)];
}

function ringTable(places: readonly Near[], total: number): HTMLElement {
  if (!places.length) return h("p", { class: "quiet" }, t("command.noPlaces", { km: FARTHEST_KM }));
  const rows = RINGS_KM.map((km) => tally(places, km));
  const unknown = rows.at(-1)?.unknown ?? 0;
  return h(
    "div",
    {},
    h(
      "table",
      { class: "rings" },
      h("thead", {}, h("tr", {}, h("th", {}), h("th", { scope: "col" }, t("command.places")), h("th", { scope: "col" }, t("command.registered")))),
      h("tbody", {}, ...rows.map((row) => h("tr", { "data-km": row.km }, h("th", { scope: "row" }, t("command.within", { km: row.km })), h("td", {}, row.places), h("td", {}, value(row.population))))),
    ),
    h("p", { class: "quiet" }, t("command.peopleNote", { n: unknown })),
    total > places.length ? h("p", { class: "quiet" }, t("command.capped", { shown: places.length, n: total })) : null,
    h("ul", { class: "near" }, ...places.slice(0, MOST_NEAR).map(nearRow)),
  );
}

function reach(focus: Focus, { p10, p50, p90, downstream }: Runout): HTMLElement {
  const { reached } = focus.details;
  const figures = ([["P10", p10], ["P50", p50], ["P90", p90]] as const).map(([name, km]) => h("span", {}, h("b", {}, name), ` ${km === null ? "—" : `${km.toFixed(km < 10 ? 1 : 0)} km`}`));
  const inside = reached ? tally(reached.places, reached.radius_km) : null;
  return h(
    "div",
    { class: "runout" },
    h("h4", {}, t("command.runout")),
    h("p", { class: "figures figure" }, ...figures),
    h("p", { class: "quiet" }, t("command.runoutNote")),
    inside ? h("p", {}, `${t("command.inRunout")} · ${t("command.places")} ${value(reached?.counts.places ?? inside.places)} · ${t("command.registered")} ${value(inside.population)}`) : null,
    reached && reached.counts.places > reached.places.length ? h("p", { class: "quiet" }, t("command.capped", { shown: reached.places.length, n: reached.counts.places })) : null,
    downstream !== null ? h("p", {}, `${t("command.downstream")} ${value(Math.round(downstream))}`) : null,
  );
}

const GROUPS = { facilities: "command.facilities", stations: "command.stations", assets: "command.assets" } as const;

/** What the site has nothing of is not there. */
function resources({ actions }: Context, focus: Focus): (HTMLElement | null)[] {
  const { nearby } = focus.details;
  if (!nearby) return [];
  const groups = (["facilities", "stations", "assets"] as const).filter((kind) => nearby.counts[kind] > 0);
  if (!groups.length) return [];
  const row = (kind: (typeof groups)[number], each: Near): HTMLElement =>
    kind === "assets" ? h("li", {}, tierMark(each.tier, each.state, actions.shape(each.dataset)), h("button", { type: "button", class: "link", onclick: () => actions.openAsset(each.dataset, each.id, [each.lon, each.lat]) }, each.name ?? each.id), away(each)) : nearRow(each);
  return [
    h(
      "section",
      { class: "around" },
      h("h3", {}, t("command.resources")),
      ...groups.map((kind) =>
        h("div", {}, h("h4", {}, t(GROUPS[kind]), ` ${t("command.count", { n: nearby.counts[kind] })}`), h("ul", { class: "near" }, ...nearby[kind].slice(0, MOST_NEAR).map((each) => row(kind, each)))),
      ),
    ),
  ];
}

const away = ({ distance_km: km, bearing }: Near): HTMLElement => h("span", { class: "quiet figure" }, km < 0.05 ? "0 km" : `${direction(bearing)} ${value(km)} km`);

function nearRow(each: Near): HTMLElement {
  const about = each.population != null ? value(each.population) : each.variable ? variableName(each.variable) : "";
  return h("li", {}, h("span", { class: "name", title: each.name ?? each.id }, each.name ?? each.id), about ? h("span", { class: "quiet" }, about) : null, away(each));
}
