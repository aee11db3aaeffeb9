/** Title, the sample mark with what is missing, areas, language and theme. */

import { h, redraw } from "../dom";
import { ageInHours, moment, say, t } from "../i18n";
import { LABELS } from "../labels";
import type { MakePart } from "../context";
import type { State, Workplace } from "../state";
import type { Bounds, Site } from "../types";
import { openFound, Search } from "./search";

const WORKPLACES: readonly Workplace[] = ["monitoring", "command", "decision"];

interface HeaderActions {
  fit: (bounds: Bounds) => void;
  go: (workplace: Workplace) => void;
  speak: (lang: State["lang"]) => void;
  wear: (theme: State["theme"]) => void;
}

/** Title, the sample mark with what is missing, workplaces, areas, search, language and theme. */
export const header: MakePart = (context) => {
  const { store, data, page, actions, banner } = context;
  const search = new Search({
    open: (found) => openFound(context, found),
    failed: (failure, again) => banner.failed("search", "what.search", failure, again),
    found: () => banner.clear("search"),
    shape: actions.shape,
    datasetName: actions.datasetName,
  });
  const own: HeaderActions = {
    fit: actions.fit,
    go: (workplace) => store.set({ workplace }),
    speak: (lang) => store.set({ lang }),
    wear: (theme) => store.set({ theme }),
  };
  return {
    update: (changed) => {
      if (changed.has("lang")) search.relabel();
      if (!data.site || !changed.has("site", "lang", "theme", "workplace")) return;
      redraw(page.slots.top, "top", parts(data.site, store.state, search.element, own));
    },
  };
};

/** A live site whose last run is older than this is called stale. */
const STALE_AFTER_HOURS = 24;
/** In both words at once: it has to be understood whatever the language of the page. */
const SAMPLE_MARK = `${LABELS["page.sample"].zh} sample`;

export const isStale = (site: Site): boolean =>
  site.run !== null && site.reference_time === null && ageInHours(site.run.finished_at) > STALE_AFTER_HOURS;

function parts(site: Site, state: State, search: HTMLElement, actions: HeaderActions): (HTMLElement | null)[] {
  return [
    h("h1", {}, say(site.title)),
    site.origin === "sample"
      ? h("strong", { class: "sample-mark", title: t("page.sampleHint") }, SAMPLE_MARK)
      : null,
    clock(site),
    site.missing.length ? missing(site) : null,
    workplaces(state.workplace, actions),
    h("span", { class: "space" }),
    areas(site, actions),
    search,
    toggle("lang", t(state.lang === "zh" ? "page.toEnglish" : "page.toChinese"), () =>
      actions.speak(state.lang === "zh" ? "en" : "zh"),
    ),
    toggle("theme", t(state.theme === "day" ? "page.night" : "page.day"), () =>
      actions.wear(state.theme === "day" ? "night" : "day"),
    ),
  ];
}

function workplaces(chosen: Workplace, { go }: HeaderActions): HTMLElement {
  const buttons = WORKPLACES.map((name) =>
    h(
      "button",
      { type: "button", class: "plain", "data-workplace": name, "aria-current": name === chosen ? "page" : null, onclick: () => go(name) },
      t(`workplace.${name}`),
    ),
  );
  return h("nav", { class: "workplaces", "aria-label": t("workplace.all") }, ...buttons);
}

const toggle = (name: string, text: string, onclick: () => void): HTMLElement =>
  h("button", { type: "button", class: "plain", "data-switch": name, onclick }, text);

function clock(site: Site): HTMLElement {
  const [name, at] = site.reference_time
    ? [t("page.referenceTime"), site.reference_time]
    : [t("page.computedAt"), site.run?.finished_at ?? null];
  if (!at) return h("p", { class: "clock" }, t("page.noRun"));
  const hint = site.run ? `${t("page.computedAt")} ${moment(site.run.finished_at)}` : "";
  return h(
    "p",
    { class: "clock", title: hint },
    h("span", { class: "quiet" }, name),
    h("time", { datetime: at }, moment(at)),
    h("span", { class: "quiet" }, t("page.beijing")),
  );
}

function missing(site: Site): HTMLElement {
  const list = site.missing.map(({ what, why }) => h("li", {}, h("b", {}, say(what)), h("span", {}, say(why))));
  return h(
    "details",
    { class: "missing" },
    h("summary", {}, t("page.missingCount", { n: site.missing.length })),
    h("div", { class: "sheet" }, h("h2", {}, t("page.missing")), h("ul", {}, ...list)),
  );
}

function areas(site: Site, actions: HeaderActions): HTMLElement {
  const jumps = site.areas.map(({ title, bounds }) =>
    bounds ? h("button", { type: "button", class: "plain", onclick: () => actions.fit(bounds) }, say(title)) : null,
  );
  return h("nav", { class: "areas", "aria-label": t("page.areas") }, ...jumps);
}
