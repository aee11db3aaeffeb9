/** What the worker of the page keeps, and what it leaves alone. Pure. */

/** The worker says with this header when the server gave an answer that it gives again. */
export const KEPT_AT = "X-Kept-At";

export type Kind = "page" | "shell" | "answer" | "tile";

/** How much is kept of each kind; what was used longest ago goes first. */
export const LIMITS: Readonly<Record<"answer" | "tile", { entries: number; bytes: number }>> = {
  answer: { entries: 400, bytes: 24 * 2 ** 20 },
  tile: { entries: 2_000, bytes: 96 * 2 ** 20 },
};

/** Reads that the page can be drawn from; searches, suppositions, streams and the OGC API are not among them. */
const ANSWER = /^\/api\/v1\/(site|vocabulary|layers|moments|online|warnings|(regions|cells|assets|explanations)\/.+)$/;
const TILE = /^\/tiles\/(vector|cells|one-map|raster|terrain)\/.+\.(mvt|png)$/;
const OF_A_TILE = new Set(["v", "collections", "tilesize"]);
const SHELL = /^\/(assets\/.+|icon\.svg)$/;

/** What a request asks for, null where the worker has no part in it. */
export function kindOf({ method, url, mode }: Pick<Request, "method" | "url" | "mode">, origin: string): Kind | null {
  const { origin: theirs, pathname, searchParams } = new URL(url);
  if (method !== "GET" || theirs !== origin) return null;
  if (mode === "navigate") return pathname === "/" ? "page" : null;
  if (SHELL.test(pathname)) return "shell";
  if (searchParams.has("as_of")) return null; // the past is asked of the server
  if (ANSWER.test(pathname)) return "answer";
  // A tile that names its state is of the layers that are kept; one under a supposition has more to say.
  const named = searchParams.has("v") && [...searchParams.keys()].every((name) => OF_A_TILE.has(name));
  return named && TILE.test(pathname) ? "tile" : null;
}

/** Whether an answer comes from the server itself and not from a gateway that has lost it. */
export const isOfServer = ({ status }: Pick<Response, "status">): boolean => status < 502 || status > 504;

/** How long to wait for the server before what is kept is given, ms; less while it is known to be silent. */
export function patienceFor(kind: Kind, silent: boolean): number {
  if (silent) return 1_500;
  return kind === "tile" ? 15_000 : 6_000;
}

interface Entry {
  url: string;
  bytes: number;
}

/** What has to go, oldest first, for the rest to keep within the limit; `entries` begin with the oldest. */
export function surplus(entries: readonly Entry[], limit: { entries: number; bytes: number }): string[] {
  let bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  let left = entries.length;
  const gone: string[] = [];
  for (const { url, bytes: own } of entries) {
    if (left <= limit.entries && bytes <= limit.bytes) break;
    gone.push(url);
    left -= 1;
    bytes -= own;
  }
  return gone;
}

interface KeptSite {
  run: { id: string; finished_at: string } | null;
}

/** When answers begin to be of the newest run, ms, if another than the one that is known has finished. */
export function outdatedBefore(known: KeptSite | null, now: KeptSite): number | null {
  if (!now.run || !known || known.run?.id === now.run.id) return null;
  return Date.parse(now.run.finished_at);
}

/** An answer that no run changes. */
export const isTimeless = (url: string): boolean => new URL(url).pathname === "/api/v1/vocabulary";

/** Of the caches of a page's shells, oldest first, those that no open page needs: all but ours and the last before. */
export const oldShells = (names: readonly string[], own: string): string[] => names.filter((name) => name !== own).slice(0, -1);
