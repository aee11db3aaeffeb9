/** What the past answers, kept: what was known at a time does not change, so it is asked for once. */

import { api } from "../../api";
import type { Layer, Region, Warning } from "../../types";

const KEPT = 200;
const kept = new Map<string, Promise<unknown>>();

/** Ask for something as known at a time, once; a failure is not kept. */
function once<T>(key: string, asOf: string | null, request: (asOf: string | null) => Promise<T>): Promise<T> {
  if (asOf === null) return request(null);
  const name = `${key} ${asOf}`;
  const found = kept.get(name) as Promise<T> | undefined;
  kept.delete(name);
  const answer = found ?? request(asOf);
  kept.set(name, answer);
  answer.catch(() => kept.delete(name));
  for (const oldest of [...kept.keys()].slice(0, -KEPT)) kept.delete(oldest);
  return answer;
}

export const past = {
  layers: (asOf: string | null): Promise<Layer[]> => once("layers", asOf, api.layers),
  region: (code: string, asOf: string | null): Promise<Region> => once(`region/${code}`, asOf, (then) => api.region(code, then)),
  warnings: (asOf: string | null): Promise<Warning[]> => once("warnings", asOf, api.warnings),
};
