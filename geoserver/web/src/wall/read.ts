/** What a wall knows: read once, kept in step by the stream of events, read anew after every run. */

import { api } from "../api";
import { cardApi, type Series } from "../api/card";
import { freezeClock, useVocabulary } from "../i18n";
import { type Connection, Live, STARTING } from "../live";
import { NATION } from "../state";
import type { Asset, Layer, Region, Site, Warning } from "../types";
import { scenesOf, type Scene, worstRegions } from "./scenes";

const REFRESH_MS = 60_000;
const CHART_DAYS = 7;
const DAY_MS = 86_400_000;

export interface Facts {
  site: Site;
  layers: Layer[];
  warnings: Warning[];
  nation: Region;
  /** The loop. */
  scenes: Scene[];
}

/** What one scene needs besides. */
export interface More {
  region: Region | null;
  asset: Asset | null;
  series: Series | null;
}

export class Reading {
  facts: Facts | null = null;
  connection: Connection = STARTING;
  /** Regions of the run that is shown. */
  readonly #regions = new Map<string, Promise<Region>>();
  #codes: string[] = [];
  /** Something was missed, and is not read yet. */
  #due = false;
  /** Of several readings under way the last one counts. */
  #turn = 0;
  readonly #live: Live | null;

  /** `told` is called whenever the facts or the connection changed. */
  constructor(
    private readonly asOf: string | null,
    private readonly told: () => void,
  ) {
    const hooks = {
      known: () => this.facts?.warnings ?? [],
      put: (warnings: Warning[]) => this.#put({ warnings }),
      reread: () => void this.#warnings().catch(() => {}),
      refresh: (anyway: boolean) => void this.refresh(anyway).catch(() => {}),
      told: (connection: Connection) => {
        this.connection = connection;
        this.told();
      },
    };
    // What was known then does not change any more.
    this.#live = asOf ? null : new Live(hooks);
  }

  /** Read everything; fails as a whole. */
  async start(): Promise<void> {
    const [words, site] = await Promise.all([api.vocabulary(), api.site()]);
    useVocabulary(words);
    await this.#all(site);
    if (this.#live) {
      this.#live.start();
      setInterval(() => void this.refresh(false).catch(() => {}), REFRESH_MS);
    }
  }

  /** Read anew where the site has run since, or in any case. */
  async refresh(anyway: boolean): Promise<void> {
    this.#due ||= anyway;
    const site = await api.site();
    if (!this.#due && this.facts && site.run?.id === this.facts.site.run?.id) return;
    this.#regions.clear();
    await this.#all(site);
  }

  /** What a scene needs besides the facts. */
  async more(scene: Scene): Promise<More> {
    const [family, first = "", ...rest] = scene.split("/");
    const id = rest.join("/");
    const none: More = { region: null, asset: null, series: null };
    if (family === "region") return { ...none, region: await this.#region(first) };
    if (family !== "asset") return none;
    const asset = await cardApi.asset(first, id, this.asOf);
    const until = Date.parse(asset.assessment?.valid_at ?? this.asOf ?? "") || Date.now();
    const period = { since: new Date(until - CHART_DAYS * DAY_MS).toISOString(), until: new Date(until).toISOString() };
    const series = await cardApi.series(first, id, this.asOf, period).catch(() => null);
    return { ...none, asset, series };
  }

  async #all(site: Site): Promise<void> {
    const turn = ++this.#turn;
    freezeClock(this.asOf ?? site.reference_time);
    const [layers, nation] = await Promise.all([api.layers(this.asOf), this.#region(NATION)]);
    const judged = nation.children.filter(({ tier }) => tier > 0);
    const below = await Promise.all(judged.map(({ code }) => this.#region(code)));
    // Last of all: what the stream says from here on is put into these facts.
    const warnings = await this.#newest();
    if (turn !== this.#turn) return;
    this.#due = false;
    this.#codes = worstRegions(nation.children, below.flatMap(({ children }) => children));
    this.facts = { site, layers, warnings, nation, scenes: [] };
    this.#put({});
  }

  #newest(): Promise<Warning[]> {
    return this.#live ? this.#live.read() : api.warnings(this.asOf);
  }

  async #warnings(): Promise<void> {
    this.#put({ warnings: await this.#newest() });
  }

  #region(code: string): Promise<Region> {
    const known = this.#regions.get(code);
    const found = known ?? api.region(code, this.asOf);
    this.#regions.set(code, found);
    found.catch(() => this.#regions.delete(code));
    return found;
  }

  #put(change: Partial<Facts>): void {
    if (!this.facts) return;
    const facts = { ...this.facts, ...change };
    this.facts = { ...facts, scenes: scenesOf({ ...facts, regions: this.#codes }) };
    this.told();
  }
}
