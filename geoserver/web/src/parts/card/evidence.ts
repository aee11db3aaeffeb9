/** The evidence chain as a tree that ends at the bytes it came from. */

import { h } from "../../dom";
import { moment, say, standingName, t, value, variableName } from "../../i18n";
import type { Evidence } from "../../types";
import { stateBadge, tierMark } from "../../panel/marks";

const SHA = /\(?sha-?256[:= ]+([0-9a-f]{8,64})\)?/i;
/** Provenance of the rule packages: numbers without a published authority are the project's own. */
const PROJECT_DEFAULT = /\b(ED|M-lo)\b/;
/** The packages spell the tag out too; here it is drawn. */
const SPELT_OUT = /\s*[(（]项目默认值 project default[)）]/g;

/** The chain, opened along the nodes that decided. */
export function chainTree(chain: Evidence): HTMLElement {
  const tree = h("ul", { class: "chain" }, node(chain, true));
  const toggle = (expand: boolean): void => {
    for (const branch of tree.querySelectorAll("details")) branch.open = expand;
  };
  const tools = h(
    "div",
    { class: "chain-tools" },
    h("button", { type: "button", class: "link", "data-chain": "expand", onclick: () => toggle(true) }, t("evidence.expandAll")),
    h("button", { type: "button", class: "link", onclick: () => toggle(false) }, t("evidence.collapseAll")),
  );
  return h("div", {}, tools, tree);
}

function node(evidence: Evidence, decides: boolean): HTMLElement {
  const worst = Math.max(0, ...evidence.inputs.map(({ tier }) => tier));
  const inputs = evidence.inputs.map((input) => node(input, decides && worst > 0 && input.tier === worst));
  const head = h(
    "summary",
    {},
    tierMark(evidence.tier, evidence.state),
    h("span", { class: "name" }, nameOf(evidence)),
    evidence.value === null ? null : h("b", { class: "figure" }, value(evidence.value, evidence.unit)),
    evidence.threshold ? h("span", { class: "threshold" }, evidence.threshold) : null,
    provenanceTag(evidence.provenance),
    stateBadge(evidence.state),
  );
  return h(
    "li",
    { "data-key": evidence.key },
    h("details", { open: decides }, head, facts(evidence), inputs.length ? h("ul", {}, ...inputs) : null),
  );
}

const nameOf = (evidence: Evidence): string => say(evidence.label) || variableName(evidence.key);

function provenanceTag(provenance: string): HTMLElement | null {
  if (!PROJECT_DEFAULT.test(provenance)) return null;
  return h("span", { class: "tag default", title: provenance }, t("provenance.default"));
}

function facts(evidence: Evidence): HTMLElement {
  const provenance = evidence.provenance.replace(SPELT_OUT, "");
  const rows: [string, string | HTMLElement][] = [
    [t("evidence.threshold"), evidence.threshold],
    [t("evidence.clause"), evidence.clause],
    [t("evidence.provenance"), provenance],
    [t("evidence.method"), evidence.method],
    [t("evidence.standing"), evidence.standing ? standingName(evidence.standing) : ""],
    [t("evidence.validTime"), evidence.valid_time ? moment(evidence.valid_time) : ""],
    [t("evidence.source"), evidence.source ? sources(evidence.source) : ""],
  ];
  const list = h("dl", { class: "facts" });
  for (const [name, fact] of rows) if (fact) list.append(h("dt", {}, name), h("dd", {}, fact));
  return h("div", {}, evidence.note ? h("p", { class: "note" }, say(evidence.note)) : null, list);
}

/** Where the bytes are, one file a line. */
const sources = (text: string): HTMLElement =>
  h("span", { class: "sources" }, ...text.split(/;\s*|\s+←\s+/).filter(Boolean).map(source));

/** A file in words, and its SHA-256 on a line of its own. */
function source(text: string): HTMLElement {
  const sum = SHA.exec(text);
  const words = (sum ? text.replace(sum[0], "") : text).replace(/[\s·,;()（）@#]+$/u, "");
  return h(
    "span",
    { class: "source" },
    h("span", {}, words),
    sum?.[1] ? h("code", { title: `SHA-256 ${sum[1]}` }, `${t("evidence.sha256")} ${sum[1]}`) : null,
  );
}
