/** What a point of the map means: the one thing to show in a tooltip or to open on a click. */

import type { Map as Chart, MapGeoJSONFeature, PointLike } from "maplibre-gl";
import type { Layer, Level, State, Tier } from "../types";
import type { Retiered } from "./retier";
import { datasetOf, isAsset } from "./style";

/** From here on a click opens what lies on the map; further out it opens the region. */
export const CLOSE_ZOOM = 8.5;
const REACH = 4;

export interface Thing {
  kind: "asset" | "cell" | "feature" | "region";
  dataset: string;
  id: string;
  layer: Layer;
  name: string;
  level: Level | null;
  tier: Tier | null;
  state: State | null;
  score: number | null;
}

export interface Picked {
  top: Thing | null;
  region: Thing | null;
}

/** Sublayers that decorate, and are never the answer. */
const DECORATION = /:(hatch|words|selected-\w+)$/;

function thingOf(feature: MapGeoJSONFeature, layer: Layer, others: Retiered): Thing {
  const { properties } = feature;
  const dataset = datasetOf(layer);
  const supposed = others.get(dataset);
  const id = String(properties["id"] ?? properties["code"] ?? "");
  const base = {
    layer,
    name: String(properties["name"] ?? properties["asset_name"] ?? ""),
    level: (properties["level"] as Level | undefined) ?? null,
    tier: supposed?.tiers.get(String(properties[supposed.by])) ?? (properties["tier"] as Tier | undefined) ?? null,
    state: (properties["state"] as State | undefined) ?? null,
    score: (properties["score"] as number | undefined) ?? null,
  };
  if (layer.kind === "cells") return { ...base, kind: "cell", dataset, id };
  if (dataset === "region") return { ...base, kind: "region", dataset, id: String(properties["code"] ?? id) };
  if (isAsset(layer)) return { ...base, kind: "asset", dataset, id };
  const [owner, owned] = [properties["dataset"], properties["asset_id"]];
  if (dataset === "warning" && owner && owned) {
    return { ...base, kind: "asset", dataset: String(owner), id: String(owned) };
  }
  return { ...base, kind: "feature", dataset, id };
}

/**
 * Choose at `point`: assets, then other features, then (close up or in a county) the cell, then the region;
 * `others` are the tiers that are drawn in place of those of the tiles.
 */
export function pick(chart: Chart, point: { x: number; y: number }, layers: readonly Layer[], county: boolean, others: Retiered = new Map()): Picked {
  const close = county || chart.getZoom() >= CLOSE_ZOOM;
  const find = (where: PointLike | [PointLike, PointLike]): Thing[] => {
    const things: Thing[] = [];
    for (const feature of chart.queryRenderedFeatures(where)) {
      const layer = layers.find(({ id }) => feature.layer.id.startsWith(`${id}:`));
      if (layer && !DECORATION.test(feature.layer.id)) things.push(thingOf(feature, layer, others));
    }
    return things;
  };
  const near = find([
    [point.x - REACH, point.y - REACH],
    [point.x + REACH, point.y + REACH],
  ]);
  const exact = find([point.x, point.y]);
  // Of overlapping assets the worst one answers: a red is never hidden behind another.
  const assets = near.filter(({ kind }) => kind === "asset").sort((a, b) => (b.tier ?? 0) - (a.tier ?? 0));
  const feature = near.find(({ kind, layer }) => kind === "feature" && (close || layer.group.id !== "base"));
  const cell = exact.find(({ kind }) => kind === "cell");
  const region = exact.filter(({ kind }) => kind === "region").sort(byDepth)[0] ?? null;
  return { top: assets[0] ?? feature ?? (close ? cell : undefined) ?? region ?? cell ?? null, region };
}

const DEPTH: readonly Level[] = ["nation", "province", "city", "county", "township"];

/** The filled (partition) region comes first; of outlines the largest unit. */
function byDepth(a: Thing, b: Thing): number {
  return DEPTH.indexOf(a.level ?? "nation") - DEPTH.indexOf(b.level ?? "nation");
}
