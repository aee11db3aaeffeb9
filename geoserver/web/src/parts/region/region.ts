/** The opened region: breadcrumb, roll-up, ranking of its children, and what contributes most. */

import type { MakePart } from "../../context";
import { h, redraw } from "../../dom";
import { levelName, percent, t, tierWord, value } from "../../i18n";
import type { Region } from "../../types";
import { whySection } from "../card/evidence";
import { countBar, meter, stateBadge, tierBadge, tierCounts, tierMark } from "../../panel/marks";

/** The tab of regions. */
export const region: MakePart = ({ data, actions }) => {
  const element = h("div", { class: "body" });
  return {
    element,
    update: (changed) => {
      if (!changed.has("region", "lang")) return;
      const loading = [h("p", { class: "quiet pad" }, t("page.loading"))];
      redraw(element, data.region?.code ?? "", data.region ? regionPanel(data.region, actions) : loading);
    },
  };
};

interface RegionActions {
  openRegion: (code: string) => void;
  openAsset: (dataset: string, id: string) => void;
}

const CONTRIBUTORS_SHOWN = 8;

type Risk = NonNullable<Region["risk"]>;
type Child = Region["children"][number];

function regionPanel(region: Region, actions: RegionActions): HTMLElement[] {
  const { risk } = region;
  const head = h(
    "header",
    { class: "region-head" },
    breadcrumb(region, actions),
    h(
      "div",
      { class: "title" },
      h("h2", {}, region.name),
      region.parent === null ? null : h("span", { class: "quiet" }, levelName(region.level)),
      risk ? tierBadge(risk.tier, risk.state) : null,
      risk && risk.tier > 0 ? stateBadge(risk.state) : null,
    ),
  );
  const parts: HTMLElement[] = [head];
  if (!risk) parts.push(h("p", { class: "quiet pad" }, t("region.noRisk")));
  else if (!risk.assets) parts.push(h("p", { class: "quiet pad" }, t("region.noAssets")));
  if (risk) parts.push(...rollUp(risk));
  if (region.children.length) parts.push(ranking(region.children, actions));
  if (risk?.contributors.length) parts.push(contributors(risk, actions));
  if (risk) parts.push(whySection(risk.explanation, false));
  return parts;
}

function breadcrumb(region: Region, actions: RegionActions): HTMLElement {
  const steps = region.breadcrumb.map(({ code, name }) => {
    const here = code === region.code;
    const step = here
      ? h("span", { "aria-current": "location" }, name)
      : h("button", { type: "button", class: "link", onclick: () => actions.openRegion(code) }, name);
    return h("li", {}, step);
  });
  return h("nav", { class: "breadcrumb", "aria-label": t("region.path") }, h("ol", {}, ...steps));
}

function rollUp(risk: Risk): HTMLElement[] {
  const facts: [string, string][] = [
    [t("region.assets"), value(risk.assets)],
    [t("region.score"), value(risk.score)],
    [t("region.nemerow"), value(risk.nemerow)],
    [t("region.ruleTier"), risk.rule_tier === null ? "—" : tierWord(risk.rule_tier).numeral || "—"],
  ];
  const figures = facts.map(([name, fact]) => h("div", {}, h("dt", {}, name), h("dd", {}, fact)));
  const coverage = h(
    "div",
    { class: "coverage" },
    h("span", {}, t("region.coverage")),
    meter(risk.coverage, t("region.coverage")),
    h("b", {}, percent(risk.coverage)),
  );
  return [tierCounts(risk.counts), h("dl", { class: "figures" }, ...figures), coverage];
}

/** Worst first: tier, then score, then number of assets. */
function byRisk(a: Child, b: Child): number {
  return b.tier - a.tier || (b.score ?? -1) - (a.score ?? -1) || b.assets - a.assets;
}

function ranking(children: Child[], actions: RegionActions): HTMLElement {
  const assessed = children.filter(({ assets }) => assets > 0).sort(byRisk);
  const empty = children.filter(({ assets }) => assets === 0);
  const row = (child: Child, place: number | null): HTMLElement =>
    h(
      "li",
      {},
      h(
        "button",
        { type: "button", class: "row", "data-region": child.code, onclick: () => actions.openRegion(child.code) },
        h("span", { class: "place" }, place),
        place ? tierMark(child.tier, child.state) : null,
        h("span", { class: "name" }, child.name),
        place ? countBar(child.counts) : null,
        place ? h("span", { class: "figure", title: t("region.score") }, value(child.score)) : null,
      ),
    );
  const section = h(
    "details",
    { class: "section", open: true },
    h("summary", {}, h("h3", {}, t("region.ranking"))),
    h("ol", { class: "rows" }, ...assessed.map((child, at) => row(child, at + 1))),
  );
  if (empty.length) {
    section.append(
      h(
        "details",
        { class: "more", open: assessed.length === 0 },
        h("summary", {}, t("region.unassessed", { n: empty.length })),
        h("ul", { class: "rows" }, ...empty.map((child) => row(child, null))),
      ),
    );
  }
  return section;
}

function contributors(risk: Risk, actions: RegionActions): HTMLElement {
  const rows = risk.contributors.map(({ dataset, id, name, tier, state, share, score }) =>
    h(
      "li",
      {},
      h(
        "button",
        { type: "button", class: "row", "data-asset": `${dataset}/${id}`, onclick: () => actions.openAsset(dataset, id) },
        tierMark(tier, state),
        h("span", { class: "name" }, name),
        meter(share, name),
        h("span", { class: "figure", title: `${t("card.score")} ${value(score)}` }, percent(share)),
      ),
    ),
  );
  const first = rows.splice(0, CONTRIBUTORS_SHOWN);
  const rest = h("summary", {}, t("region.more", { n: rows.length }));
  return h(
    "details",
    { class: "section", open: true },
    h("summary", {}, h("h3", {}, t("region.contributors"))),
    h("ul", { class: "rows" }, ...first),
    rows.length ? h("details", { class: "more" }, rest, h("ul", { class: "rows" }, ...rows)) : null,
  );
}
