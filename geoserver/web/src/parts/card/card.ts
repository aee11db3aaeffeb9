/** The card of what was clicked: an asset or another feature, or a cell. */

import { api } from "../../api";
import type { Actions, MakePart } from "../../context";
import { fill, h } from "../../dom";
import { age, levelName, moment, percent, say, t, tierWord, value, variableName } from "../../i18n";
import type { Selection } from "../../state";
import type { Asset, Cell, Evidence, Property, Reading, Tier } from "../../types";
import { whySection } from "./evidence";
import { originTag, stateBadge, tierBadge, tierMark } from "../../panel/marks";

type Drawn = () => HTMLElement[];

/** The card of what is selected. */
export const card: MakePart = ({ store, data, actions, ask }) => {
  const back = h("button", { type: "button", class: "link", "data-close": "card", onclick: () => actions.close() });
  const body = h("div", { class: "body" });
  let draw: Drawn | null = null;
  let shown: Selection | null = null;
  let run: string | undefined;

  async function read(): Promise<void> {
    const { selected } = store.state;
    shown = selected;
    run = data.site?.run?.id;
    draw = null;
    fill(body, h("p", { class: "quiet pad" }, t("page.loading")));
    if (!selected) return;
    const found = await ask("card", "what.card", () => cardOf(selected, actions), () => void read());
    if (shown !== selected) return;
    draw = found;
    fill(body, ...(draw ? draw() : [h("p", { class: "quiet pad" }, "—")]));
    body.querySelector<HTMLElement>("h2")?.focus({ preventScroll: true });
  }

  return {
    element: h("div", { class: "part" }, h("div", { class: "panel-head" }, back), body),
    update: (changed) => {
      if (changed.has("lang")) back.textContent = `‹ ${t("warning.title")}`;
      if (!same(shown, store.state.selected) || run !== data.site?.run?.id) void read();
      else if (changed.has("lang") && draw) fill(body, ...draw());
    },
  };
};

const same = (a: Selection | null, b: Selection | null): boolean =>
  a?.kind === b?.kind && a?.dataset === b?.dataset && a?.id === b?.id;

/** Fetch what is selected; the answer draws it, again after the language changed. */
async function cardOf({ kind, dataset, id }: Selection, actions: Actions): Promise<Drawn> {
  if (kind === "cell") {
    const cell = await api.cell(id);
    return () => cellCard(cell, actions);
  }
  const feature = await api.asset(dataset, id);
  return () => featureCard(feature, actions);
}

const THREE = ["statutory", "model", "satellite"] as const;

function heading(kind: string, name: string, ...marks: (Element | null)[]): HTMLElement {
  return h(
    "header",
    { class: "card-head" },
    h("p", { class: "kind quiet" }, kind),
    h("h2", { tabindex: -1 }, name),
    h("div", { class: "marks" }, ...marks),
  );
}

function section(title: string, ...children: (Node | null)[]): HTMLElement {
  return h("details", { class: "section", open: true }, h("summary", {}, h("h3", {}, title)), ...children);
}

function featureCard(asset: Asset, actions: Actions): HTMLElement[] {
  const { assessment: assessed, geometry } = asset;
  const locate = geometry
    ? h("button", { type: "button", class: "link", onclick: () => actions.fit(geometry.bounds) }, t("card.flyTo"))
    : null;
  const head = heading(
    actions.datasetName(asset.dataset),
    asset.name || asset.id,
    assessed ? tierBadge(assessed.tier, assessed.state) : null,
    assessed && assessed.tier > 0 ? stateBadge(assessed.state) : null,
    originTag(asset.origin),
    locate,
  );
  return [
    head,
    ownerLink(asset, actions),
    ...(assessed ? [three(assessed), whySection(assessed.chain)] : []),
    assessed || asset.readings.length ? readings(asset.readings, assessed?.chain ?? null) : null,
    asset.warnings.length ? warnings(asset) : null,
    properties([codeProperty(asset.id), ...asset.properties]),
    asset.regions.length ? place(asset, actions) : null,
  ].filter((part) => part !== null);
}

/** A monitoring point names the asset it watches. */
function ownerLink({ properties: list }: Asset, actions: Actions): HTMLElement | null {
  const named = (name: string): unknown => list.find((property) => property.name === name)?.value;
  const [dataset, id] = [named("asset_dataset"), named("asset_id")];
  if (typeof dataset !== "string" || typeof id !== "string") return null;
  const open = (): void => actions.openAsset(dataset, id);
  return h("p", { class: "pad" }, h("button", { type: "button", class: "pill", onclick: open }, `${actions.datasetName(dataset)} ${id}`));
}

const codeProperty = (id: string): Property => ({
  name: "id",
  label: { zh: t("card.code"), en: t("card.code") },
  value: id,
  unit: "",
});

/** Final = max(statutory, model, satellite), each shown, the deciding one marked. */
function three(assessed: NonNullable<Asset["assessment"]>): HTMLElement {
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
  const score = `${t("card.score")} ${value(assessed.score)}`;
  const when = `${t("card.validAt")} ${moment(assessed.valid_at)}`;
  return h(
    "section",
    { class: "three", "aria-label": t("card.final") },
    h("div", { class: "columns" }, ...columns),
    h("p", { class: "quiet" }, `${t("card.final")}：${t("card.rule")} · ${score} · ${when}`),
  );
}

const tierLine = (tier: Tier): HTMLElement => h("b", { class: "tier-line" }, tierMark(tier), say(tierWord(tier)));

