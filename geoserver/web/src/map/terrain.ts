/** The ground in three dimensions: heights that the server gives as tiles. */

import type { AddProtocolAction, SkySpecification, SourceSpecification, TerrainSpecification } from "maplibre-gl";
import type { Layer } from "../types";
import { templateOf } from "./style";

export const TERRAIN_PROTOCOL = "terrain";
const GROUND_SOURCE = "ground-heights";
/** Mountains look flat from above at their true height. */
const EXAGGERATION = 1.4;
/** Pixels of a tile, and how many of the map it is stretched over: elevation models are coarser than pictures. */
const TILE_SIZE = 256;
const SHOWN_SIZE = 512;
const MAX_ZOOM = 12;

export const SKY: Readonly<Record<"day" | "night", SkySpecification>> = {
  day: { "sky-color": "#c9d6de", "horizon-color": "#eceeec", "fog-color": "#eceeec", "sky-horizon-blend": 0.6, "fog-ground-blend": 0.9 },
  night: { "sky-color": "#0b1116", "horizon-color": "#1b2731", "fog-color": "#10171d", "sky-horizon-blend": 0.6, "fog-ground-blend": 0.9 },
};

export interface Ground {
  sources: Record<string, SourceSpecification>;
  terrain: TerrainSpecification;
}

export const hasGround = (layers: readonly Layer[]): boolean => layers.some(({ terrain }) => terrain);

/** Heights of the first layer that offers them, null where none does. */
export function groundOf(layers: readonly Layer[], origin: string): Ground | null {
  const layer = layers.find(({ terrain }) => terrain);
  if (!layer?.terrain) return null;
  const tiles = [`${TERRAIN_PROTOCOL}://${templateOf(layer.terrain, origin)}`];
  const bounds = layer.bounds ? { bounds: layer.bounds } : {};
  return {
    sources: { [GROUND_SOURCE]: { type: "raster-dem", encoding: "terrarium", tileSize: SHOWN_SIZE, maxzoom: MAX_ZOOM, tiles, ...bounds } },
    terrain: { source: GROUND_SOURCE, exaggeration: EXAGGERATION },
  };
}

/** A tile of heights; where the server knows none the ground lies at sea level. */
export const terrainTile: AddProtocolAction = async ({ url }, aborted) => {
  const answer = await fetch(url.slice(`${TERRAIN_PROTOCOL}://`.length), { signal: aborted.signal });
  if (!answer.ok) throw Object.assign(new Error(`${answer.status} ${answer.url}`), { status: answer.status });
  if (answer.status === 204) return { data: await createImageBitmap(seaLevel()) };
  return { data: await answer.arrayBuffer() };
};

/** Terrarium writes 0 m as red 128. */
function seaLevel(): ImageData {
  const flat = new ImageData(TILE_SIZE, TILE_SIZE);
  new Uint32Array(flat.data.buffer).fill(0xff000080);
  return flat;
}
