/** One layer of the tree. */

import { h } from "../../dom";
import { say, t, value } from "../../i18n";
import type { Shape } from "../../map/shapes";
import { datasetOf, isAsset, isOn, isTiered } from "../../map/style";
import { originTag, tierMark } from "../../panel/marks";
import type { LayerChoice } from "../../state";
import type { Layer } from "../../types";
import { facts, legend, staleNote } from "./facts";

export interface LayerActions {
  shape: (dataset: string) => Shape;
  change: (id: string, change: LayerChoice) => void;
  /** Show this layer alone. */
  only: (id: string) => void;
  /** Put a layer where another one of its group is. */
  move: (id: string, target: string) => void;
}

/** The layers of the group that a layer lies directly under and over. */
export interface Neighbours {
  above: string | null;
  below: string | null;
}

const DRAGGED = "application/x-layer";

export function row(layer: Layer, choice: LayerChoice | undefined, near: Neighbours, actions: LayerActions): HTMLElement {
  const on = isOn(layer, choice);
  const element = h(
    "div",
    { class: on ? "layer on" : "layer", "data-layer": layer.id },
    head(layer, on, near, actions),
    on ? staleNote(layer) : null,
    on && layer.legend.length > 1 && !isTiered(layer) ? legend(layer) : null,
    more(layer, choice, actions),
  );
  acceptsDrag(element, layer, actions);
  return element;
}

function head(layer: Layer, on: boolean, near: Neighbours, actions: LayerActions): HTMLElement {
  const toggle = h("input", {
    type: "checkbox",
    id: `layer-${layer.id}`,
    checked: on,
    onchange: () => actions.change(layer.id, { on: toggle.checked }),
  });
  return h(
    "div",
    { class: "layer-head" },
    grip(layer, near, actions),
    toggle,
    isAsset(layer) ? tierMark(0, "sufficient", actions.shape(datasetOf(layer))) : null,
    layer.legend.length === 1 ? h("i", { class: "swatch-one", style: `--swatch:${layer.legend[0]?.colour}` }) : null,
    h("label", { for: `layer-${layer.id}`, title: say(layer.description) }, say(layer.title)),
    originTag(layer.origin),
    layer.count === null ? null : h("span", { class: "figure quiet", title: t("layer.count") }, value(layer.count)),
  );
}

/** Dragged with the pointer; with the keyboard the arrows move the layer. */
function grip(layer: Layer, near: Neighbours, actions: LayerActions): HTMLElement {
  const name = `${t("layer.move")}: ${say(layer.title)}`;
  const step = (event: Event): void => {
    const target = { ArrowUp: near.above, ArrowDown: near.below }[(event as KeyboardEvent).key];
    if (target === undefined) return;
    event.preventDefault();
    if (target) actions.move(layer.id, target);
  };
  const drag = (event: Event): void => (event as DragEvent).dataTransfer?.setData(DRAGGED, `${layer.group.id}/${layer.id}`);
  return h("button", { type: "button", class: "grip", draggable: "true", title: name, "aria-label": name, onkeydown: step, ondragstart: drag }, "⠿");
}

/** A layer is dropped only within its group: that is where the tree would show it. */
function acceptsDrag(element: HTMLElement, layer: Layer, actions: LayerActions): void {
  element.addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes(DRAGGED)) return;
    event.preventDefault();
    element.classList.add("target");
  });
  element.addEventListener("dragleave", () => element.classList.remove("target"));
  element.addEventListener("drop", (event) => {
    element.classList.remove("target");
    const [group, id] = event.dataTransfer?.getData(DRAGGED).split("/") ?? [];
    if (group !== layer.group.id || !id || id === layer.id) return;
    event.preventDefault();
    actions.move(id, layer.id);
  });
}

function more(layer: Layer, choice: LayerChoice | undefined, actions: LayerActions): HTMLElement {
  const name = say(layer.title);
  const slider = h("input", {
    type: "range",
    min: 0,
    max: 100,
    step: 5,
    value: Math.round((choice?.opacity ?? 1) * 100),
    "aria-label": `${t("layer.opacity")}: ${name}`,
    onchange: () => actions.change(layer.id, { opacity: Number(slider.value) / 100 }),
  });
  return h(
    "details",
    { class: "layer-more" },
    h("summary", { title: t("layer.details"), "aria-label": `${t("layer.details")}: ${name}` }, "⋯"),
    h("p", {}, say(layer.description)),
    isTiered(layer) ? legend(layer) : null,
    h("label", { class: "opacity" }, t("layer.opacity"), slider),
    h("button", { type: "button", class: "link", onclick: () => actions.only(layer.id) }, t("layer.only")),
    facts(layer),
  );
}
