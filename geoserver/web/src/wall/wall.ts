/** The wall: scenes in a loop, driven by nobody, or by a phone in the room. */

import type { Told } from "../api/walls";
import { fill, h, later } from "../dom";
import { age, moment, say, speak, t, tiers } from "../i18n";
import type { LabelKey } from "../labels";
import { kindsOf } from "../map/compose";
import { DISC, type Shape, shapeAt } from "../map/shapes";
import { datasetOf } from "../map/style";
import { OneMap } from "../map/view";
import { keepOffline } from "../offline/register";
import { attribution, tierLegend } from "../panel/corner";
import { standing } from "../panel/health";
import { staleSources } from "../panel/stale";
import { isStale } from "../parts/header";
import { isExercise, levelWord } from "../parts/rail/words";
import { INITIAL, type State } from "../state";
import { states } from "../states";
import { Alarms } from "./alarm";
import { alarm } from "./blocks";
import { closeCharts } from "./charts";
import { follow } from "./follow";
import { composed, type Composition } from "./layout";
import { type Facts, Reading } from "./read";
import { resolved, type Scene, stepped } from "./scenes";
import { type Block, type View, viewOf } from "./views";
import "./wall.css";

const AGAIN_MS = 5_000;
const REDRAW_MS = 100;
const MINUTE_MS = 60_000;
const MAP_EDGE = 24;
/** Words and marks of the map so many times larger than on a desk. */
const MAP_ENLARGED = 1.7;

export class Wall {
  readonly #reading: Reading;
  readonly #alarms = new Alarms();
  readonly #screens = h("div", { class: "screens" });
  readonly #stage = h("div", { class: "stage-over" });
  readonly #holder = h("div", { class: "map-holder" });
  readonly #root: HTMLElement;
  #map: OneMap | null = null;
  #view: View | null = null;
  #composition: Composition;
  #scene: Scene;
  #playing: boolean;
  #failed = false;
  /** The last scene that was asked for: what comes later for another is not drawn. */
  #asked = 0;
  #turning: ReturnType<typeof setTimeout> | undefined;
  #freeing: ReturnType<typeof setTimeout> | undefined;
  /** What the phone said last. */
  #told: Told | null = null;

