/** How items are drawn: as the layer of their collection is, only that none of them is left out. */

import type { FilterSpecification, LayerSpecification } from "maplibre-gl";
import { drawingsOf, type Look } from "../map/style";
import type { Layer } from "../types";

export const SOURCE = "items";
/** Where names and markers stand. */
export const PLACES = "item-places";

type Drawing = LayerSpecification & { source: string };

/** Kinds of drawing that show a geometry; a name may give way to another name. */
const SHAPES: readonly string[] = ["fill", "line", "circle"];
const PLAIN = "#1f5366";

const POINT = ["==", ["geometry-type"], "Point"] as unknown as FilterSpecification;
const AREA = ["==", ["geometry-type"], "Polygon"] as unknown as FilterSpecification;

/** MapLibre layers of the items, bottom first. */
export function itemDrawings(layer: Layer | null, look: Look): LayerSpecification[] {
  const own = layer ? drawingsOf(layer, { on: true }, look).map((drawing) => fromItems(drawing as Drawing)) : [];
  if (own.some(isShape)) return own;
  return [...plain(layer?.legend[0]?.colour ?? PLAIN), ...own.map(below)];
}

const isShape = ({ id, type }: LayerSpecification): boolean => SHAPES.includes(type) || id.endsWith(":marker");

/** Shapes at every zoom; names where the map has room for them. */
function fromItems(drawing: Drawing): LayerSpecification {
  const { "source-layer": _, minzoom, maxzoom: __, ...rest } = drawing as Drawing & Record<string, unknown>;
  const room = isShape(drawing) || minzoom === undefined ? {} : { minzoom };
  // A red lies above all others.
  const layout = drawing.type === "circle" ? { ...drawing.layout, "circle-sort-key": ["coalesce", ["get", "tier"], 0] } : drawing.layout;
  return { ...rest, ...room, layout, source: drawing.type === "symbol" ? PLACES : SOURCE } as unknown as LayerSpecification;
}

/** A name below its point, not on it. */
function below(drawing: LayerSpecification): LayerSpecification {
  const layout = { ...drawing.layout, "text-anchor": "top", "text-offset": [0, 0.5] };
  return { ...drawing, layout } as LayerSpecification;
}

function plain(colour: string): LayerSpecification[] {
  const stroke = { "circle-stroke-color": "#ffffff", "circle-stroke-width": 1 };
  return [
    { id: `${SOURCE}:fill`, type: "fill", source: SOURCE, filter: AREA, paint: { "fill-color": colour, "fill-opacity": 0.25 } },
    { id: `${SOURCE}:line`, type: "line", source: SOURCE, paint: { "line-color": colour, "line-width": 1.4 } },
    { id: `${SOURCE}:circle`, type: "circle", source: SOURCE, filter: POINT, paint: { "circle-color": colour, "circle-radius": 4, ...stroke } },
  ];
}

/** Outline of the item with an id, above all others. */
export function marked(id: string, colour: string): LayerSpecification[] {
  const chosen = ["==", ["get", "id"], id] as unknown as FilterSpecification;
  const point = ["all", chosen, POINT] as unknown as FilterSpecification;
  const ring = { "circle-radius": 11, "circle-opacity": 0, "circle-stroke-color": colour, "circle-stroke-width": 2.5 };
  return [
    { id: `${SOURCE}:marked-line`, type: "line", source: SOURCE, filter: chosen, paint: { "line-color": colour, "line-width": 3 } },
    { id: `${SOURCE}:marked-ring`, type: "circle", source: SOURCE, filter: point, paint: ring },
  ];
}
