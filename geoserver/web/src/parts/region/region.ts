/** The opened region: breadcrumb, roll-up, ranking of its children, and what contributes most. */

import type { MakePart } from "../../context";
import { cardApi } from "../../api/card";
import { fill, h } from "../../dom";
import { levelName, percent, t, tierWord, value } from "../../i18n";
import { byRisk } from "../../regions";
import type { Evidence, Region } from "../../types";
import { chainTree } from "../card/evidence";
import { fold, once } from "../card/fold";
import { trend } from "../card/history";
import { why } from "../card/why";
import { knownBy } from "../time/moments";
import "../card/card.css";
import { countBar, meter, stateBadge, tierBadge, tierCounts, tierMark } from "../../panel/marks";

/** The tab of regions. */
export const region: MakePart = ({ data, store, actions }) => {
  const element = h("div", { class: "body card" });
  let shown = "";
  return {
    element,
    update: (changed) => {
      if (!changed.has("region", "lang")) return;
      const { region: found } = data;
      const { scrollTop } = element;
      fill(element, ...(found ? regionPanel(found, actions, store.state.asOf) : [h("p", { class: "quiet pad", role: "status" }, t("page.loading"))]));
      element.scrollTop = found?.code === shown ? scrollTop : 0;
      shown = found?.code ?? "";
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

function regionPanel(region: Region, actions: RegionActions, asOf: string | null): HTMLElement[] {
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
  if (risk) parts.push(...rollUp(risk), pastOf(region, asOf));
  if (region.children.length) parts.push(fold("ranking", t("region.ranking"), true, (body) => fill(body, ...ranking(region.children, actions))));
  if (risk?.contributors.length) parts.push(fold("contributors", t("region.contributors"), true, (body) => fill(body, ...contributors(risk, actions))));
  if (risk?.explanation) parts.push(...reasons(region, risk.explanation, asOf));
  return parts;
}

/** The trend: there once it is known that there is a past. */
function pastOf({ code }: Region, asOf: string | null): HTMLElement {
  const box = h("section", { class: "past", "aria-label": t("region.trend"), hidden: true });
  cardApi.regionHistory(code).then(
    (past) => {
      const drawn = trend(knownBy(past, asOf));
      box.hidden = !drawn.length;
      fill(box, ...(drawn.length ? [h("h4", {}, t("region.trend")), ...drawn] : []));
    },
    () => box.remove(), // nobody waits for a trend
  );
  return box;
}

function reasons({ code }: Region, chain: Evidence, asOf: string | null): HTMLElement[] {
  const ask = once(() => cardApi.explanation(code, asOf));
  return [
    fold("region-why", t("card.why"), false, (body) => why(body, chain, null, ask)),
    fold("region-chain", t("card.chain"), false, (body) => fill(body, chainTree(chain))),
  ];
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

function ranking(children: Child[], actions: RegionActions): HTMLElement[] {
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
  const list = h("ol", { class: "rows" }, ...assessed.map((child, at) => row(child, at + 1)));
  if (!empty.length) return [list];
  const others = h("ul", { class: "rows" }, ...empty.map((child) => row(child, null)));
  return [list, h("details", { class: "more", open: assessed.length === 0 }, h("summary", {}, t("region.unassessed", { n: empty.length })), others)];
}

function contributors(risk: Risk, actions: RegionActions): HTMLElement[] {
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
  return [
    h("p", { class: "quiet columns-hint" }, t("region.sharesWords")),
    h("ul", { class: "rows" }, ...first),
    ...(rows.length ? [h("details", { class: "more" }, rest, h("ul", { class: "rows" }, ...rows))] : []),
  ];
}
