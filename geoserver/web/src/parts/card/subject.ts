/** What the sections of an asset's card share: the asset, and what is asked for when a section is opened. */

import { cardApi, type DatedImage, type Explanation, type Nearby, type Past, type Series } from "../../api/card";
import type { Actions } from "../../context";
import type { Asset } from "../../types";
import { knownBy } from "../time/moments";
import { once } from "./fold";

const RADIUS_KM = 10;
const DAY_MS = 86_400_000;

export interface Subject {
  asset: Asset;
  actions: Actions;
  series: (days: number) => Promise<Series>;
  explanation: () => Promise<Explanation>;
  images: () => Promise<DatedImage[]>;
  nearby: () => Promise<Nearby>;
  history: () => Promise<Past[]>;
  /** Where it is as a file. */
  file: (format: string) => string;
}

/** `asOf` is the moment whose knowledge is shown, `now` the time of the page's clock, ms. */
export function subjectOf(asset: Asset, actions: Actions, asOf: string | null, now: number): Subject {
  const { dataset, id, assessment } = asset;
  const judged = Date.parse(assessment?.valid_at ?? asOf ?? "");
  const end = asOf && !Number.isNaN(judged) ? judged : now;
  const until = asOf ? { until: new Date(end).toISOString() } : {};
  const periods = new Map<number, () => Promise<Series>>();
  return {
    asset,
    actions,
    series: (days) => {
      const since = new Date(end - days * DAY_MS).toISOString();
      const asked = periods.get(days) ?? once(() => cardApi.series(dataset, id, asOf, { since, ...until }));
      periods.set(days, asked);
      return asked();
    },
    explanation: once(() => cardApi.explanation(`${dataset}/${id}`, asOf)),
    images: once(() => cardApi.images(dataset, id, asOf)),
    nearby: once(() => cardApi.nearby(dataset, id, asOf, RADIUS_KM)),
    history: once(async () => knownBy(await cardApi.history(dataset, id), asOf)),
    file: (format) => cardApi.file(dataset, id, asOf, format),
  };
}
