/**
 * The worker of the page: gives the page itself and what the server said last while the server is silent.
 * Whatever the server answers is given as it is; what is kept says so and since when.
 */

import { Keep } from "./keep";
import { isOfServer, kindOf, oldShells, patienceFor } from "./rules";

/** The files of the page as they were built, named by the build. */
declare const SHELL: { version: string; entry: string; files: string[] };
declare const self: Scope;

/** What a service worker has, of which the types of pages know nothing. */
interface Extendable<T = Event> {
  waitUntil(work: Promise<unknown>): void;
  respondWith(answer: Promise<Response>): void;
  readonly request: Request;
  readonly data: T;
  readonly ports: readonly MessagePort[];
}
interface Scope {
  readonly location: Location;
  readonly caches: CacheStorage;
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(name: string, take: (event: Extendable<unknown>) => void): void;
}

const PREFIX = "minegis-shell";
const OWN = `${PREFIX}/${SHELL.version}`;
const PAGE = "/";

const keep = new Keep(self.caches);
let silent = false;

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("message", (event) => {
  const { takeOver, keep: urls } = event.data as { takeOver?: string; keep?: string[] };
  const own = takeOver === SHELL.entry;
  // A page of our own version is open: nobody has to wait for older ones to close.
  if (own) void self.skipWaiting();
  event.ports[0]?.postMessage(own);
  if (urls) event.waitUntil(fetchAll(urls));
});
self.addEventListener("fetch", (event) => {
  const kind = kindOf(event.request, self.location.origin);
  if (kind === "shell") event.respondWith(shell(event.request));
  else if (kind === "page") event.respondWith(page(event.request));
  else if (kind) event.respondWith(answer(event, kind));
});

async function install(): Promise<void> {
  const cache = await self.caches.open(OWN);
  await cache.addAll(SHELL.files);
  const page = await fetch(PAGE, { cache: "no-cache" });
  const text = await page.text();
  // Between the two the server may have got a newer page: then its worker comes next.
  if (!page.ok || !text.includes(SHELL.entry)) throw new Error("the page is of another build");
  await cache.put(PAGE, new Response(text, { headers: page.headers }));
}

async function activate(): Promise<void> {
  const shells = (await self.caches.keys()).filter((name) => name.startsWith(PREFIX));
  for (const name of oldShells(shells, OWN)) await self.caches.delete(name);
  await self.clients.claim();
}

/** Files named by their content never change: those of the build before serve pages that are still open. */
async function shell(request: Request): Promise<Response> {
  for (const name of await self.caches.keys()) {
    const found = name.startsWith(PREFIX) && (await (await self.caches.open(name)).match(request));
    if (found) return found;
  }
  return fetch(request);
}

async function page(request: Request): Promise<Response> {
  const live = heard(fetch(request));
  const found = await inTime(live, patienceFor("page", silent));
  if (found) return found;
  const kept = await (await self.caches.open(OWN)).match(PAGE);
  return kept ?? live;
}

async function answer(event: Extendable<unknown>, kind: "answer" | "tile"): Promise<Response> {
  const { request } = event;
  const live = heard(fetch(request));
  const remembering = live.then((given) => keep.put(kind, request.url, given.ok ? given.clone() : given));
  event.waitUntil(remembering.catch(() => {}));
  const found = await inTime(live, patienceFor(kind, silent));
  if (found) return found;
  return (await keep.find(kind, request.url)) ?? live;
}

/** Take note of whether the server answers. */
async function heard(live: Promise<Response>): Promise<Response> {
  try {
    const given = await live;
    silent = !isOfServer(given);
    return given;
  } catch (failure) {
    silent = true;
    throw failure;
  }
}

/** The server's answer, null where it does not come in time or is only a gateway's excuse. */
function inTime(live: Promise<Response>, limit: number): Promise<Response | null> {
  const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), limit));
  const given = live.then((found) => (isOfServer(found) ? found : null)).catch(() => null);
  return Promise.race([given, late]);
}

/** Keep what a page had read before it had a worker; one after the other, it is in no hurry. */
async function fetchAll(urls: readonly string[]): Promise<void> {
  for (const url of urls) {
    const request = new Request(url);
    const kind = kindOf(request, self.location.origin);
    if (kind !== "answer" && kind !== "tile") continue;
    try {
      await keep.put(kind, request.url, await heard(fetch(request)));
    } catch {
      return;
    }
  }
}
