/** What the page does: reads from the server, and tells its parts what changed. */

import { api, ApiFailure } from "./api";
import { type Actions, Changed, type Context, type Name, type Part } from "./context";
import { Data } from "./data";
import { h, painted } from "./dom";
import { age, freezeClock, say, speak, t, tiers, useVocabulary } from "./i18n";
import type { LabelKey } from "./labels";
import { Live } from "./live";
import { kindsOf } from "./map/compose";
import type { Picked, Thing } from "./map/pick";
import { DISC, shapeAt } from "./map/shapes";
import { datasetOf } from "./map/style";
import { OneMap } from "./map/view";
import { TileWatch, type Troubles } from "./map/watch";
import { keepOffline } from "./offline/register";
import { Page } from "./page";
import { renewAges } from "./panel/ages";
import { Banner } from "./panel/banner";
import { tierMark } from "./panel/marks";
import { explain } from "./panel/explain";
import { staleSources } from "./panel/stale";
import { Tooltip } from "./panel/tooltip";
import { SupposedLayers, supposedOf } from "./parts/decision/supposed";
import { isStale } from "./parts/header";
import { type Place, PLACES } from "./places";
import { Reader } from "./reader";
import { type State, Store } from "./state";
import { type Health, states } from "./states";
import type { Bounds, Layer, Tier, Warning } from "./types";

/** A place of the page, the part in it once it was made, and whether it is shown. */
interface Standing {
  place: Place;
  part: Part | null;
  made: boolean;
  shown: boolean;
}

export class App {
  readonly #store = new Store();
  readonly #banner = new Banner();
  readonly #tooltip = new Tooltip((thing) => this.#why(thing));
  readonly #page: Page;
  readonly #data = new Data((name) => this.#note([name]));
  readonly #standing: Standing[] = PLACES.map((place) => ({ place, part: null, made: false, shown: false }));
  readonly #context: Context;
  readonly #live: Live;
  readonly #reader: Reader;
  readonly #supposed = new SupposedLayers();
  #pending = new Set<Name>();
  #map: OneMap | null = null;
  #tiles: TileWatch | null = null;
  #troubles: Troubles = { slow: [], failed: [] };
  #starting = false;
  #renewing = false;

