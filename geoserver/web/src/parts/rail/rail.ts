/** The warnings rail: worst first, then newest, filtered by tier. */

import type { MakePart } from "../../context";
import { fill, h, redraw } from "../../dom";
import { age, moment, say, t, tierName, tiers } from "../../i18n";
import type { Shape } from "../../map/shapes";
import type { Tier, Warning } from "../../types";
import { originTag, tierMark } from "../../panel/marks";

/** The list of active warnings. */
export const rail: MakePart = ({ store, data, actions }) => {
  const head = h("div", { class: "panel-head" });
  const body = h("div", { class: "body" });
  return {
    element: h("div", { class: "part" }, head, body),
    update: (changed) => {
      if (!changed.has("warnings", "hidden", "lang", "site")) return;
      const { warnings } = data;
      const count = h("span", { class: "figure quiet" }, warnings?.length ?? "");
      const feed = h("a", { class: "quiet", href: "/cap/feed.atom", target: "_blank", rel: "noopener" }, t("warning.feed"));
      fill(head, h("h2", {}, t("warning.title")), count, feed);
      if (!warnings) return fill(body, h("p", { class: "quiet pad" }, t("page.loading")));
      const rows = warningsRail(warnings, store.state.hidden, {
        open: ({ dataset, asset_id, lon, lat }) => actions.openAsset(dataset, asset_id, [lon, lat]),
        hide: (next) => store.set({ hidden: next }),
        shape: actions.shape,
        tagged: data.site?.origin !== "sample",
      });
      redraw(body, "warnings", rows);
    },
  };
};

interface WarningActions {
  open: (warning: Warning) => void;
  hide: (tiers: Tier[]) => void;
  shape: (dataset: string) => Shape;
  /** Whether to mark sample rows one by one; on a sample site the page itself is marked. */
  tagged: boolean;
}

const sorted = (warnings: readonly Warning[]): Warning[] =>
  [...warnings].sort((a, b) => b.tier - a.tier || Date.parse(b.updated_at) - Date.parse(a.updated_at));

function warningsRail(warnings: readonly Warning[], hidden: readonly Tier[], actions: WarningActions): HTMLElement[] {
  const shown = sorted(warnings).filter(({ tier }) => !hidden.includes(tier));
  const empty = warnings.length ? t("warning.allHidden") : t("warning.empty");
  return [
    filter(warnings, hidden, actions),
    shown.length
      ? h("ol", { class: "warnings" }, ...shown.map((warning) => row(warning, actions)))
      : h("p", { class: "quiet pad" }, empty),
  ];
}

function filter(warnings: readonly Warning[], hidden: readonly Tier[], actions: WarningActions): HTMLElement {
  const chips = [...tiers()]
    .reverse()
    .filter(({ tier }) => tier > 0)
    .map((word) => {
      const on = !hidden.includes(word.tier);
      const count = warnings.filter(({ tier }) => tier === word.tier).length;
      const next = on ? [...hidden, word.tier] : hidden.filter((tier) => tier !== word.tier);
      return h(
        "button",
        {
          type: "button",
          class: "chip",
          "aria-pressed": on ? "true" : "false",
          "aria-label": `${tierName(word.tier)} ${count}`,
          onclick: () => actions.hide(next),
        },
        tierMark(word.tier),
        h("b", {}, count),
      );
    });
  return h("div", { class: "chips", role: "group", "aria-label": t("warning.filter") }, ...chips);
}

/** A leading 【示例…】 repeats what a sample page says at its top; elsewhere it stays. */
function headline(warning: Warning, whole: boolean): string {
  const text = say(warning.headline);
  return whole ? text : text.replace(/^[[【][^\]】]*[\]】]\s*/u, "");
}

function row(warning: Warning, actions: WarningActions): HTMLElement {
  return h(
    "li",
    { class: "warning", style: `--tier:var(--tier-${warning.tier})` },
    h(
      "button",
      { type: "button", class: "row tall", "data-warning": warning.id, onclick: () => actions.open(warning) },
      tierMark(warning.tier, "sufficient", actions.shape(warning.dataset)),
      h(
        "span",
        { class: "stack" },
        h("span", { class: "name" }, headline(warning, actions.tagged)),
        h("span", { class: "quiet" }, warning.region?.name ?? ""),
      ),
      h(
        "time",
        { class: "figure quiet", datetime: warning.updated_at, title: moment(warning.updated_at) },
        age(warning.updated_at),
      ),
      actions.tagged ? originTag(warning.origin) : null,
    ),
  );
}