/** What a reading was compared with: the nodes right above it in the chain that name a criterion, worst first. */
function criteria(chain: Evidence | null, { variable, point_id }: Reading): Evidence[] {
  if (!chain) return [];
  const reads = chain.inputs.some(({ key }) => key === `reading/${variable}/${point_id}` || key === variable);
  const own = chain.threshold && (reads || chain.key === variable) ? [chain] : [];
  return [...own, ...chain.inputs.flatMap((input) => criteria(input, { variable, point_id } as Reading))];
}

function criterion(evidence: Evidence): HTMLElement {
  const mark = evidence.tier > 0 ? tierMark(evidence.tier, evidence.state) : null;
  return h("span", { class: "criterion", title: say(evidence.label) }, mark, evidence.threshold);
}

function readings(list: readonly Reading[], chain: Evidence | null): HTMLElement {
  if (!list.length) return section(t("card.readings"), h("p", { class: "quiet pad" }, t("card.noReadings")));
  const rows = list.map((reading) => {
    const quality = QUALITY[String(reading.qc).toLowerCase()];
    const compared = criteria(chain, reading).sort((a, b) => b.tier - a.tier);
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, variableName(reading.variable), h("span", { class: "quiet" }, reading.point_id)),
      h("td", {}, h("b", {}, value(reading.value, reading.unit)), quality ? h("span", { class: "tag" }, t(quality)) : null),
      h("td", { class: "quiet" }, ...(compared.length ? compared.map(criterion) : ["—"])),
      h("td", { class: "quiet", title: moment(reading.observed_at) }, age(reading.observed_at)),
    );
  });
  const names = [t("card.readings"), "", t("card.threshold"), ""];
  const head = h("tr", {}, ...names.map((name) => h("th", { scope: "col" }, name)));
  return section(t("card.readings"), h("table", {}, h("thead", { class: "unseen" }, head), h("tbody", {}, ...rows)));
}

/** QARTOD flags and their words that deserve a remark; a good value needs none. */
const QUALITY: Partial<Record<string, "qc.suspect" | "qc.bad" | "qc.missing">> = {
  suspect: "qc.suspect",
  "3": "qc.suspect",
  fail: "qc.bad",
  bad: "qc.bad",
  "4": "qc.bad",
  missing: "qc.missing",
  "9": "qc.missing",
};

function properties(list: readonly Property[]): HTMLElement {
  const facts = h("dl", { class: "facts" });
  for (const property of list) {
    if (property.value === null || property.value === "" || property.name === "name") continue;
    const shown = say(property.value_label) || value(property.value, property.unit);
    facts.append(h("dt", {}, say(property.label) || property.name), h("dd", {}, shown));
  }
  return section(t("card.properties"), facts);
}

function warnings(asset: Asset): HTMLElement {
  const rows = asset.warnings.map((warning) =>
    h(
      "li",
      { class: "warning pad" },
      tierMark(warning.tier),
      h(
        "span",
        { class: "stack" },
        h("span", {}, say(warning.headline)),
        h("span", { class: "quiet" }, `${t("warning.raised")} ${moment(warning.raised_at)}`),
        warning.expires_at ? h("span", { class: "quiet" }, `${t("warning.expires")} ${moment(warning.expires_at)}`) : null,
      ),
      warning.cap ? h("a", { href: warning.cap, target: "_blank", rel: "noopener" }, t("warning.cap")) : null,
    ),
  );
  return section(t("card.warnings"), h("ul", { class: "plain" }, ...rows));
}

function place(asset: Asset, actions: Actions): HTMLElement {
  const regions = asset.regions.map(({ code, name, level, weight }) =>
    h(
      "button",
      { type: "button", class: "pill", onclick: () => actions.openRegion(code) },
      name,
      h("span", { class: "quiet" }, weight < 0.995 ? `${levelName(level)} ${percent(weight)}` : levelName(level)),
    ),
  );
  const cells = asset.cells.map(({ id, fraction }) =>
    h(
      "button",
      { type: "button", class: "pill", onclick: () => actions.openCell(id) },
      h("code", {}, id),
      h("span", { class: "quiet" }, percent(fraction)),
    ),
  );
  return section(
    t("card.place"),
    h("div", { class: "pills" }, ...regions),
    cells.length ? h("h4", {}, t("card.cells")) : null,
    cells.length ? h("div", { class: "pills" }, ...cells) : null,
  );
}

function cellCard(cell: Cell, actions: Actions): HTMLElement[] {
  const facts = h("dl", { class: "facts" });
  const rows: [string, string][] = [
    [t("card.score"), value(cell.score)],
    [t("card.probability"), value(cell.p)],
    [t("card.area"), value(cell.area_km2, "km²")],
    [t("card.resolution"), String(cell.resolution)],
  ];
  for (const [name, fact] of rows) facts.append(h("dt", {}, name), h("dd", {}, fact));
  const assets = cell.assets.map(({ dataset, id, name, tier, state }) =>
    h(
      "li",
      {},
      h(
        "button",
        { type: "button", class: "row", onclick: () => actions.openAsset(dataset, id) },
        tierMark(tier, state, actions.shape(dataset)),
        h("span", { class: "name" }, name),
      ),
    ),
  );
  return [
    heading(
      t("card.cell"),
      cell.id,
      tierBadge(cell.tier, cell.state),
      cell.tier > 0 ? stateBadge(cell.state) : null,
    ),
    section(t("card.properties"), facts),
    whySection(cell.chain),
    section(t("card.assets"), assets.length ? h("ul", { class: "rows" }, ...assets) : h("p", { class: "quiet pad" }, t("page.none"))),
  ];
}