  constructor(root: HTMLElement) {
    this.#page = new Page(root, this.#banner.element, this.#tooltip.element);
    this.#context = {
      store: this.#store,
      data: this.#data,
      page: this.#page,
      banner: this.#banner,
      actions: this.#actions(),
      map: () => this.#map,
      ask: (key, what, request, again) => this.#ask(key, what, request, again),
    };
    this.#live = new Live({
      known: () => this.#data[this.#store.state.asOf ? "present" : "warnings"] ?? [],
      put: (warnings) => this.#data.put(this.#store.state.asOf ? "present" : "warnings", warnings),
      reread: () => void this.#reader.readWarnings(),
      refresh: (anyway) => void this.#reader.refresh(anyway),
      told: (connection) => {
        if (connection.state === "lost") states.suspect(connection.since);
        else if (states.health.server !== "answering") states.probe();
        this.#data.put("connection", connection);
      },
    });
    this.#reader = new Reader(this.#context, this.#live);
    states.watch((health, before) => this.#heard(health, before));
    states.start();
    this.#store.watch((state, before) => {
      speak(state.lang);
      document.documentElement.dataset["theme"] = state.theme;
      this.#note((Object.keys(state) as (keyof State)[]).filter((name) => state[name] !== before[name]));
    });
  }

  async start(): Promise<void> {
    if (this.#starting || this.#data.site) return;
    this.#starting = true;
    const { state } = this.#store;
    const again = (): void => void this.start();
    speak(state.lang);
    document.documentElement.dataset["theme"] = state.theme;
    this.#page.slots.stage.replaceChildren(h("p", { class: "starting", role: "status" }, t("page.loading")));
    const [vocabulary, site] = await Promise.all([
      this.#ask("vocabulary", "what.vocabulary", api.vocabulary, again),
      this.#ask("site", "what.site", api.site, again),
      this.#reader.readLayers(again),
    ]);
    this.#starting = false;
    this.#page.slots.stage.replaceChildren();
    if (!vocabulary || !site || !this.#data.layers.length) return;
    useVocabulary(vocabulary);
    freezeClock(site.reference_time);
    for (const { tier, colour } of tiers()) document.documentElement.style.setProperty(`--tier-${tier}`, colour);
    this.#data.put("site", site);
    this.#startMap();
    setInterval(() => renewAges(document), AGES_MS);
    this.#live.start();
    await this.#reader.start();
  }

  /** After a silence: read everything that may have changed, and show anew what parts have read themselves. */
  async #heard({ server, keptAt }: Health, before: Health): Promise<void> {
    if (server !== "answering" || (before.server === "answering" && keptAt === null)) return;
    if (!this.#data.site) return this.start();
    if (this.#renewing) return;
    this.#renewing = true;
    const since = Date.now();
    this.#tiles?.retry();
    this.#live.retry();
    try {
      await this.#reader.refresh(true);
    } finally {
      this.#renewing = false;
    }
    if (states.health.server !== "answering") return;
    for (const { part, shown } of this.#standing) if (shown) part?.update(EVERYTHING);
    states.renewed(since);
  }

  /** Run a request; where it fails say so and offer `again`. */
  async #ask<T>(key: string, what: LabelKey, request: () => Promise<T>, again: () => void): Promise<T | null> {
    try {
      const answer = await request();
      this.#banner.clear(key);
      return answer;
    } catch (failure) {
      if (!(failure instanceof ApiFailure)) throw failure;
      this.#banner.failed(key, what, failure, again);
      return null;
    }
  }

  #startMap(): void {
    const { site, layers } = this.#data;
    if (this.#map || !site) return;
    try {
      this.#map = new OneMap(this.#page.map, layers, this.#store.state, site.bounds, () => this.#page.padding(), {
        hover: (picked, point) => this.#tooltip.show(picked, point),
        open: (picked) => this.#open(picked),
        moved: (view) => this.#store.set({ view }),
      });
      this.#tiles = new TileWatch(this.#map.chart, (troubles) => this.#tilesTold(troubles), ({ status }) => {
        if (status === 401 || !status) states.suspect();
      });
    } catch {
      this.#banner.say("webgl", t("failure.webgl"));
      return;
    }
    Object.assign(window, { minegisMap: this.#map.chart });
    this.#map.chart.once("idle", () => {
      const newer = (): void => this.#banner.say("newer", t("states.newPage"), () => location.reload(), "states.update");
      void keepOffline(newer, () => this.#tiles?.again());
    });
    this.#note(["map"]);
  }

  /** Say which tiles are late and which failed. */
  #tilesTold(troubles: Troubles): void {
    this.#troubles = troubles;
    const names = (ids: string[]): string => {
      const titles = ids.map((id) => say(this.#data.layers.find((layer) => layer.id === id)?.title) || t("page.map"));
      const shown = [...new Set(titles)];
      return shown.length > MANY ? t("states.andMore", { what: shown.slice(0, MANY).join(" · "), n: shown.length }) : shown.join(" · ");
    };
    const tell = (key: string, ids: string[], words: (what: string) => void): void => (ids.length ? words(names(ids)) : this.#banner.clear(key));
    tell("tiles-slow", troubles.slow, (what) => this.#banner.say("tiles-slow", t("states.tilesSlow", { what })));
    tell("tiles", troubles.failed, (what) => this.#banner.missed("tiles", t("states.tilesFailed", { what }), what, () => this.#tiles?.retry()));
  }

  /** Remember what changed; all changes of one turn of the event loop are told together. */
  #note(names: readonly Name[]): void {
    if (!this.#pending.size && names.length) queueMicrotask(() => this.#tell());
    for (const name of names) this.#pending.add(name);
  }

  #tell(): void {
    const names = this.#pending;
    const changed = new Changed(names);
    this.#pending = new Set();
    this.#reader.follow(changed);
    if (!this.#data.site) return;
    if (!(names.size === 1 && names.has("view"))) this.#frame();
    for (const standing of this.#standing) this.#settle(standing, changed);
    // Panels are cheap and the map is not: another region is read while the map is still drawing it.
    if (names.has("region")) void painted().then(() => this.#showMap());
    else if (!(names.size === 1 && names.has("view"))) this.#showMap();
  }

  #showMap(): void {
    const { state } = this.#store;
    const { layers, region } = this.#data;
    this.#map?.show(this.#supposed.of(layers, supposedOf(state)), state, region);
    this.#map?.label(t("page.map"));
  }

  /** What belongs to no part: title, tabs, the warning that all of it is old. */
  #frame(): void {
    const { state } = this.#store;
    const { site } = this.#data;
    if (!site) return;
    document.title = say(site.title);
    document.documentElement.dataset["workplace"] = state.workplace;
    if (isStale(site) && site.run) this.#banner.say("stale", t("page.staleRun", { age: age(site.run.finished_at) }));
    else this.#banner.clear("stale");
    const old = isStale(site) ? "" : staleSources(this.#data.layers, state.layers);
    if (old) this.#banner.say("stale-sources", t("states.staleSources", { what: old }));
    else this.#banner.clear("stale-sources");
    this.#page.showTabs(state.workplace === "monitoring" ? state.tab : null, (tab) => this.#store.set({ tab }));
    this.#page.describe(state.workplace, worstOf(this.#data.warnings ?? []));
    this.#banner.relabel();
    this.#tilesTold(this.#troubles);
  }

  #settle(standing: Standing, changed: Changed): void {
    const wanted = standing.place.when(this.#store.state);
    const { part } = standing;
    if (wanted && !standing.made) {
      standing.made = true;
      void this.#make(standing);
    } else if (wanted && part) {
      if (!standing.shown && part.element) part.element.hidden = false;
      part.update(standing.shown ? changed : EVERYTHING);
    } else if (!wanted && part && standing.shown) {
      if (part.element) part.element.hidden = true;
      part.hide?.();
    }
    standing.shown = wanted && part !== null;
  }

  async #make(standing: Standing): Promise<void> {
    const { slot, when, make } = standing.place;
    let makePart;
    try {
      makePart = await make();
    } catch {
      standing.made = false;
      return this.#banner.say("part", t("failure.part"), () => this.#settle(standing, EVERYTHING));
    }
    const part = makePart(this.#context);
    standing.part = part;
    this.#banner.clear("part");
    if (part.element) this.#insert(standing, this.#page.slots[slot], part.element);
    if (!when(this.#store.state)) return void (part.element && (part.element.hidden = true));
    standing.shown = true;
    part.update(EVERYTHING);
  }

  /** In the order of the table, whichever was fetched first. */
  #insert(standing: Standing, slot: HTMLElement, element: HTMLElement): void {
    const later = this.#standing.slice(this.#standing.indexOf(standing) + 1).find((other) => other.part?.element?.parentElement === slot);
    slot.insertBefore(element, later?.part?.element ?? null);
  }

  #actions(): Actions {
    return {
      openRegion: (code) => this.#openRegion(code),
      openAsset: (dataset, id, at = null) => this.#openAsset(dataset, id, at),
      openCell: (id) => this.#store.set({ selected: { kind: "cell", dataset: "risk_cell", id } }),
      close: () => this.#store.set({ selected: null }),
      reconnect: () => this.#live.retry(),
      fit: (bounds: Bounds) => this.#map?.fit(bounds),
      home: () => this.#home(),
      layerOf: (dataset) => this.#layerOf(dataset),
      datasetName: (dataset) => say(this.#layerOf(dataset)?.title) || dataset,
      shape: (dataset) => {
        const place = kindsOf(this.#data.layers).get(this.#layerOf(dataset)?.id ?? "");
        return place === undefined ? DISC : shapeAt(place);
      },
    };
  }

  #layerOf = (dataset: string): Layer | null => this.#data.layers.find((layer) => datasetOf(layer) === dataset) ?? null;

  /** What is only supposed has no evidence that a tooltip could tell of. */
  async #why(thing: Thing): Promise<string> {
    const { state } = this.#store;
    return supposedOf(state) ? t("decision.mark") : explain(thing, state.asOf);
  }

  #open({ top }: Picked): void {
    if (!top || this.#store.state.tool) return;
    if (top.kind === "region") this.#openRegion(top.id);
    else if (top.kind === "cell") this.#context.actions.openCell(top.id);
    else if (top.id) this.#openAsset(top.dataset, top.id);
  }

  #openRegion(code: string): void {
    this.#store.set({ region: code, tab: "regions" });
    if (code === this.#data.region?.code) this.#map?.fit(this.#data.region.bounds, 12);
  }

  #openAsset(dataset: string, id: string, at: [number, number] | null = null): void {
    this.#store.set({ selected: { kind: "feature", dataset, id } });
    this.#page.open("right");
    if (at) this.#map?.flyTo(...at);
  }

  #home(): void {
    const bounds = this.#data.site?.bounds;
    if (bounds) this.#map?.fit(bounds);
  }
}

/** The highest tier among the warnings and how many have it. */
function worstOf(warnings: readonly Warning[]): Element[] {
  const tier = warnings.reduce<Tier>((worst, each) => (each.tier > worst ? each.tier : worst), 0);
  return tier ? [tierMark(tier), h("b", {}, warnings.filter((each) => each.tier === tier).length)] : [];
}

const AGES_MS = 20_000;

/** More layers than these are not told by name. */
const MANY = 3;

/** For a part that is shown anew. */
const EVERYTHING = new Changed(null);

