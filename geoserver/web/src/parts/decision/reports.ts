/** Papers to take into a meeting. */

import type { Answer } from "../../api/decision";
import { toolsApi } from "../../api/tools";
import { h } from "../../dom";
import { t } from "../../i18n";
import type { State } from "../../state";
import { asCsv } from "./changes";

const ASSETS = "tsf";

/** Of the time that is shown; `verified` says whether there is a verification report. */
export function reports(answer: Answer | null, verified: boolean, { lang, asOf }: Pick<State, "lang" | "asOf">): HTMLElement {
  const link = (text: string, href: string, file: string | null): HTMLElement =>
    h("a", { class: "plain", href, download: file, ...(file === null ? { target: "_blank", rel: "noopener" } : {}) }, text);
  return h(
    "div",
    { class: "reports", role: "group", "aria-label": t("decision.reports") },
    verified ? link(t("decision.reportScores"), `/verification?lang=${lang}`, null) : null,
    link(`${t("decision.exportWarnings")} XLSX`, toolsApi.file("warning", { asOf }, "xlsx", lang), "warnings.xlsx"),
    link(`${t("decision.exportAssets")} XLSX`, toolsApi.file(ASSETS, { asOf }, "xlsx", lang), `${ASSETS}.xlsx`),
    link("GeoPackage", toolsApi.file(ASSETS, { asOf }, "gpkg", lang), `${ASSETS}.gpkg`),
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
