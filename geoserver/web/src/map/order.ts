/** The order in which layers are drawn: the server's, but for those that a person has put elsewhere. */

import type { LayerChoice } from "../state";
import type { Layer } from "../types";

type Choices = Readonly<Record<string, LayerChoice>>;

/** `layers`, bottom first; a layer with a place of its own stands at exactly that place. */
export function inOrder(layers: readonly Layer[], choices: Choices): Layer[] {
  const place = ({ id }: Layer): number | undefined => choices[id]?.place;
  const order = layers.filter((layer) => place(layer) === undefined);
  const placed = layers.filter((layer) => place(layer) !== undefined).sort((a, b) => (place(a) ?? 0) - (place(b) ?? 0));
  for (const layer of placed) order.splice(place(layer) ?? 0, 0, layer);
  return order;
}

/** The choices after `id` was put where `target` is; what was between them makes room. */
export function moved(layers: readonly Layer[], choices: Choices, id: string, target: string): Record<string, LayerChoice> {
  const order = inOrder(layers, choices).map((layer) => layer.id);
  const [from, to] = [order.indexOf(id), order.indexOf(target)];
  if (from < 0 || to < 0 || from === to) return { ...choices };
  order.splice(to, 0, ...order.splice(from, 1));
  const placed = [...Object.keys(choices).filter((each) => choices[each]?.place !== undefined), id];
  const next: Record<string, LayerChoice> = { ...choices };
  for (const each of placed) next[each] = { ...choices[each], place: order.indexOf(each) };
  return next;
}
