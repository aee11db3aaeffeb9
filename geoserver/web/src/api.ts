/** The requests of the page: same origin, with a time limit, failing with the server's own words. */

import { asksForLogin, states } from "./states";
import type { Cell, Found, Layer, Moment, Problem, Region, Site, Vocabulary, Warning } from "./types";

const TIME_LIMIT_MS = 20_000;

export class ApiFailure extends Error {
  constructor(
    readonly path: string,
    readonly status: number,
    readonly problem: Problem | null,
  ) {
    super(problem?.detail ?? problem?.title ?? `${path}: ${status || "no answer"}`);
  }
}

export async function problemOf(answer: Response): Promise<Problem | null> {
  try {
    return (await answer.json()) as Problem;
  } catch {
    return null;
  }
}

/** Ask the server for something; a proxy that asks for a login instead counts as 401. */
export async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(path, { ...init, redirect: "manual", signal: AbortSignal.timeout(TIME_LIMIT_MS) });
  } catch {
    states.suspect();
    throw new ApiFailure(path, 0, null);
  }
  states.answered(path, answer);
  if (asksForLogin(answer)) throw new ApiFailure(path, 401, null);
  if (!answer.ok) throw new ApiFailure(path, answer.status, await problemOf(answer));
  return answer;
}

export async function get<T>(path: string): Promise<T> {
  const answer = await ask(path, { headers: { Accept: "application/json" } });
  try {
    return (await answer.json()) as T;
  } catch {
    throw new ApiFailure(path, 0, null); // it broke off, or its time was over, in the middle
  }
}

export const part = encodeURIComponent;

const then = (mark: "?" | "&", asOf: string | null): string => (asOf ? `${mark}as_of=${part(asOf)}` : "");

export const api = {
  site: () => get<Site>("/api/v1/site"),
  vocabulary: () => get<Vocabulary>("/api/v1/vocabulary"),
  layers: (asOf: string | null = null) => get<Layer[]>(`/api/v1/layers${then("?", asOf)}`),
  moments: () => get<Moment[]>("/api/v1/moments"),
  region: async (code: string, asOf: string | null = null): Promise<Region> => {
    const region = await get<Region>(`/api/v1/regions/${part(code)}${then("?", asOf)}`);
    const { name, level, breadcrumb } = region;
    const ends = breadcrumb.at(-1)?.code === region.code;
    return ends ? region : { ...region, breadcrumb: [...breadcrumb, { code: region.code, name, level }] };
  },
  cell: (id: string, asOf: string | null = null) => get<Cell>(`/api/v1/cells/${part(id)}${then("?", asOf)}`),
  warnings: (asOf: string | null = null) => get<Warning[]>(`/api/v1/warnings?status=active${then("&", asOf)}`),
  search: (text: string) => get<Found[]>(`/api/v1/search?q=${part(text)}`),
};
