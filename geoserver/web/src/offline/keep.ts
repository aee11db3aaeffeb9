/** What the server said last, of one site: bounded, and told with the time at which it was said. */

import { isTimeless, KEPT_AT, LIMITS, outdatedBefore, surplus } from "./rules";

const PREFIX = "minegis-data";
const SITE = "X-Minegis-Site";
const BYTES = "X-Kept-Bytes";
const SITE_PATH = "/api/v1/site";

type Kept = "answer" | "tile";

export class Keep {
  /** One change at a time. */
  #turn: Promise<unknown> = Promise.resolve();
  /** What each cache holds, in the order of its use. */
  readonly #sizes = new Map<string, Map<string, number>>();

  constructor(private readonly caches: CacheStorage) {}

  /** Keep an answer, in place of the one before, and forget what is of another site or of an older run. */
  put(kind: Kept, url: string, answer: Response): Promise<void> {
    const site = answer.headers.get(SITE);
    if (!site || (answer.status !== 200 && answer.status !== 204)) return Promise.resolve();
    return this.#inTurn(async () => {
      await this.#forgetOthers(site);
      const body = await answer.arrayBuffer();
      if (new URL(url).pathname === SITE_PATH) await this.#forgetOlder(site, body);
      await this.#store(nameOf(site, kind), url, body, answer, LIMITS[kind]);
    });
  }

  /** What is kept for an address; of the one site that is kept. */
  async find(kind: Kept, url: string): Promise<Response | undefined> {
    for (const name of await this.#names()) {
      if (!name.endsWith(`/${kind}`)) continue;
      const found = await (await this.caches.open(name)).match(url);
      if (found) return found;
    }
    return undefined;
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }

  async #names(): Promise<string[]> {
    return (await this.caches.keys()).filter((name) => name.startsWith(PREFIX));
  }

  async #forgetOthers(site: string): Promise<void> {
    for (const name of await this.#names()) {
      if (name.startsWith(`${PREFIX}/${site}/`)) continue;
      await this.caches.delete(name);
      this.#sizes.delete(name);
    }
  }

  /** Answers of an older run do not go together with those of a new one. */
  async #forgetOlder(site: string, body: ArrayBuffer): Promise<void> {
    const known = await this.find("answer", new URL(SITE_PATH, location.href).href);
    const before = outdatedBefore(known ? await known.json() : null, JSON.parse(new TextDecoder().decode(body)));
    if (before === null) return;
    const name = nameOf(site, "answer");
    const cache = await this.caches.open(name);
    const sizes = await this.#sizesOf(name);
    for (const url of [...sizes.keys()]) {
      const kept = await cache.match(url);
      if (!kept || isTimeless(url) || Date.parse(kept.headers.get(KEPT_AT) ?? "") >= before) continue;
      await cache.delete(url);
      sizes.delete(url);
    }
  }

  async #store(name: string, url: string, body: ArrayBuffer, answer: Response, limit: { entries: number; bytes: number }): Promise<void> {
    const cache = await this.caches.open(name);
    const sizes = await this.#sizesOf(name);
    const headers = new Headers({
      "Content-Type": answer.headers.get("Content-Type") ?? "",
      [KEPT_AT]: new Date(answer.headers.get("Date") ?? Date.now()).toISOString(),
      [BYTES]: String(body.byteLength),
    });
    const { status } = answer;
    await cache.delete(url); // so that it is the youngest again
    await cache.put(url, new Response(status === 204 ? null : body, { status, headers }));
    sizes.delete(url);
    sizes.set(url, body.byteLength);
    for (const old of surplus([...sizes].map(([each, bytes]) => ({ url: each, bytes })), limit)) {
      await cache.delete(old);
      sizes.delete(old);
    }
  }

  /** The worker is ended and begun as the browser likes: what the cache holds is read once each time. */
  async #sizesOf(name: string): Promise<Map<string, number>> {
    const known = this.#sizes.get(name);
    if (known) return known;
    const cache = await this.caches.open(name);
    const [requests, answers] = await Promise.all([cache.keys(), cache.matchAll()]);
    const sizes = new Map(requests.map(({ url }, at) => [url, Number(answers[at]?.headers.get(BYTES) ?? 0)]));
    this.#sizes.set(name, sizes);
    return sizes;
  }
}

const nameOf = (site: string, kind: Kept): string => `${PREFIX}/${site}/${kind}`;
