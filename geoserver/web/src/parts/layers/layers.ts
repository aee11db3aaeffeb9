/** The layer tree: what the server lists, grouped, with switch, opacity, order, legend and where it came from. */

import type { MakePart } from "../../context";
import { h, redraw } from "../../dom";
import { say, t } from "../../i18n";
import { inOrder, moved } from "../../map/order";
import { isOn } from "../../map/style";
import type { LayerChoice } from "../../state";
import type { Layer } from "../../types";
import { type LayerActions, row } from "./row";
import "./layers.css";

type Choices = Record<string, LayerChoice>;

/** Layers of these groups stay under whatever is shown alone: without them nobody knows where it is. */
const GROUNDS = ["base"];

/** The tab of layers. */
export const layers: MakePart = ({ store, data, actions }) => {
  const element = h("div", { class: "body" });
  const choose = (choices: Choices): void => store.set({ layers: choices });
  const own: LayerActions = {
    shape: actions.shape,
    change: (id, change) => choose({ ...store.state.layers, [id]: { ...store.state.layers[id], ...change } }),
    only: (id) => choose(only(data.layers, store.state.layers, id)),
    move: (id, target) => {
      choose(moved(data.layers, store.state.layers, id, target));
      queueMicrotask(() => element.querySelector<HTMLElement>(`[data-layer="${id}"] .grip`)?.focus());
    },
  };
  return {
    element,
    update: (changed) => {
      if (!changed.has("layers", "site", "lang", "theme")) return;
      const { state } = store;
      const groups = grouped(inOrder(data.layers, state.layers));
      const trees = groups.map((members) => tree(members, state.layers, own));
      const reset = h("button", { type: "button", class: "link", onclick: () => choose({}) }, t("layer.reset"));
      const head = h("p", { class: "layers-head" }, h("span", { class: "quiet" }, t("layer.orderHint")), Object.keys(state.layers).length ? reset : null);
      const empty = data.layers.length ? null : h("p", { class: "quiet pad" }, t("layer.empty"));
      redraw(element, "layers", [empty ?? head, ...trees]);
    },
  };
};

/** What is drawn last lies on top, and stands first in the tree. */
function grouped(layers: readonly Layer[]): Layer[][] {
  const groups = new Map<string, Layer[]>();
  for (const layer of [...layers].reverse()) groups.set(layer.group.id, [...(groups.get(layer.group.id) ?? []), layer]);
  return [...groups.values()];
}

function tree(members: readonly Layer[], choices: Choices, actions: LayerActions): HTMLElement {
  const shown = members.filter((layer) => isOn(layer, choices[layer.id])).length;
  const rows = members.map((layer, at) =>
    row(layer, choices[layer.id], { above: members[at - 1]?.id ?? null, below: members[at + 1]?.id ?? null }, actions),
  );
  const title = h("legend", {}, say(members[0]?.group), h("span", { class: "figure" }, ` ${shown}/${members.length}`));
  return h("fieldset", { class: "group" }, title, ...rows);
}

/** Every layer off but `id` and the ground. */
function only(layers: readonly Layer[], choices: Choices, id: string): Choices {
  const next = { ...choices };
  for (const layer of layers) {
    if (layer.id === id) next[layer.id] = { ...choices[layer.id], on: true };
    else if (!GROUNDS.includes(layer.group.id)) next[layer.id] = { ...choices[layer.id], on: false };
  }
  return next;
}
