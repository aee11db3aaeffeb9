/** What each scene shows: a function of the scene and of what is known, of nothing else. */

import { t } from "../i18n";
import type { LabelKey } from "../labels";
import type { Shape } from "../map/shapes";
import type { LayerChoice } from "../state";
import type { Bounds, Region } from "../types";
import { counts, legend, ranking, summary, warningCounts, warningList } from "./blocks";
import { chartsOf } from "./charts";
import type { Facts, More } from "./read";
import { familyOf, RASTERS, type Scene } from "./scenes";

/** A block is the map, or made when it is shown. */
export type Block = "map" | (() => HTMLElement);

export interface View {
  name: LabelKey;
  main: Block;
  second: Block;
  third: Block;
  /** Where the map is, and what is on it besides what is usual. */
  bounds: Bounds | null;
  region: Region;
  layers: Record<string, LayerChoice>;
}

export function viewOf(scene: Scene, facts: Facts, more: More, shape: (dataset: string) => Shape): View {
  const { site, nation, warnings, layers } = facts;
  const usual = { bounds: site.bounds ?? nation.bounds, region: nation, layers: {} };
  const list: Block = () => warningList(warnings, shape);
  const raster = layers.find(({ id }) => id === RASTERS[familyOf(scene)]);
  if (raster) {
    const on = { [raster.id]: { on: true, opacity: 0.85 }, risk_cell: { on: false }, region: { on: false } };
    return { ...usual, name: familyOf(scene) === "rain" ? "wall.rain" : "wall.shaking", main: "map", second: () => legend(raster), third: list, layers: on };
  }
  if (more.asset) {
    const { asset, series } = more;
    const warning = warnings.find((each) => each.dataset === asset.dataset && each.asset_id === asset.id);
    const facts = (): HTMLElement => summary(asset, warning, shape(asset.dataset));
    const drawn = chartsOf(series);
    return { ...usual, name: "wall.asset", main: drawn ?? "map", second: facts, third: drawn ? "map" : list, bounds: around(asset.geometry?.bounds ?? null) ?? usual.bounds };
  }
  if (more.region) {
    const { region } = more;
    return { name: "wall.region", main: "map", second: () => counts(region.name, region), third: () => ranking(region), bounds: region.bounds, region, layers: {} };
  }
  if (scene === "warnings") return { ...usual, name: "wall.warnings", main: list, second: () => warningCounts(warnings), third: "map" };
  return { ...usual, name: "wall.nation", main: "map", second: () => counts(t("wall.nation"), nation), third: list };
}

const NEAR_DEGREES = 0.02;

/** The surroundings of an asset. */
function around(bounds: Bounds | null): Bounds | null {
  if (!bounds) return null;
  const [west, south, east, north] = bounds;
  return [west - NEAR_DEGREES, south - NEAR_DEGREES, east + NEAR_DEGREES, north + NEAR_DEGREES];
}
