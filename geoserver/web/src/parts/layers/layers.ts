/** The layer tree: what the server lists, grouped, with switch, opacity, legend and where it came from. */

import type { MakePart } from "../../context";
import { h, redraw } from "../../dom";
import { age, moment, say, t, value } from "../../i18n";
import type { Shape } from "../../map/shapes";
import { datasetOf, isAsset, isOn, isTiered } from "../../map/style";
import type { LayerChoice, State } from "../../state";
import type { Layer } from "../../types";
import { originTag, tierMark } from "../../panel/marks";

/** The tab of layers. */
export const layers: MakePart = ({ store, data, actions }) => {
  const element = h("div", { class: "body" });
  return {
    element,
    update: (changed) => {
      if (!changed.has("layers", "lang", "theme")) return;
      const { state } = store;
      const change: ChangeLayer = (id, choice) => store.set({ layers: { ...store.state.layers, [id]: choice } });
      redraw(element, "layers", layerTree(data.layers, state, actions.shape, change));
    },
  };
};

type ChangeLayer = (id: string, choice: LayerChoice) => void;

function layerTree(
  layers: readonly Layer[],
  state: State,
  shape: (dataset: string) => Shape,
  change: ChangeLayer,
): HTMLElement[] {
  if (!layers.length) return [h("p", { class: "quiet pad" }, t("layer.empty"))];
  // What is drawn last lies on top, and stands first in the tree.
  const groups = new Map<string, Layer[]>();
  for (const layer of [...layers].reverse()) groups.set(layer.group.id, [...(groups.get(layer.group.id) ?? []), layer]);
  return [...groups.values()].map((members) =>
    h(
      "fieldset",
      { class: "group" },
      h("legend", {}, say(members[0]?.group)),
      ...members.map((layer) => row(layer, state.layers[layer.id], isAsset(layer) ? shape(datasetOf(layer)) : null, change)),
    ),
  );
}

function row(
  layer: Layer,
  choice: LayerChoice | undefined,
  shape: Shape | null,
  change: ChangeLayer,
): HTMLElement {
  const on = isOn(layer, choice);
  const opacity = choice?.opacity ?? 1;
  const toggle = h("input", {
    type: "checkbox",
    id: `layer-${layer.id}`,
    checked: on,
    onchange: () => change(layer.id, { ...choice, on: toggle.checked }),
  });
  const slider = h("input", {
    type: "range",
    min: 0,
    max: 100,
    step: 5,
    value: Math.round(opacity * 100),
    "aria-label": `${t("layer.opacity")}: ${say(layer.title)}`,
    onchange: () => change(layer.id, { ...choice, opacity: Number(slider.value) / 100 }),
  });
  return h(
    "div",
    { class: on ? "layer on" : "layer" },
    h(
      "div",
      { class: "layer-head" },
      toggle,
      shape ? tierMark(0, "sufficient", shape) : null,
      h("label", { for: `layer-${layer.id}`, title: say(layer.description) }, say(layer.title)),
      originTag(layer.origin),
      layer.count === null ? null : h("span", { class: "figure quiet", title: t("layer.count") }, value(layer.count)),
    ),
    on && layer.legend.length && !isTiered(layer) ? legend(layer) : null,
    h(
      "details",
      { class: "layer-more" },
      h("summary", { title: t("layer.details"), "aria-label": `${t("layer.details")}: ${say(layer.title)}` }, "⋯"),
      h("p", {}, say(layer.description)),
      isTiered(layer) ? legend(layer) : null,
      h("label", { class: "opacity" }, t("layer.opacity"), slider),
      facts(layer),
    ),
  );
}

function legend(layer: Layer): HTMLElement {
  const ramp = layer.kind === "raster" && layer.legend.length > 2;
  const entries = layer.legend.map(({ colour, label }) =>
    h("li", {}, h("i", { style: `--swatch:${colour}` }), h("span", {}, say(label))),
  );
  return h("ul", { class: ramp ? "legend ramp" : "legend", "aria-label": t("page.legend") }, ...entries);
}

/** When, and how old that is by the site's clock. */
const updated = (at: string): string => [...new Set([moment(at), age(at)])].join(" · ");

function facts(layer: Layer): HTMLElement {
  const rows: [string, string][] = [
    [t("layer.origin"), layer.origin ? t(`origin.${layer.origin}`) : ""],
    [t("layer.source"), say(layer.attribution)],
    [t("layer.licence"), layer.licence ?? ""],
    [t("layer.updated"), layer.updated_at ? updated(layer.updated_at) : ""],
  ];
  const list = h("dl", { class: "facts" });
  for (const [name, fact] of rows) if (fact) list.append(h("dt", {}, name), h("dd", {}, fact));
  return list;
}
