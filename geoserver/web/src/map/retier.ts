/** Draw features in other tiers than their tiles say: for what is only supposed. */

import type { LayerSpecification } from "maplibre-gl";
import type { Tier } from "../types";

/** Other tiers by dataset, told apart by one property. */
export type Retiered = ReadonlyMap<string, { by: string; tiers: ReadonlyMap<string, Tier> }>;

const TIER = JSON.stringify(["get", "tier"]);

/** A drawing whose every look at the tier sees the other one where there is one. */
export function retiered(drawing: LayerSpecification, others: Retiered): LayerSpecification {
  const found = "source-layer" in drawing && drawing["source-layer"] ? others.get(drawing["source-layer"]) : undefined;
  if (!found?.tiers.size) return drawing;
  const text = JSON.stringify(drawing);
  if (!text.includes(TIER)) return drawing;
  const groups = new Map<Tier, string[]>();
  for (const [id, tier] of found.tiers) groups.set(tier, [...(groups.get(tier) ?? []), id]);
  const match = ["match", ["to-string", ["get", found.by]], ...[...groups].flatMap(([tier, ids]) => [ids, tier]), ["get", "tier"]];
  return JSON.parse(text.replaceAll(TIER, JSON.stringify(match))) as LayerSpecification;
}
