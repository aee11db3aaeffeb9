/** Papers to take into a meeting. */

import type { Answer } from "../../api/decision";
import { h } from "../../dom";
import { t } from "../../i18n";
import type { Lang } from "../../state";
import { asCsv } from "./changes";

const ASSETS = "tsf";

/** `verified` says whether there is a verification report. */
export function reports(answer: Answer | null, verified: boolean, lang: Lang): HTMLElement {
  const link = (text: string, href: string, file: string | null): HTMLElement =>
    h("a", { class: "plain", href, download: file, ...(file === null ? { target: "_blank", rel: "noopener" } : {}) }, text);
  return h(
    "div",
    { class: "reports", role: "group", "aria-label": t("decision.reports") },
    verified ? link(t("decision.reportScores"), `/verification?lang=${lang}`, null) : null,
    link(`${t("decision.exportWarnings")} XLSX`, "/ogc/collections/warning/items?f=xlsx", "warnings.xlsx"),
    link(`${t("decision.exportAssets")} XLSX`, `/ogc/collections/${ASSETS}/items?f=xlsx`, `${ASSETS}.xlsx`),
    link("GeoPackage", `/ogc/collections/${ASSETS}/items?f=gpkg`, `${ASSETS}.gpkg`),
    answer?.assets.length ? h("button", { type: "button", class: "plain", "data-export": "what-if", onclick: () => save(asCsv(answer), "what-if.csv") }, t("decision.exportChanges")) : null,
    h("button", { type: "button", class: "plain", onclick: () => print() }, t("decision.print")),
  );
}

/** Hand a text to the browser as a file. */
function save(text: string, name: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  h("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}
