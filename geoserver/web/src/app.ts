/** What the page does: reads from the server, keeps panels and map in step with the state. */

import { api, ApiFailure } from "./api";
import { fill, h, redraw } from "./dom";
import { age, freezeClock, say, speak, t, tiers, useVocabulary } from "./i18n";
import type { LabelKey } from "./labels";
import type { Picked } from "./map/pick";
import { DISC, type Shape, shapeAt } from "./map/shapes";
import { datasetOf } from "./map/style";
import { kindsOf, OneMap } from "./map/view";
import { Page } from "./page";
import { Banner } from "./panel/banner";
import { type CardActions, cellCard, featureCard } from "./panel/card";
import { mapControls } from "./panel/controls";
import { attribution, tierLegend } from "./panel/corner";
import { header, isStale } from "./panel/header";
import { layerTree } from "./panel/layers";
import { regionPanel } from "./panel/region";
import { Search } from "./panel/search";
import { tabs } from "./panel/tabs";
import { Tooltip } from "./panel/tooltip";
import { warningsRail } from "./panel/warnings";
import { NATION, type Selection, type State, Store } from "./state";
import type { Bounds, Found, Layer, Region, Site, Warning } from "./types";

const REFRESH_MS = 60_000;

export class App {
  readonly #store = new Store();
  readonly #banner = new Banner();
  readonly #tooltip = new Tooltip();
  readonly #page: Page;
  readonly #search: Search;
  #site: Site | null = null;
  #layers: Layer[] = [];
  #region: Region | null = null;
  #warnings: Warning[] | null = null;
  #card: HTMLElement[] | null = null;
  #drawCard: (() => HTMLElement[]) | null = null;
  #map: OneMap | null = null;

