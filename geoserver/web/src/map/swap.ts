/** Other tiles in sources that stay: what is on the screen stays until the new picture is there. */

import type { Map as Chart, RasterTileSource, StyleSpecification, VectorTileSource } from "maplibre-gl";

type Tiled = { type: string; tiles?: string[] };

/** Give the sources that differ in nothing but their tiles the new ones; a new style would begin them anew. */
export function swapTiles(chart: Chart, style: StyleSpecification): void {
  for (const [id, wanted] of Object.entries(style.sources) as [string, Tiled][]) {
    const source = chart.getSource(id) as VectorTileSource | RasterTileSource | undefined;
    if (!source || !wanted.tiles || source.type !== wanted.type) continue;
    if (JSON.stringify(source.tiles) !== JSON.stringify(wanted.tiles)) source.setTiles(wanted.tiles);
  }
}
