/** The stream of events: kept open, taken up where it broke, nothing lost and nothing shown twice. */

import { api } from "./api";
import type { Desk, Warning } from "./types";

export interface Connection {
  state: "starting" | "open" | "lost";
  /** When this state began, ms. */
  since: number;
  /** How often it was tried since it broke. */
  tries: number;
  /** What to add to the clock of this machine to get the server's, ms. */
  offset: number;
}

export const STARTING: Connection = { state: "starting", since: 0, tries: 0, offset: 0 };

const EVENTS = "/api/v1/events";
const LONGEST_WAIT_S = 30;
/** A stream that is silent for so many beats is dead, whatever the browser believes. */
const SILENT_BEATS = 2.2;
const LOOK_MS = 5_000;
/** Beats are a little late, now more and now less. */
const TREMBLE_MS = 2_000;

/** Active warnings after news: each once, in the newest form that is known; cancelled ones are gone. */
export function merged(known: readonly Warning[], news: Iterable<Warning>): Warning[] {
  const found = new Map(known.map((warning) => [warning.id, warning]));
  for (const warning of news) {
    const before = found.get(warning.id);
    if (before && before.desk.changed_at > warning.desk.changed_at) continue;
    if (warning.cancelled_at) found.delete(warning.id);
    else found.set(warning.id, warning);
  }
  return [...found.values()];
}

/** Active warnings after an act at the desk: only the desk of that warning is another, and what is over stays over. */
export const acted = (known: readonly Warning[], id: Warning["id"], desk: Desk): Warning[] =>
  known.map((warning) => (warning.id === id && warning.desk.changed_at <= desk.changed_at ? { ...warning, desk } : warning));

/** How long to wait before the next try, s: 1, 2, 4 … 30, spread so that pages do not come all at once. */
export const patience = (tries: number, chance: number): number =>
  Math.min(2 ** tries, LONGEST_WAIT_S) * (0.75 + chance / 2);

export interface Hooks {
  /** The active warnings as they are known now. */
  known: () => readonly Warning[];
  /** Take the active warnings. */
  put: (warnings: Warning[]) => void;
  /** Read the list of warnings: what was before the stream began is in it. */
  reread: () => void;
  /** Read what a run has changed; everything where it is not known what has. */
  refresh: (anyway: boolean) => void;
  told: (connection: Connection) => void;
}

type Source = Pick<EventSource, "addEventListener" | "close">;

export class Live {
  #connection = STARTING;
  #source: Source | null = null;
  #cursor = "";
  #heardAt = 0;
  #beatMs = 15_000;
  #waiting: ReturnType<typeof setTimeout> | undefined;
  #flushing: ReturnType<typeof setTimeout> | undefined;
  #news: Warning[] = [];
  /** What the stream said while a list was on its way, which may be older. */
  readonly #heard = new Map<Warning["id"], { warning: Warning; serial: number }>();
  #serial = 0;

  constructor(
    private readonly hooks: Hooks,
    private readonly open: (url: string) => Source = (url) => new EventSource(url),
  ) {}

  start(): void {
    this.#connect();
    setInterval(() => this.#look(), LOOK_MS);
    addEventListener("online", () => this.retry());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.retry();
    });
  }

  /** Try again at once, where the stream is broken. */
  retry(): void {
    if (this.#connection.state !== "lost") return;
    clearTimeout(this.#waiting);
    this.#connect();
  }

  /** Read the active warnings; what the stream has said meanwhile is in the answer. */
  async read(): Promise<Warning[]> {
    const serial = this.#serial;
    const found = await api.warnings();
    const answer = merged(found, [...this.#heard.values()].map(({ warning }) => warning));
    // What was heard before the list was asked for is in it.
    for (const [id, heard] of this.#heard) if (heard.serial <= serial) this.#heard.delete(id);
    return answer;
  }

  #connect(): void {
    this.#source?.close();
    const source = this.open(this.#cursor ? `${EVENTS}?after=${encodeURIComponent(this.#cursor)}` : EVENTS);
    this.#source = source;
    this.#heardAt = Date.now();
    const on = (name: string, take: (data: unknown) => void): void =>
      source.addEventListener(name, (event) => {
        if (source !== this.#source) return;
        const { data, lastEventId } = event as MessageEvent<string>;
        this.#heardAt = Date.now();
        take(JSON.parse(data));
        if (lastEventId) this.#cursor = lastEventId;
      });
    on("beat", (data) => this.#beat(data as { at: string; beat_seconds: number }));
    on("warning", (data) => this.#hear(data as Warning));
    on("run", () => this.hooks.refresh(false));
    on("rules", () => this.hooks.refresh(false));
    on("reset", () => {
      this.#heard.clear();
      this.hooks.refresh(true);
    });
    source.addEventListener("error", () => {
      if (source === this.#source) this.#lose();
    });
  }

  #beat({ at, beat_seconds }: { at: string; beat_seconds: number }): void {
    this.#beatMs = beat_seconds * 1000;
    if (!this.#cursor) this.hooks.reread();
    const offset = Date.parse(at) - Date.now();
    if (this.#connection.state !== "open") return this.#tell({ state: "open", since: Date.now(), tries: 0, offset });
    // A clock may be set while a page is open for days: deadlines are counted by the server's.
    if (Math.abs(offset - this.#connection.offset) > TREMBLE_MS) this.#tell({ ...this.#connection, offset });
  }

  #hear(warning: Warning): void {
    this.#serial += 1;
    this.#heard.set(warning.id, { warning, serial: this.#serial });
    this.#news.push(warning);
    // A burst comes event by event: what is here already is shown together.
    this.#flushing ??= setTimeout(() => {
      this.#flushing = undefined;
      this.hooks.put(merged(this.hooks.known(), this.#news.splice(0)));
    });
  }

  #lose(): void {
    this.#source?.close();
    this.#source = null;
    const { state, since, tries, offset } = this.#connection;
    const again = state === "lost" ? tries + 1 : 0;
    this.#tell({ state: "lost", since: state === "lost" ? since : this.#heardAt, tries: again, offset });
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => this.#connect(), patience(again, Math.random()) * 1000);
  }

  /** A connection can die without a word: a cable, a sleeping laptop. */
  #look(): void {
    if (this.#source && Date.now() - this.#heardAt > this.#beatMs * SILENT_BEATS) this.#lose();
  }

  #tell(connection: Connection): void {
    this.#connection = connection;
    this.hooks.told(connection);
  }
}
