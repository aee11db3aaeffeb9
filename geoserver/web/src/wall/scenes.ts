/** Which scenes a wall has, and in which order they come; pure. */

import { byUrgency } from "../parts/rail/order";
import type { Layer, Region, Tier, Warning } from "../types";

/**
 * `nation`, `warnings`, `rain`, `shaking`, `region/<code>`, `asset/<dataset>/<id>`: all that a picture depends
 * on, besides what was known at its time.
 */
export type Scene = string;

type Part = Region["children"][number];

/** Layers that a scene shows by itself, where the site has them. */
export const RASTERS: Readonly<Record<string, string>> = { rain: "rain", shaking: "pga" };
const PROVINCES = 4;
const CITIES = 4;
const CITY_FROM: Tier = 3;

const count = ({ counts }: Part, tier: Tier): number => counts[String(tier)] ?? 0;

/** Worst first: by tier, then by how many assets have the worst, the next … tier. */
export const byRisk = (a: Part, b: Part): number =>
  b.tier - a.tier ||
  ([4, 3, 2, 1] as const).map((tier) => count(b, tier) - count(a, tier)).find((difference) => difference !== 0) ||
  (a.code < b.code ? -1 : 1);

/** The regions worth a scene: worst provinces first, then the worst cities of all of them. */
export function worstRegions(provinces: readonly Part[], cities: readonly Part[]): string[] {
  const judged = provinces.filter(({ tier }) => tier > 0).sort(byRisk).slice(0, PROVINCES);
  const worst = cities.filter(({ tier }) => tier >= CITY_FROM).sort(byRisk).slice(0, CITIES);
  return [...judged, ...worst].map(({ code }) => code);
}

export interface Known {
  /** In the order of `worstRegions`. */
  regions: readonly string[];
  warnings: readonly Warning[];
  layers: readonly Pick<Layer, "id">[];
}

/** The loop of a wall; a scene without data is not in it. */
export function scenesOf({ regions, warnings, layers }: Known): Scene[] {
  const worst = [...warnings].sort(byUrgency)[0];
  const has = (id: string): boolean => layers.some((layer) => layer.id === id);
  return [
    "nation",
    ...regions.map((code) => `region/${code}`),
    "warnings",
    ...(worst ? [`asset/${worst.dataset}/${worst.asset_id}`] : []),
    ...Object.keys(RASTERS).filter((scene) => has(RASTERS[scene] as string)),
  ];
}

/** The family of a scene: `region` of `region/140000`. */
export const familyOf = (scene: Scene): string => scene.split("/")[0] ?? "";

/** The scene that a word of an address means: itself, the first of its family, the one before all. */
export function resolved(wanted: string, scenes: readonly Scene[]): Scene {
  if (scenes.includes(wanted) || /^(region\/\d{6}(\d{3})?|asset\/\w+\/.+)$/.test(wanted)) return wanted;
  return scenes.find((scene) => familyOf(scene) === familyOf(wanted)) ?? "nation";
}

/** So many scenes on, around the loop; from outside the loop to its beginning. */
export function stepped(scenes: readonly Scene[], scene: Scene, by: number): Scene {
  const at = scenes.indexOf(scene);
  if (at < 0) return scenes[by < 0 ? scenes.length - 1 : 0] ?? "nation";
  return scenes[(((at + by) % scenes.length) + scenes.length) % scenes.length] ?? "nation";
}
