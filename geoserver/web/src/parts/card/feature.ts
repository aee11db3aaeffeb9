/** The card of an asset or another feature: what matters in the first ten seconds on top, the rest folded. */

import type { Margin, Series } from "../../api/card";
import type { Actions } from "../../context";
import { fill, h } from "../../dom";
import { levelName, moment, percent, say, t, tierWord, value } from "../../i18n";
import type { Asset, Property, RegionName, Tier } from "../../types";
import { originTag, stateBadge, tierBadge, tierMark } from "../../panel/marks";
import { charts } from "./charts";
import { chainTree } from "./evidence";
import { fold, into } from "./fold";
import { trend, warningList } from "./history";
import { imageStrip } from "./images";
import { marginTable } from "./margins";
import { nearbyLists } from "./nearby";
import type { Subject } from "./subject";
import { why } from "./why";
import { counterfactualSentence, marginSentence } from "./words";

const THREE = ["statutory", "model", "satellite"] as const;
/** Fields of registers that name who answers for an asset, or a document of it. */
const PEOPLE = ["responsible", "responsible_phone", "emergency_phone", "contact"];
const DOCUMENTS = ["documents", "document", "plan", "emergency_plan"];
const RECENT_DAYS = 30;
const FORMATS = ["csv", "geojson", "gpkg"] as const;

type Assessed = NonNullable<Asset["assessment"]>;

export function heading(kind: Node | string, name: string, ...marks: (Element | null)[]): HTMLElement {
  return h("header", { class: "card-head" }, h("p", { class: "kind quiet" }, kind), h("h2", { tabindex: -1 }, name), h("div", { class: "marks" }, ...marks));
}

export function featureCard(subject: Subject): HTMLElement[] {
  const { asset, actions } = subject;
  const { assessment: assessed, geometry } = asset;
  const locate = geometry ? h("button", { type: "button", class: "link", onclick: () => actions.fit(geometry.bounds) }, t("card.flyTo")) : null;
  const head = heading(
    asset.regions.length ? crumbs(asset, actions) : actions.datasetName(asset.dataset),
    asset.name || asset.id,
    assessed ? tierBadge(assessed.tier, assessed.state) : null,
    assessed && assessed.tier > 0 ? stateBadge(assessed.state) : null,
    originTag(asset.origin),
    locate,
  );
  const judged = assessed ? judgement(subject, assessed) : [];
  return [head, ownerLink(asset, actions), ...judged, ...background(subject)].filter((part) => part !== null);
}

/** From the nation down to the asset. */
function crumbs({ regions, dataset }: Asset, actions: Actions): HTMLElement {
  const main = new Map<string, RegionName & { weight: number }>();
  for (const region of regions) if (region.weight > (main.get(region.level)?.weight ?? 0)) main.set(region.level, region);
  const steps = [...main.values()].map(({ code, name, level }) =>
    h("li", {}, h("button", { type: "button", class: "link", title: levelName(level), "data-region": code, onclick: () => actions.openRegion(code) }, name)),
  );
  return h("nav", { class: "crumbs", "aria-label": t("region.path") }, h("ol", {}, ...steps, h("li", { "aria-current": "location" }, actions.datasetName(dataset))));
}

/** Everything that says how it stands. */
function judgement(subject: Subject, assessed: Assessed): (HTMLElement | null)[] {
  const { asset } = subject;
  const { chain } = assessed;
  return [
    summary(subject, assessed),
    people(asset),
    three(assessed),
    fold("design", t("card.design"), true, (body) => void into(body, () => subject.series(RECENT_DAYS), ({ margins }) => [margins.length ? marginTable(margins) : h("p", { class: "quiet pad" }, t("card.noItems"))])),
    fold("charts", t("card.readings"), true, (body) => charts(body, subject)),
    chain ? fold("why", t("card.why"), true, (body) => why(body, chain, assessed.coverage, subject.explanation)) : null,
    chain ? fold("evidence", t("card.chain"), false, (body) => fill(body, chainTree(chain))) : null,
  ];
}

