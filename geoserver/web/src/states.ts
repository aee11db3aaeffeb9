/** How the page stands with its server: every answer is told here, and who shows it is told of changes. */

import { KEPT_AT } from "./offline/rules";

export type Server = "answering" | "silent" | "signed-out";

export interface Health {
  server: Server;
  /** When the server was heard last, ms; null before the first answer. */
  heardAt: number | null;
  /** Since when the oldest answer shown is no longer fresh, ms; null where all of them are. */
  keptAt: number | null;
}

const LIVENESS = "/livez";
const PROBE_LIMIT_MS = 5_000;
const LONGEST_WAIT_MS = 30_000;
/** A server that goes away for a moment, as in a restart, is not worth a word. */
const SUSPICION_MS = 1_500;

/** How long to wait before try `tries`, ms: 2, 4, 8 … 30 s, spread so that pages do not come all at once. */
export const patience = (tries: number, chance: number): number =>
  Math.min(2_000 * 2 ** tries, LONGEST_WAIT_MS) * (0.75 + chance / 2);

/** Whether an answer asks for a login that the page does not have: our own refusals are problems in JSON. */
export function asksForLogin(answer: Pick<Response, "status" | "type" | "headers">): boolean {
  if (answer.type === "opaqueredirect" || answer.status === 401) return true;
  const type = answer.headers.get("Content-Type") ?? "";
  if (answer.status === 403) return !type.startsWith("application/problem+json");
  return answer.status === 200 && type.startsWith("text/html");
}

type Listener = (health: Health, before: Health) => void;

export class States {
  #health: Health = { server: "answering", heardAt: null, keptAt: null };
  readonly #listeners: Listener[] = [];
  /** Of each address whose last answer was an old one: when the server gave it, and when the page got it, ms. */
  readonly #kept = new Map<string, { given: number; heard: number }>();
  #probing: ReturnType<typeof setTimeout> | undefined;
  #tries = 0;
  /** Of several questions under way the last one counts. */
  #turn = 0;

  constructor(private readonly request: (path: string, limit: number) => Promise<Response> = reach) {}

  get health(): Health {
    return this.#health;
  }

  watch(listener: Listener): void {
    this.#listeners.push(listener);
  }

  /** Begin to listen for what the browser knows of its network. */
  start(): void {
    addEventListener("online", () => this.probe());
    addEventListener("offline", () => this.probe());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.#health.server !== "answering") this.probe();
    });
  }

  /** Tell of an answer, whatever it was. */
  answered(path: string, answer: Pick<Response, "status" | "type" | "headers">): void {
    const kept = Date.parse(answer.headers.get(KEPT_AT) ?? "");
    if (!Number.isNaN(kept)) {
      this.#kept.set(path, { given: kept, heard: Date.now() });
      this.#become(this.#health.server === "signed-out" ? "signed-out" : "silent");
    } else if (asksForLogin(answer)) {
      this.#become("signed-out");
    } else if (answer.status < 502 || answer.status > 504) {
      this.#kept.delete(path);
      this.#become("answering");
    } else {
      this.suspect();
    }
  }

  /** Find out soon whether the server is there: one answer that fails to come may be an accident. */
  suspect(heardAt: number | null = null): void {
    if (heardAt !== null) this.#health = { ...this.#health, heardAt: Math.max(heardAt, this.#health.heardAt ?? 0) };
    this.#probing ??= setTimeout(() => this.probe(), SUSPICION_MS);
  }

  /** Find out at once, and again and again until it answers. */
  probe(): void {
    clearTimeout(this.#probing);
    this.#probing = setTimeout(() => void this.#ask());
  }

  /** What is shown was read again from `since` on: no answer from before is left on the page. */
  renewed(since: number): void {
    for (const [path, { heard }] of this.#kept) if (heard < since) this.#kept.delete(path);
    this.#become(this.#health.server);
  }

  async #ask(): Promise<void> {
    const turn = ++this.#turn;
    const found = await this.#found();
    if (turn !== this.#turn) return;
    this.#become(found);
    this.#probing = undefined;
    if (this.#health.server === "answering") this.#tries = 0;
    else this.#probing = setTimeout(() => void this.#ask(), patience(this.#tries++, Math.random()));
  }

  async #found(): Promise<Server> {
    try {
      const answer = await this.request(LIVENESS, PROBE_LIMIT_MS);
      if (asksForLogin(answer)) return "signed-out";
      return answer.ok ? "answering" : "silent";
    } catch {
      return "silent";
    }
  }

  #become(server: Server): void {
    const before = this.#health;
    const keptAt = this.#kept.size ? Math.min(...[...this.#kept.values()].map(({ given }) => given)) : null;
    const heardAt = server === "answering" ? Date.now() : before.heardAt;
    this.#health = { server, heardAt, keptAt };
    if (server !== "answering") this.suspect();
    if (server === before.server && keptAt === before.keptAt) return;
    for (const listener of this.#listeners) listener(this.#health, before);
  }
}

const reach = (path: string, limit: number): Promise<Response> =>
  fetch(path, { cache: "no-store", redirect: "manual", signal: AbortSignal.timeout(limit) });

/** Of this page. */
export const states = new States();
