/** Design against present: what is required, what is, what is left; the worst first. */

import type { Margin } from "../../api/card";
import { h } from "../../dom";
import { age, say, t, value } from "../../i18n";
import { AGED } from "../../panel/ages";
import { stateBadge, tierMark } from "../../panel/marks";
import { requirement, signed } from "./words";

export function marginTable(margins: readonly Margin[]): HTMLElement {
  const names = [t("card.item"), t("card.required"), t("card.present"), t("card.left")];
  const head = h("tr", {}, ...names.map((name) => h("th", { scope: "col" }, name)));
  const rows = margins.map(row);
  return h("table", { class: "margins" }, h("caption", { class: "unseen" }, t("card.design")), h("thead", {}, head), h("tbody", {}, ...rows));
}

function row(margin: Margin): HTMLElement {
  const { tier, state, label, clause, kind, unit, present, margin: left, valid_time: at, note, item } = margin;
  const passed = left !== null && left <= 0;
  return h(
    "tr",
    { class: passed ? "passed" : "", "data-item": item },
    h("th", { scope: "row" }, h("span", { class: "tier-line" }, tierMark(tier, state), say(label)), stateBadge(state), note ? h("span", { class: "quiet" }, say(note)) : null),
    h("td", { title: clause }, requirement(margin), h("span", { class: "quiet" }, t(`card.kind.${kind}`))),
    h("td", {}, h("b", {}, value(present, unit)), at ? h("span", { class: "quiet", [AGED]: at }, age(at)) : null),
    h("td", {}, left === null ? "—" : h("b", {}, signed(left, unit)), left === null ? null : room(margin)),
  );
}

/** How much of the way from blue to red is left: full where blue is not yet reached. */
function room({ left, margin }: Margin): HTMLElement {
  const share = Math.max(0, Math.min(1, left ?? 0));
  const words = margin !== null && margin <= 0 ? t("card.passed") : t("card.room", { share: Math.round(share * 100) });
  return h("span", { class: "meter room", role: "img", "aria-label": words, title: words }, h("i", { style: `width:${Math.round(share * 100)}%` }));
}