/** Two lines for who has ten seconds: what decides, and what would make it better. */
function summary(subject: Subject, assessed: Assessed): HTMLElement {
  const first = h("p", { class: "first" });
  const better = h("p", { class: "better" });
  const box = h("section", { class: "summary", "aria-label": t("card.summary"), style: `--tier:${tierWord(assessed.tier).colour}` }, first, better, freshness(assessed));
  void into(first, () => subject.series(RECENT_DAYS), (series) => decidedBy(series, assessed));
  if (assessed.tier === 0) better.remove();
  else
    subject.explanation().then(
      ({ tier, counterfactuals: [way] }) => fill(better, ...(way ? [h("span", { "aria-hidden": "true" }, "→ "), counterfactualSentence(tier, way)] : [])),
      () => better.remove(), // the section below says what went wrong
    );
  return box;
}

/** The margins of the tier that is shown, or the nearest one where all is well; in words where no item decides. */
function decidedBy({ margins }: Series, assessed: Assessed): Node[] {
  const asking = margins.filter(({ tier }) => tier > 0 && tier === assessed.tier);
  if (asking.length) return asking.map((each) => h("span", { class: "line" }, marginSentence(each)));
  const node = assessed.chain?.inputs.flatMap(({ inputs }) => inputs).find(({ tier }) => tier > 0 && tier === assessed.tier);
  if (node) return [h("span", { class: "line" }, [say(node.label), node.value === null ? "" : value(node.value, node.unit), node.threshold].filter(Boolean).join(" · "))];
  const nearest: Margin | undefined = margins.find(({ margin }) => margin !== null);
  if (assessed.tier > 0 || !nearest) return [h("span", { class: "line" }, t(assessed.tier > 0 ? "card.byCount" : "card.nothingCompared"))];
  return [h("span", { class: "line" }, `${t("card.nearest")}${marginSentence(nearest)}`)];
}

function freshness({ valid_at: at, coverage, score }: Assessed): HTMLElement {
  const words = [`${t("card.score")} ${value(score)}`, at ? `${t("card.validAt")} ${moment(at)}` : "", coverage === null ? "" : `${t("region.coverage")} ${percent(coverage)}`];
  return h("p", { class: "quiet" }, words.filter(Boolean).join(" · "));
}

/** Who answers for it and who lives below it; only what the register has. */
function people({ properties: list }: Asset): HTMLElement | null {
  const of = (name: string): Property | undefined => list.find((property) => property.name === name && property.value !== null && property.value !== "");
  const shown = [...PEOPLE, "population_downstream", ...DOCUMENTS].map(of).filter((property) => property !== undefined);
  if (!shown.length) return null;
  return h("dl", { class: "facts people" }, ...shown.flatMap((property) => [h("dt", {}, say(property.label)), h("dd", {}, value(property.value, property.unit))]));
}

/** Final = max(statutory, model, satellite), each shown, the deciding one marked. */
function three(assessed: Assessed): HTMLElement {
  const columns = THREE.map((name) => {
    const tier = assessed[name];
    const decides = tier !== null && tier === assessed.tier && tier > 0;
    return h(
      "div",
      { class: decides ? "source-tier decides" : "source-tier", "data-part": name },
      h("span", {}, t(`card.${name}`)),
      tier === null ? h("b", { class: "quiet" }, t("card.noEvidence")) : tierLine(tier),
      decides ? h("em", {}, t("card.decides")) : null,
    );
  });
  return h("section", { class: "three", "aria-label": t("card.final") }, h("div", { class: "columns" }, ...columns));
}

const tierLine = (tier: Tier): HTMLElement => h("b", { class: "tier-line" }, tierMark(tier), say(tierWord(tier)));

