/** Lengths on the map. */

const EQUATOR_M = 40_075_016.686;
const STEPS = [1, 2, 5];

/** Metres a pixel spans at a latitude, on tiles of 512 pixels. */
export const metresPerPixel = (latitude: number, zoom: number): number =>
  (EQUATOR_M * Math.cos((latitude * Math.PI) / 180)) / (512 * 2 ** zoom);

/** The longest of 1, 2, 5, 10, 20 … that is no longer than `metres`. */
export function roundLength(metres: number): number {
  const size = 10 ** Math.floor(Math.log10(metres));
  return size * (STEPS.filter((step) => step * size <= metres).at(-1) ?? 1);
}
