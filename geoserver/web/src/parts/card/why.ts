/** "Why this colour": what adds to the score, what would change it, what it rests on, how sure it is. */

import { ApiFailure } from "../../api";
import type { Explanation } from "../../api/card";
import { fill, h } from "../../dom";
import { age, moment, say, standingName, t, value, variableName } from "../../i18n";
import { AGED } from "../../panel/ages";
import { stateBadge, tierMark } from "../../panel/marks";
import type { Evidence } from "../../types";
import { into } from "./fold";
import { counterfactualSentence, deciding, doubts, nodes } from "./words";

const FACTORS_SHOWN = 6;
const WAYS_SHOWN = 3;
/** Its inputs have changed since, or it is a cell of a coarser scale: the worst of its parts. */
const NOT_TAKEN_APART = [400, 409];

/** Fill `body` for a subject; where its score cannot be taken apart any more, the chain still stands. */
export function why(body: HTMLElement, chain: Evidence, coverage: number | null, ask: () => Promise<Explanation>): void {
  const parts = h("div", { class: "taken-apart" });
  fill(body, clauseOf(chain), parts, restsOn(chain), doubtList(chain, coverage));
  void into(parts, () => ask().catch(outdated), (found) => (found ? takenApart(found) : [h("p", { class: "quiet pad" }, t("card.outdated"))]));
}

function outdated(failure: unknown): null {
  if (failure instanceof ApiFailure && NOT_TAKEN_APART.includes(failure.status)) return null;
  throw failure;
}

function takenApart(found: Explanation): HTMLElement[] {
  return [...(found.held ? [h("p", { class: "note pad" }, t("card.held"))] : []), factors(found), ways(found)];
}

/** Bars that add up: each begins where the one before it ends. */
function factors({ factors: all, score }: Explanation): HTMLElement {
  const shown = all.slice(0, FACTORS_SHOWN);
  const rest = all.slice(FACTORS_SHOWN).reduce((sum, { points }) => sum + points, 0);
  const listed = [...shown.map(({ label, points, key }) => ({ key, name: say(label), points })), ...(rest ? [{ key: "rest", name: t("card.others", { n: all.length - FACTORS_SHOWN }), points: rest }] : [])];
  const scale = Math.max(score, ...runningSums(listed.map(({ points }) => points)), 1e-9);
  let begun = 0;
  const rows = listed.map(({ key, name, points }) => {
    const from = Math.min(begun, begun + points);
    begun += points;
    const look = `--from:${(from / scale) * 100}%;--size:${(Math.abs(points) / scale) * 100}%`;
    return h(
      "li",
      { "data-factor": key, "data-points": points },
      h("span", { class: "name" }, name),
      h("span", { class: points < 0 ? "fall less" : "fall", "aria-hidden": "true" }, h("i", { style: look })),
      h("b", { class: "figure" }, pointsText(points)),
    );
  });
  const sum = h("li", { class: "sum" }, h("span", { class: "name" }, t("card.sum")), h("span", {}), h("b", { class: "figure" }, value(score)));
  return h("div", {}, h("h4", {}, t("card.factors")), h("ol", { class: "factors" }, ...rows, sum));
}

const pointsText = (points: number): string => `${points < 0 ? "−" : "+"}${Math.abs(points).toFixed(1)}`;

export function runningSums(points: readonly number[]): number[] {
  let sum = 0;
  return points.map((each) => (sum += each));
}

function ways({ tier, counterfactuals }: Explanation): HTMLElement {
  if (!tier) return h("p", { class: "quiet pad" }, t("card.nothingBetter"));
  if (!counterfactuals.length) return h("p", { class: "quiet pad" }, t("card.noWay"));
  const items = counterfactuals.slice(0, WAYS_SHOWN).map((way) => h("li", { class: "way" }, tierMark(way.tier), h("span", {}, counterfactualSentence(tier, way))));
  return h("div", {}, h("h4", {}, t("card.ways")), h("ul", { class: "ways" }, ...items));
}

/** The clause behind the colour. */
function clauseOf(chain: Evidence): HTMLElement | null {
  const node = deciding(chain);
  if (!node?.clause) return null;
  return h("p", { class: "clause pad" }, h("span", { class: "quiet" }, t("evidence.clause")), ` ${node.clause}`, node.standing ? h("span", { class: "tag" }, standingName(node.standing)) : null);
}

/** What was measured for the deciding branch, with its age and where it came from. */
function restsOn(chain: Evidence): HTMLElement | null {
  const node = deciding(chain);
  if (!node) return null;
  const inputs = nodes(node).filter(({ key, inputs: below }) => !below.length && key !== chain.key);
  const leaves = [...new Map(inputs.map((each) => [each.key, each])).values()].slice(0, 8);
  if (!leaves.length) return null;
  const rows = leaves.map((leaf) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, say(leaf.label) || variableName(leaf.key), stateBadge(leaf.state)),
      h("td", {}, h("b", {}, value(leaf.value, leaf.unit))),
      h("td", { class: "quiet", title: moment(leaf.valid_time), [AGED]: leaf.valid_time || null }, leaf.valid_time ? age(leaf.valid_time) : "—"),
      h("td", { class: "quiet source-cell", title: leaf.source }, leaf.source || "—"),
    ),
  );
  const names = [t("card.input"), t("card.value"), t("card.age"), t("evidence.source")];
  const head = h("tr", {}, ...names.map((name) => h("th", { scope: "col" }, name)));
  return h("div", {}, h("h4", {}, t("card.inputs")), h("table", { class: "inputs" }, h("thead", {}, head), h("tbody", {}, ...rows)));
}

function doubtList(chain: Evidence, coverage: number | null): HTMLElement {
  const found = doubts(chain, coverage);
  const items = (found.length ? found : [t("card.doubt.none")]).map((words) => h("li", {}, words));
  return h("div", {}, h("h4", {}, t("card.doubts")), h("ul", { class: "doubts quiet" }, ...items));
}
