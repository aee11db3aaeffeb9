/** Raster tiles as our server answers them: 204 means that nothing is there, which MapLibre takes for a failure. */

import type { AddProtocolAction } from "maplibre-gl";

export const RASTER_PROTOCOL = "raster";

export const rasterTile: AddProtocolAction = async ({ url }, aborted) => {
  const answer = await fetch(url.slice(`${RASTER_PROTOCOL}://`.length), { signal: aborted.signal });
  if (!answer.ok) throw Object.assign(new Error(`${answer.status} ${answer.url}`), { status: answer.status });
  if (answer.status === 204) return { data: await createImageBitmap(new ImageData(1, 1)) };
  return { data: await answer.arrayBuffer() };
};