  constructor(root: HTMLElement) {
    this.#page = new Page(root, this.#banner.element, this.#tooltip.element);
    this.#search = new Search({
      open: (found) => this.#found(found),
      failed: (failure, again) => this.#banner.failed("search", "what.search", failure, again),
      shape: (dataset) => this.#shape(dataset),
      datasetName: (dataset) => this.#datasetName(dataset),
    });
    this.#store.watch((state, before) => this.#changed(state, before));
  }

  async start(): Promise<void> {
    const { state } = this.#store;
    speak(state.lang);
    document.documentElement.dataset["theme"] = state.theme;
    fill(this.#page.left, h("p", { class: "quiet pad" }, t("page.loading")));
    const again = (): void => void this.start();
    const [vocabulary, site, layers] = await Promise.all([
      this.#try("vocabulary", "what.vocabulary", api.vocabulary, again),
      this.#try("site", "what.site", api.site, again),
      this.#try("layers", "what.layers", api.layers, again),
    ]);
    if (!vocabulary || !site || !layers) return;
    useVocabulary(vocabulary);
    freezeClock(site.reference_time);
    for (const { tier, colour } of tiers()) document.documentElement.style.setProperty(`--tier-${tier}`, colour);
    this.#site = site;
    this.#layers = layers;
    this.#render();
    this.#startMap(site);
    const away = state.view === null && state.region !== NATION;
    await Promise.all([this.#readRegion(away), this.#readWarnings(), this.#readCard()]);
    setInterval(() => void this.#refresh(), REFRESH_MS);
  }

  /** Run a request; where it fails say so and offer `again`. */
  async #try<T>(key: string, what: LabelKey, request: () => Promise<T>, again: () => void): Promise<T | null> {
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

  #startMap(site: Site): void {
    if (this.#map) return;
    try {
      this.#map = new OneMap(this.#page.map, this.#layers, this.#store.state, site.bounds, () => this.#page.padding(), {
        hover: (picked, point) => this.#tooltip.show(picked, point),
        open: (picked) => this.#open(picked),
        moved: (view) => this.#store.set({ view }),
        failed: (id) => this.#tilesFailed(id),
      });
    } catch {
      this.#banner.say("webgl", t("failure.webgl"));
      return;
    }
    Object.assign(window, { minegisMap: this.#map.chart });
    this.#map.label(t("page.map"));
    this.#controls();
  }

  #showMap(): void {
    this.#map?.show(this.#layers, this.#store.state, this.#region);
    this.#map?.label(t("page.map"));
  }

  #tilesFailed(id: string | null): void {
    const layer = this.#layers.find((candidate) => candidate.id === id);
    const what = layer ? say(layer.title) : t("page.map");
    this.#banner.say(`tiles/${id ?? ""}`, t("failure.tiles", { what }), () => this.#map?.reload());
  }

  #changed(state: State, before: State): void {
    if (!this.#site) return;
    speak(state.lang);
    document.documentElement.dataset["theme"] = state.theme;
    if (state.region !== before.region) void this.#readRegion(true);
    if (key(state.selected) !== key(before.selected)) void this.#readCard();
    const onlyMoved = state.view !== before.view && Object.keys(state).every((name) => name === "view" || same(state, before, name));
    if (onlyMoved) return;
    this.#render(state.lang !== before.lang);
    this.#showMap();
  }

  async #readRegion(fit: boolean): Promise<void> {
    const code = this.#store.state.region;
    const region = await this.#try("region", "what.region", () => api.region(code), () => void this.#readRegion(fit));
    if (!region || code !== this.#store.state.region) return;
    this.#region = region;
    this.#render();
    this.#showMap();
    // The nation opens on the site's own extent: the areas that were analysed.
    if (fit && code === NATION) this.#fitSite();
    else if (fit) this.#map?.fit(region.bounds, 12);
  }

  async #readWarnings(): Promise<void> {
    const found = await this.#try("warnings", "what.warnings", api.warnings, () => void this.#readWarnings());
    if (!found) return;
    this.#warnings = found;
    this.#render();
  }

  async #readCard(): Promise<void> {
    const { selected } = this.#store.state;
    this.#drawCard = null;
    this.#card = selected ? [h("p", { class: "quiet pad" }, t("page.loading"))] : null;
    if (selected) {
      this.#page.open("right");
      const draw = await this.#try("card", "what.card", () => this.#cardOf(selected), () => void this.#readCard());
      if (key(selected) !== key(this.#store.state.selected)) return;
      this.#drawCard = draw;
      this.#card = draw ? draw() : [h("p", { class: "quiet pad" }, "—")];
    }
    this.#renderRight();
    if (this.#drawCard) this.#page.right.querySelector<HTMLElement>("h2")?.focus({ preventScroll: true });
  }

  /** Fetch what is selected; the answer draws it, again after the language changed. */
  async #cardOf({ kind, dataset, id }: Selection): Promise<() => HTMLElement[]> {
    const actions = this.#cardActions();
    if (kind === "cell") {
      const cell = await api.cell(id);
      return () => cellCard(cell, actions);
    }
    const feature = await api.asset(dataset, id);
    return () => featureCard(feature, actions);
  }

  #cardActions(): CardActions {
    return {
      openRegion: (code) => this.#openRegion(code),
      openAsset: (dataset, id) => this.#openAsset(dataset, id),
      openCell: (id) => this.#openCell(id),
      locate: (bounds) => this.#map?.fit(bounds),
      shape: (dataset) => this.#shape(dataset),
      datasetName: (dataset) => this.#datasetName(dataset),
    };
  }

  #open({ top }: Picked): void {
    if (!top) return;
    if (top.kind === "region") this.#openRegion(top.id);
    else if (top.kind === "cell") this.#openCell(top.id);
    else if (top.id) this.#openAsset(top.dataset, top.id);
  }

  #openRegion(code: string): void {
    this.#store.set({ region: code, tab: "regions" });
    if (code === this.#region?.code) this.#map?.fit(this.#region.bounds, 12);
  }

  #openAsset(dataset: string, id: string, at: [number, number] | null = null): void {
    this.#store.set({ selected: { kind: "feature", dataset, id } });
    if (at) this.#map?.flyTo(...at);
  }

  #openCell(id: string): void {
    this.#store.set({ selected: { kind: "cell", dataset: "risk_cell", id } });
  }

  #found({ dataset, id, lon, lat }: Found): void {
    if (dataset === "region") this.#openRegion(id);
    else this.#openAsset(dataset, id, [lon, lat]);
  }

  #layerOf = (dataset: string): Layer | null => this.#layers.find((layer) => datasetOf(layer) === dataset) ?? null;

  #datasetName = (dataset: string): string => say(this.#layerOf(dataset)?.title) || dataset;

  #shape(dataset: string): Shape {
    const place = kindsOf(this.#layers).get(this.#layerOf(dataset)?.id ?? "");
    return place === undefined ? DISC : shapeAt(place);
  }

  /** A new run on the server: read everything that may have changed. */
  async #refresh(): Promise<void> {
    const site = await this.#try("site", "what.site", api.site, () => void this.#refresh());
    if (!site) return;
    const ran = site.run?.id !== this.#site?.run?.id;
    this.#site = site;
    if (ran) {
      this.#layers = (await this.#try("layers", "what.layers", api.layers, () => void this.#refresh())) ?? this.#layers;
      await Promise.all([this.#readRegion(false), this.#readWarnings(), this.#readCard()]);
    }
    this.#render();
  }

  #render(spoken = false): void {
    const { state } = this.#store;
    const site = this.#site;
    if (!site) return;
    document.title = say(site.title);
    if (spoken) this.#search.relabel();
    if (spoken && this.#drawCard) this.#card = this.#drawCard();
    const actions = {
      fit: (bounds: Bounds) => this.#map?.fit(bounds),
      speak: (lang: State["lang"]) => this.#store.set({ lang }),
      wear: (theme: State["theme"]) => this.#store.set({ theme }),
    };
    redraw(this.#page.top, "top", header(site, state, this.#search.element, actions));
    if (isStale(site) && site.run) this.#banner.say("stale", t("page.staleRun", { age: age(site.run.finished_at) }));
    else this.#banner.clear("stale");
    this.#page.relabel();
    this.#renderLeft(state);
    this.#renderRight();
    fill(this.#page.legend, ...tierLegend());
    fill(this.#page.corner, ...attribution(site, this.#layers, state));
    if (spoken) this.#controls();
  }

  #renderLeft(state: State): void {
    redraw(this.#page.tabs, "tabs", tabs(state.tab, (tab) => this.#store.set({ tab })));
    const loading = [h("p", { class: "quiet pad" }, t("page.loading"))];
    const parts =
      state.tab === "layers"
        ? layerTree(this.#layers, state, (dataset) => this.#shape(dataset), (id, choice) => this.#store.set({ layers: { ...state.layers, [id]: choice } }))
        : this.#region
          ? regionPanel(this.#region, this.#cardActions())
          : loading;
    redraw(this.#page.left, state.tab === "layers" ? "layers" : (this.#region?.code ?? ""), parts);
  }

  #renderRight(): void {
    const { hidden } = this.#store.state;
    const back = h("button", { type: "button", class: "link", "data-close": "card", onclick: () => this.#store.set({ selected: null }) }, `‹ ${t("warning.title")}`);
    const count = h("span", { class: "figure quiet" }, this.#warnings?.length ?? "");
    const feed = h("a", { class: "quiet", href: "/cap/feed.atom", target: "_blank", rel: "noopener" }, t("warning.feed"));
    fill(this.#page.rightHead, ...(this.#card ? [back] : [h("h2", {}, t("warning.title")), count, feed]));
    if (this.#card) return fill(this.#page.right, ...this.#card);
    if (!this.#warnings) return fill(this.#page.right, h("p", { class: "quiet pad" }, t("page.loading")));
    const rail = warningsRail(this.#warnings, hidden, {
      open: ({ dataset, asset_id, lon, lat }) => this.#openAsset(dataset, asset_id, [lon, lat]),
      hide: (next) => this.#store.set({ hidden: next }),
      shape: (dataset) => this.#shape(dataset),
      tagged: this.#site?.origin !== "sample",
    });
    redraw(this.#page.right, "warnings", rail);
  }

  #controls(): void {
    if (this.#map) fill(this.#page.controls, ...mapControls(this.#map.chart, () => this.#fitSite()));
  }

  #fitSite(): void {
    if (this.#site?.bounds) this.#map?.fit(this.#site.bounds);
  }
}

const key = (selected: Selection | null): string => (selected ? `${selected.kind}/${selected.dataset}/${selected.id}` : "");

const same = (a: State, b: State, name: string): boolean => a[name as keyof State] === b[name as keyof State];