  constructor(
    root: HTMLElement,
    private readonly state: State,
  ) {
    const { scene, loop } = state.wall ?? { scene: "nation", loop: 0 };
    this.#scene = scene;
    this.#playing = loop > 0;
    this.#reading = new Reading(state.asOf, later(() => this.#news(), REDRAW_MS));
    this.#root = h("div", { class: "wall" }, this.#screens, this.#stage);
    root.replaceChildren(this.#root, this.#holder);
    this.#composition = this.#fit();
  }

  async start(): Promise<void> {
    fill(this.#screens, h("p", { class: "waiting" }, t("page.loading")));
    addEventListener("resize", later(() => this.#recompose(), REDRAW_MS));
    addEventListener("keydown", (event) => this.#key(event));
    setInterval(() => this.#tick(), MINUTE_MS / 4);
    const name = this.state.wall?.name;
    states.start();
    states.watch(({ server, keptAt }) => {
      this.#draw();
      // What is shown was said before: begin anew, but not again and again where the server is slow.
      if (server === "answering" && keptAt !== null) setTimeout(() => location.reload(), MINUTE_MS);
    });
    void keepOffline(() => location.reload(), () => {});
    if (name) follow(name, true, (told) => this.#obey(told));
    await this.#read();
  }

  /** Until it is there: a wall is switched on before its server, too. */
  async #read(): Promise<void> {
    try {
      await this.#reading.start();
    } catch {
      fill(this.#screens, h("p", { class: "waiting" }, t("wall.failed")));
      setTimeout(() => void this.#read(), AGAIN_MS);
      return;
    }
    for (const { tier, colour } of tiers()) document.documentElement.style.setProperty(`--tier-${tier}`, colour);
    const { facts } = this.#reading;
    if (facts) await this.#go(resolved(this.#scene, facts.scenes));
  }

  #fit(): Composition {
    const found = composed(innerWidth, innerHeight);
    const { style, dataset } = document.documentElement;
    // One rem is ten pixels of the design.
    style.fontSize = `${10 * found.scale}px`;
    style.setProperty("--scale", String(found.scale));
    style.setProperty("--map-enlarged", String(found.scale * MAP_ENLARGED));
    style.setProperty("--margin-x", `${found.margin.x}px`);
    style.setProperty("--margin-y", `${found.margin.y}px`);
    dataset["screens"] = String(found.screens);
    return found;
  }

  #recompose(): void {
    this.#composition = this.#fit();
    this.#draw();
  }

  /** Show a scene once all of it is there; what cannot be read is left out, and tried again with the next. */
  async #go(scene: Scene): Promise<void> {
    const { facts } = this.#reading;
    if (!facts) return;
    const asked = ++this.#asked;
    this.#scene = scene;
    try {
      const more = await this.#reading.more(scene);
      if (asked !== this.#asked) return;
      this.#view = viewOf(scene, this.#reading.facts ?? facts, more, (dataset) => this.#shape(dataset));
      this.#failed = false;
    } catch {
      if (asked !== this.#asked) return;
      this.#failed = true;
    }
    this.#draw();
    this.#loop();
  }

  #loop(): void {
    clearTimeout(this.#turning);
    const { facts } = this.#reading;
    if (!facts) return;
    const seconds = this.state.wall?.loop ?? 0;
    if (this.#playing && seconds > 0) {
      this.#turning = setTimeout(() => this.#step(1), seconds * 1000);
    } else if (this.#failed) {
      this.#turning = setTimeout(() => void this.#go(this.#scene), AGAIN_MS);
    }
  }

  #step(by: number): void {
    const { facts } = this.#reading;
    if (facts) void this.#go(stepped(facts.scenes, this.#scene, by));
  }

  /** Something new is known: a warning, a run, a broken connection. */
  #news(): void {
    const { facts } = this.#reading;
    if (!facts) return;
    this.#alarms.take(facts.warnings, Date.now());
    this.#free();
    if (this.#view) void this.#go(this.#scene);
  }

  /** Look again when the time of an alarm on the stage is over. */
  #free(): void {
    clearTimeout(this.#freeing);
    const wait = this.#alarms.wait(Date.now());
    if (wait === null) return;
    this.#freeing = setTimeout(() => {
      this.#alarms.take(this.#reading.facts?.warnings ?? [], Date.now());
      this.#free();
      this.#draw();
    }, wait + 1);
  }

  #obey(told: Told): void {
    const before = this.#told;
    this.#told = told;
    if (before?.number === told.number) return;
    // A server that was started anew counts from the beginning.
    const by = before && told.number > before.number ? told.turn - before.turn : 0;
    const chosen = told.chosen && told.chosen !== before?.chosen ? (told.address ?? told.scene) : null;
    if (told.playing !== null) this.#playing = told.playing;
    const { facts } = this.#reading;
    if (!facts) this.#scene = chosen ?? this.#scene;
    else if (chosen) void this.#go(resolved(chosen, facts.scenes));
    else if (by) this.#step(by);
    else this.#loop();
  }

  #key(event: KeyboardEvent): void {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by) this.#step(by);
    if (event.key !== " ") return;
    event.preventDefault();
    this.#playing = !this.#playing;
    this.#loop();
  }

  #shape(dataset: string): Shape {
    const layers = this.#reading.facts?.layers ?? [];
    const layer = layers.find((candidate) => datasetOf(candidate) === dataset);
    const place = kindsOf(layers).get(layer?.id ?? "");
    return place === undefined ? DISC : shapeAt(place);
  }

  #draw(): void {
    const { facts } = this.#reading;
    const view = this.#view;
    if (!facts || !view) return;
    closeCharts();
    const slots: HTMLElement[] = [];
    const put = (block: Block, room: Room): HTMLElement => {
      if (block !== "map") return h("div", { class: `slot-of room-${room}` }, block());
      const slot = h("div", { class: `slot-of map room-${room}` });
      slots.push(slot);
      return slot;
    };
    const { screens } = this.#composition;
    const bodies = arranged(view, screens, put);
    fill(this.#screens, ...bodies.map((body, at) => this.#screen(facts, view, body, at, bodies.length)));
    this.#place(slots[0] ?? null, facts, view);
    this.#alarm();
    this.#root.dataset["scene"] = this.#scene;
  }

  #screen(facts: Facts, view: View, body: HTMLElement[], at: number, of: number): HTMLElement {
    const first = at === 0;
    const last = at === of - 1;
    const { site } = facts;
    return h(
      "div",
      { class: "screen" },
      h(
        "header",
        {},
        first ? h("h1", {}, say(site.title)) : h("h1", {}, t(view.name)),
        first && of === 1 ? h("p", { class: "scene" }, t(view.name)) : null,
        site.origin === "sample" ? h("strong", { class: "mark-sample" }, t("wall.sample")) : null,
        this.state.asOf ? h("strong", { class: "mark-sample" }, t("wall.past")) : null,
        last ? this.#clock(facts) : null,
      ),
      h("div", { class: "body" }, ...body),
      this.#bands(facts),
      h("footer", {}, ...(body.some((slot) => slot.classList.contains("map")) ? this.#source(facts, view) : [])),
    );
  }

  /** The site's time: of the sample, of the past that is shown, else of the clock. */
  #clock({ site }: Facts): HTMLElement {
    const at = this.state.asOf ?? site.reference_time ?? new Date().toISOString();
    return h("p", { class: "clock-panel" }, h("small", {}, t(site.reference_time && !this.state.asOf ? "page.referenceTime" : "wall.time")), h("time", { datetime: at }, moment(at)), h("small", {}, t("page.beijing")));
  }

  #source(facts: Facts, view: View): (HTMLElement | string)[] {
    return [h("ul", { class: "legend-of-tiers" }, ...tierLegend()), ...attribution(facts.site, facts.layers, { ...this.state, layers: view.layers })];
  }