/** What is looked up rather than watched: folded, and read when it is opened. */
function background(subject: Subject): (HTMLElement | null)[] {
  const { asset, actions } = subject;
  const isAsset = asset.assessment !== null || asset.regions.length > 0;
  return [
    !isAsset && asset.readings.length ? fold("charts", t("card.readings"), true, (body) => charts(body, subject)) : null,
    asset.dataset === "station" ? fold("charts", t("card.readings"), true, (body) => charts(body, subject)) : null,
    isAsset ? late("history", t("card.history"), subject.history, (past) => trend(past)) : null,
    asset.warnings.length ? fold("warnings", t("card.warnings"), false, (body) => fill(body, warningList(asset.warnings))) : null,
    isAsset ? late("images", t("card.images"), subject.images, (images) => imageStrip(images)) : null,
    fold("properties", t("card.properties"), !isAsset, (body) => fill(body, properties([codeProperty(asset.id), ...asset.properties]))),
    isAsset ? fold("nearby", t("card.nearby"), false, (body) => void into(body, subject.nearby, (found) => nearbyLists(found, asset.id, actions))) : null,
    asset.regions.length ? fold("place", t("card.place"), false, (body) => fill(body, ...place(asset, actions))) : null,
    isAsset ? fold("downloads", t("card.downloads"), false, (body) => fill(body, downloads(subject))) : null,
  ];
}

/** A section that is there once it is known that it has something to show. */
function late<T>(key: string, title: string, ask: () => Promise<T>, draw: (found: T) => HTMLElement[]): HTMLElement {
  const section = fold(key, title, false, (body) => void into(body, ask, draw));
  section.hidden = true;
  ask().then(
    (found) => (section.hidden = draw(found).length === 0),
    () => (section.hidden = false), // it says what went wrong, and offers to try again
  );
  return section;
}

/** A monitoring point names the asset it watches. */
function ownerLink({ properties: list }: Asset, actions: Actions): HTMLElement | null {
  const named = (name: string): unknown => list.find((property) => property.name === name)?.value;
  const [dataset, id] = [named("asset_dataset"), named("asset_id")];
  if (typeof dataset !== "string" || typeof id !== "string") return null;
  const open = (): void => actions.openAsset(dataset, id);
  return h("p", { class: "pad" }, h("button", { type: "button", class: "pill", onclick: open }, `${actions.datasetName(dataset)} ${id}`));
}

const codeProperty = (id: string): Property => ({ name: "id", label: { zh: t("card.code"), en: t("card.code") }, value: id, unit: "" });

export function properties(list: readonly Property[]): HTMLElement {
  const facts = h("dl", { class: "facts" });
  for (const property of list) {
    if (property.value === null || property.value === "" || property.name === "name") continue;
    const shown = say(property.value_label) || value(property.value, property.unit);
    facts.append(h("dt", {}, say(property.label) || property.name), h("dd", {}, shown));
  }
  return facts;
}

function place(asset: Asset, actions: Actions): HTMLElement[] {
  const regions = asset.regions.map(({ code, name, level, weight }) =>
    h("button", { type: "button", class: "pill", onclick: () => actions.openRegion(code) }, name, h("span", { class: "quiet" }, weight < 0.995 ? `${levelName(level)} ${percent(weight)}` : levelName(level))),
  );
  const cells = asset.cells.map(({ id, fraction }) =>
    h("button", { type: "button", class: "pill", onclick: () => actions.openCell(id) }, h("code", {}, id), h("span", { class: "quiet" }, percent(fraction))),
  );
  const pills = h("div", { class: "pills" }, ...regions);
  return cells.length ? [pills, h("h4", {}, t("card.cells")), h("div", { class: "pills" }, ...cells)] : [pills];
}

function downloads({ file }: Subject): HTMLElement {
  const links = FORMATS.map((format) => h("a", { class: "pill", href: file(format), download: true }, t(`card.file.${format}`)));
  return h("div", { class: "pills" }, ...links);
}
