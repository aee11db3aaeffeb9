/** What is put on paper: the map with all that a reader needs to trust it, and the open card. */

import type { Context } from "../../context";
import { h } from "../../dom";
import { moment, say, t } from "../../i18n";
import { LABELS } from "../../labels";
import { inOrder } from "../../map/order";
import type { Picture } from "../../map/picture";
import { roundLength } from "../../map/scale";
import { isOn, isTiered } from "../../map/style";
import { attribution, tierLegend } from "../../panel/corner";
import { standing } from "../../panel/health";
import type { State } from "../../state";
import type { Layer, Site } from "../../types";
import { inWords, supposedOf } from "../decision/supposed";

export type Paper = "landscape" | "portrait";

/** Pixels of the page that the picture of the map takes: A4 less its margins, the legend and the words. */
export const ROOM: Readonly<Record<Paper, readonly [width: number, height: number]>> = {
  landscape: [840, 500],
  portrait: [690, 700],
};
/** Of the width of the picture that the scale bar may take. */
const SCALE_SHARE = 0.22;

/** The pages: the map first, then the card where it is wanted. */
export function sheets(context: Context, picture: Picture | null, paper: Paper, withCard: boolean): HTMLElement {
  const { data, store } = context;
  const pages = data.site && picture ? [mapPage(context, data.site, picture)] : [];
  if (withCard && store.state.selected) pages.push(cardPage(context));
  return h("div", { class: `print-sheets ${paper}` }, ...pages);
}

function mapPage(context: Context, site: Site, picture: Picture): HTMLElement {
  const { data, store } = context;
  const shown = inOrder(data.layers, store.state.layers).filter((layer) => isOn(layer, store.state.layers[layer.id]));
  const frame = h("figure", { class: "print-map" }, picture.canvas, scaleBar(picture), north(picture.bearing));
  return h(
    "section",
    { class: "print-page" },
    heading(context, site),
    h("div", { class: "print-body" }, frame, legend(shown)),
    h("footer", { class: "print-foot" }, times(context, site), sources(context, site)),
  );
}

/** What nobody may take for the present as it is. */
export function marksOf({ whatIf, moment: shown, asOf }: Pick<State, "whatIf" | "moment" | "asOf">): string[] {
  const supposed = supposedOf({ whatIf, asOf });
  if (supposed) return [`${t("print.whatIf")} · ${inWords(supposed)}`];
  return asOf ? [`${t("time.past")} · ${moment(shown ?? asOf)}`] : [];
}

function heading({ store, data }: Context, site: Site): HTMLElement {
  const path = data.region?.breadcrumb.map(({ name }) => name).join(" › ") ?? "";
  const mark = `${LABELS["page.sample"].zh} sample`;
  return h(
    "header",
    { class: "print-head" },
    h("h1", {}, say(site.title)),
    site.origin === "sample" ? h("strong", { class: "sample-mark" }, mark) : null,
    ...[...marksOf(store.state), standing() ?? ""].filter(Boolean).map((words) => h("strong", { class: "sample-mark" }, words)),
    path ? h("p", {}, `${t("print.region")}：${path}`) : null,
  );
}

function legend(shown: readonly Layer[]): HTMLElement {
  const others = [...shown].reverse().filter((layer) => !isTiered(layer) && layer.legend.length);
  const swatches = (layer: Layer): HTMLElement[] =>
    layer.legend.map(({ colour, label }) => h("li", {}, h("i", { class: "print-swatch", style: `--swatch:${colour}` }), say(label)));
  return h(
    "aside",
    { class: "print-legend" },
    h("h2", {}, t("page.legend")),
    h("ul", {}, ...tierLegend()),
    ...others.map((layer) => h("div", {}, layer.legend.length > 1 ? h("h3", {}, say(layer.title)) : null, h("ul", {}, ...swatches(layer)))),
  );
}

function scaleBar({ width, metres }: Picture): HTMLElement {
  const length = roundLength(metres * width * SCALE_SHARE);
  const name = length >= 1000 ? `${length / 1000} km` : `${length} m`;
  const share = ((length / (metres * width)) * 100).toFixed(2);
  return h("span", { class: "print-scale", style: `--share:${share}%` }, name);
}

const north = (bearing: number): HTMLElement =>
  h("span", { class: "print-north", style: `--turn:${-bearing}deg` }, h("i", {}, "▲"), t("print.north"));

function times({ store }: Context, site: Site): HTMLElement {
  const { moment: shown, asOf } = store.state;
  const clock = site.reference_time ? [t("page.referenceTime"), site.reference_time] : [t("page.computedAt"), site.run?.finished_at];
  const rows: [string, string][] = [
    [clock[0] ?? "", moment(clock[1])],
    [t("print.shown"), shown ? moment(shown) : t("print.now")],
    [t("print.asOf"), asOf ? moment(asOf) : t("print.now")],
    [t("print.at"), moment(new Date().toISOString())],
  ];
  const list = h("dl", { class: "print-times" });
  for (const [name, text] of rows) list.append(h("div", {}, h("dt", {}, name), h("dd", {}, text)));
  return list;
}

function sources({ data, store }: Context, site: Site): HTMLElement {
  const credits = attribution(site, data.layers, store.state);
  return h("div", { class: "print-sources" }, h("p", {}, ...credits), h("p", {}, `${t("print.address")}：${location.href}`));
}

/** The card as it is on the screen, unfolded as it is there. */
function cardPage({ page }: Context): HTMLElement {
  const shown = [...page.slots.right.children].find((each) => !(each as HTMLElement).hidden);
  const copy = (shown?.cloneNode(true) ?? h("div")) as HTMLElement;
  const drawn = [...(shown?.querySelectorAll("canvas") ?? [])];
  copy.querySelectorAll("canvas").forEach((canvas, at) => {
    if (drawn[at]?.width) canvas.getContext("2d")?.drawImage(drawn[at], 0, 0);
  });
  for (const control of copy.querySelectorAll("input, select, textarea, button")) {
    if (control.tagName === "BUTTON") control.replaceWith(h("span", {}, control.textContent));
    else control.remove();
  }
  for (const named of copy.querySelectorAll("[id]")) named.removeAttribute("id");
  return h("section", { class: "print-page print-card" }, copy);
}