  /** What has to be known before anything else on the wall is believed. */
  #bands(facts: Facts): HTMLElement {
    const { connection } = this.#reading;
    const words: [name: string, text: string][] = [];
    const away = standing();
    if (away) words.push(["lost", away]);
    else if (connection.state === "lost") words.push(["lost", t("wall.lost", { since: moment(new Date(connection.since).toISOString()) })]);
    if (isStale(facts.site) && facts.site.run && !this.state.asOf) words.push(["stale", t("wall.stale", { age: age(facts.site.run.finished_at) })]);
    const old = this.state.asOf ? "" : staleSources(facts.layers, this.#view?.layers ?? {});
    if (old) words.push(["stale", t("states.staleSources", { what: old })]);
    if (this.#failed) words.push(["failed", t("wall.failed")]);
    if (facts.warnings.some(isExercise)) words.push(["exercise", t("wall.exercise")]);
    return h("div", { class: "bands" }, ...words.map(([name, text]) => h("p", { class: `band ${name}`, role: "status" }, text)));
  }

  #place(slot: HTMLElement | null, facts: Facts, view: View): void {
    const state: State = { ...INITIAL, lang: this.state.lang, theme: this.state.theme, asOf: this.state.asOf, region: view.region.code, layers: view.layers };
    (slot ?? this.#root).append(this.#holder);
    this.#holder.hidden = !slot;
    if (!slot) return;
    try {
      this.#map ??= this.#open(facts, state, view);
    } catch {
      return fill(slot, h("p", { class: "nothing" }, t("failure.webgl")));
    }
    const { chart } = this.#map;
    this.#map.label(t("page.map"));
    if (Math.abs(chart.getPixelRatio() - this.#composition.scale * MAP_ENLARGED) > 1e-6) chart.setPixelRatio(this.#composition.scale * MAP_ENLARGED);
    chart.resize();
    this.#map.show(facts.layers, state, view.region);
    if (view.bounds) chart.fitBounds(view.bounds, { padding: PADDING, maxZoom: 14, duration: 0 });
  }

  #open({ layers }: Facts, state: State, { bounds }: View): OneMap {
    const map = new OneMap(this.#holder, layers, state, bounds, () => PADDING, { hover: () => {}, open: () => {}, moved: () => {} });
    Object.assign(window, { minegisMap: map.chart });
    return map;
  }

  #alarm(): void {
    const [first, ...others] = this.#alarms.staged();
    this.#stage.hidden = !first;
    this.#root.dataset["alarm"] = first ? String(first.id) : "";
    if (!first) return fill(this.#stage);
    const level = first.desk.next_level ? levelWord(first.desk.next_level) : "";
    const copies = Array.from({ length: this.#composition.screens }, () => alarm(first, others.length, level));
    fill(this.#stage, ...copies);
  }

  /** What becomes old by itself; only a live wall has a clock that goes. */
  #tick(): void {
    const { facts } = this.#reading;
    if (!facts || this.state.asOf || facts.site.reference_time) return;
    this.#root.querySelector(".clock-panel")?.replaceWith(this.#clock(facts));
    for (const bands of this.#root.querySelectorAll(".bands")) bands.replaceWith(this.#bands(facts));
  }
}

const PADDING = { top: MAP_EDGE, right: MAP_EDGE, bottom: MAP_EDGE, left: MAP_EDGE };

/** How much of a screen a block has. */
type Room = "screen" | "half" | "aside";

/** The blocks of each screen, left to right. */
function arranged({ main, second, third }: View, screens: Composition["screens"], put: (block: Block, room: Room) => HTMLElement): HTMLElement[][] {
  if (screens === 1) return [[put(main, "screen"), put(second, "aside")]];
  if (screens === 2) return [[put(main, "screen")], [put(second, "half"), put(third, "half")]];
  return [[put(second, "screen")], [put(main, "screen")], [put(third, "screen")]];
}

/** Show the wall that the address asks for. */
export function startWall(root: HTMLElement, state: State): void {
  speak(state.lang);
  document.documentElement.dataset["theme"] = state.theme;
  document.title = t("wall.title" satisfies LabelKey);
  void new Wall(root, state).start();
}
