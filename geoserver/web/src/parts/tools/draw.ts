/** Measuring and drawing: a panel, what is drawn on the map, and editing it. */

import type { Feature } from "geojson";
import { api } from "../../api";
import { toolsApi } from "../../api/tools";
import type { Context, MakePart } from "../../context";
import { fill, h } from "../../dom";
import { t } from "../../i18n";
import { boundsOf } from "../../items/read";
import type { LabelKey } from "../../labels";
import { drawn, exported, figuresOf, isBuffer, isPlot, type Kind, kindOf, kmOf, metres, rounded, shapeOf, spliced, squareMetres, verticesOf, withVertices } from "./drawing";
import { distance, type Place } from "./geodesy";
import { finished, HANDLES, hide, live, show } from "./overlay";
import { panelOf } from "./panel";
import { draggable, type Sketch, sketch } from "./sketch";

const MODES: Record<"measure" | "draw", readonly [Kind, LabelKey][]> = {
  measure: [["line", "draw.distance"], ["polygon", "draw.area"]],
  draw: [["point", "draw.point"], ["line", "draw.line"], ["polygon", "draw.polygon"], ["circle", "draw.circle"]],
};
const DEFAULT_KM = 5;
const FARTHEST_KM = 100;

export const draw: MakePart = (context) => {
  const drawer = new Drawer(context);
  return { element: drawer.element, update: (changed) => drawer.update(changed.has("tool"), changed.has("lang", "selected")), hide: () => drawer.hide() };
};

class Drawer {
  readonly #panel;
  readonly #live = h("p", { class: "reading", role: "status", "aria-live": "polite" });
  #sketch: Sketch | null = null;
  #edited: number | null = null;
  /** The edited drawing while a handle is held. */
  #moving: Feature | null = null;
  #release: (() => void) | null = null;
  #shownList: readonly Feature[] | null = null;

  constructor(private readonly context: Context) {
    this.#panel = panelOf("draw", () => context.store.set({ tool: null }));
  }

  get element(): HTMLElement {
    return this.#panel.element;
  }

  get #tool(): "measure" | "draw" | null {
    const { tool } = this.context.store.state;
    return tool === "measure" || tool === "draw" ? tool : null;
  }

  update(toolChanged: boolean, wordsChanged: boolean): void {
    const map = this.context.map();
    if (!map) return;
    const { drawn: drawings } = this.context.store.state;
    this.#release ??= draggable(map.chart, HANDLES, (at, between, place) => this.#drag(at, between, place), () => this.#drop());
    if (toolChanged) {
      this.#stop();
      this.#edited = null;
      if (this.#tool === "measure") return this.#begin("line");
    }
    if (this.#edited !== null && !drawings[this.#edited]) this.#edited = null;
    this.#draw(false);
    if (toolChanged || wordsChanged || this.#shownList !== drawings) this.#fill();
  }

  hide(): void {
    this.#stop();
    this.#release?.();
    this.#release = null;
    hide(this.context.map());
  }

  #begin(kind: Kind): void {
    const map = this.context.map();
    if (!map) return;
    this.#stop();
    this.#edited = null;
    this.#sketch = sketch(map.chart, kind, {
      changed: () => this.#draw(true),
      done: (vertices, km) => this.#add(kind, vertices, km),
      cancelled: () => {
        this.#stop();
        this.#draw(false);
        this.#fill();
      },
    });
    this.#draw(false);
    this.#fill();
  }

  #stop(): void {
    this.#sketch?.stop();
    this.#sketch = null;
  }

  #add(kind: Kind, vertices: Place[], km: number | null): void {
    const made = drawn(kind, vertices, km);
    this.#stop();
    if (made) this.#set([...this.context.store.state.drawn, made]);
    this.#fill();
  }

  #set(drawings: Feature[]): void {
    this.context.store.set({ drawn: drawings });
  }

  /** What is on the map now, and the figures of it in words. */
  #draw(soon: boolean): void {
    const map = this.context.map();
    if (!map) return;
    const { drawn: drawings, theme } = this.context.store.state;
    const edited = this.#edited === null ? null : (this.#moving ?? drawings[this.#edited] ?? null);
    const sketched = this.#sketched();
    const rest = this.#moving ? drawings.filter((_, at) => at !== this.#edited) : drawings;
    show(map, theme, finished(rest), live(sketched ?? this.#moving, this.#sketch?.vertices ?? [], edited), soon);
    this.#read(sketched ?? this.#moving);
  }

  /** The shape as it would be if the pointer's place were set. */
  #sketched(): Feature | null {
    if (!this.#sketch) return null;
    const { kind, vertices, hover } = this.#sketch;
    const places = hover && vertices.length ? [...vertices, hover] : [...vertices];
    const [centre, edge] = places;
    if (kind === "circle") return drawn(kind, places, centre && edge ? distance(centre, edge) / 1000 : null);
    return drawn(kind, places) ?? drawn("line", places);
  }

  #read(shape: Feature | null): void {
    const figures = shape ? figuresOf(shapeOf(shape)) : null;
    const km = shape ? kmOf(shape) : null;
    const words: string[] = km ? [`${t("draw.radius")} ${km.toFixed(3)}`] : [];
    if (figures) words.push(`${t(figures.area === null ? "draw.length" : "draw.perimeter")} ${metres(figures.length)}`);
    if (figures?.area) words.push(`${t("draw.size")} ${squareMetres(figures.area)}`);
    this.#live.textContent = words.join(" · ");
  }

  #drag(at: number, between: boolean, place: Place): void {
    const edited = this.#moving ?? (this.#edited === null ? null : (this.context.store.state.drawn[this.#edited] ?? null));
    if (!edited) return;
    const before = verticesOf(edited);
    const vertices = between ? spliced(before, at + 1, 0, place) : spliced(before, at, 1, place);
    const started = this.#moving === null;
    this.#moving = withVertices(edited, vertices);
    this.#draw(!started);
  }

  #drop(): void {
    const [edited, moved] = [this.#edited, this.#moving];
    this.#moving = null;
    if (edited !== null && moved) this.#set(spliced(this.context.store.state.drawn, edited, 1, moved));
  }

  #fill(): void {
    const tool = this.#tool;
    const { drawn: drawings } = this.context.store.state;
    this.#shownList = drawings;
    this.element.hidden = tool === null;
    if (!tool) return;
    this.#panel.title(t(`tools.${tool}`));
    const modes = MODES[tool].map(([kind, label]) =>
      h("button", { type: "button", class: "tool-chip", "data-mode": kind, "aria-pressed": this.#sketch?.kind === kind ? "true" : "false", onclick: () => this.#begin(kind) }, t(label)),
    );
    fill(
      this.#panel.body,
      h("div", { class: "tool-chips", role: "group" }, ...modes),
      this.#live,
      ...(this.#sketch ? this.#sketching(this.#sketch) : drawings.length ? [] : [h("p", { class: "quiet pad" }, t("draw.begin"))]),
      ...(drawings.length ? this.#list(drawings) : []),
      tool === "draw" ? this.#bufferForm(drawings) : null,
      h("p", { class: "quiet pad" }, t("draw.method")),
    );
  }

  #sketching(current: Sketch): HTMLElement[] {
    const action = (name: LabelKey, act: () => void): HTMLElement => h("button", { type: "button", class: "plain", onclick: act }, t(name));
    const cancel = (): void => {
      this.#stop();
      this.#draw(false);
      this.#fill();
    };
    return [
      h("p", { class: "quiet pad" }, t("draw.hint")),
      this.#coordinateForm(current),
      h("div", { class: "tool-chips" }, action("draw.done", () => current.finish()), action("draw.undo", () => current.undo()), action("draw.cancel", cancel)),
    ];
  }

  #coordinateForm(current: Sketch): HTMLElement {
    const input = h("input", { name: "coordinate", "aria-label": t("draw.coordinate"), placeholder: t("draw.coordinateHint"), autocomplete: "off" });
    const radius = h("input", { name: "radius", type: "number", min: 0.01, max: FARTHEST_KM, step: "any", value: DEFAULT_KM, "aria-label": t("draw.radius") });
    const wrong = h("span", { class: "quiet", role: "alert" });
    const read = async (): Promise<void> => {
      const text = input.value.trim();
      if (!text) return;
      const found = await this.context.ask("coordinate", "what.search", () => api.search(text), () => void read());
      const [place] = (found ?? []).filter(({ kind }) => kind === "coordinate");
      wrong.textContent = place || !found ? "" : t("draw.notCoordinate");
      if (!place || this.#sketch !== current) return;
      input.value = "";
      if (current.kind === "circle") return this.#add("circle", [[place.lon, place.lat]], Number(radius.value) || DEFAULT_KM);
      current.add([place.lon, place.lat]);
      this.context.map()?.chart.panTo([place.lon, place.lat]);
    };
    const submit = (event: Event): void => {
      event.preventDefault();
      void read();
    };
    return h(
      "form",
      { class: "line", onsubmit: submit },
      input,
      current.kind === "circle" ? h("label", { class: "short" }, t("draw.radius"), radius) : null,
      h("button", { type: "submit", class: "plain" }, t("draw.add")),
      wrong,
    );
  }

  #list(drawings: readonly Feature[]): HTMLElement[] {
    const rows = drawings.flatMap((drawing, at) => (isPlot(drawing) ? [] : [this.#row(drawing, at)]));
    if (!rows.length) return [];
    const file = URL.createObjectURL(new Blob([exported(drawings.filter((drawing) => !isPlot(drawing)))], { type: "application/geo+json" }));
    const give = h("a", { class: "plain", href: file, download: "drawings.geojson", "data-export": "geojson" }, t("draw.export"));
    const clear = h("button", { type: "button", class: "plain", "data-clear": "drawings", onclick: () => this.#set(drawings.filter(isPlot)) }, t("draw.clear"));
    return [h("h3", { class: "pad" }, t("draw.list")), h("ul", { class: "drawings" }, ...rows), h("div", { class: "tool-chips" }, give, clear)];
  }

  #row(drawing: Feature, at: number): HTMLElement {
    const figures = figuresOf(shapeOf(drawing));
    const km = kmOf(drawing);
    const kind = isBuffer(drawing) ? "draw.buffer" : (`draw.${kindOf(drawing)}` as LabelKey);
    const [lng = 0, lat = 0] = drawing.geometry.type === "Point" ? drawing.geometry.coordinates : [];
    const facts = [
      km ? `${km} km` : "",
      figures ? (figures.area === null ? metres(figures.length) : squareMetres(figures.area)) : km ? "" : `${lng.toFixed(5)}, ${lat.toFixed(5)}`,
    ].filter(Boolean);
    const action = (name: "zoom" | "edit" | "delete", act: () => void, pressed?: boolean): HTMLElement =>
      h("button", { type: "button", class: "plain", "data-act": name, "aria-pressed": pressed === undefined ? null : String(pressed), onclick: act }, t(`draw.${name}` as LabelKey));
    const editable = verticesOf(drawing).length > 0;
    return h(
      "li",
      { "data-drawing": at },
      h("div", { class: "line" }, h("b", {}, `${at + 1} ${t(kind)}`), h("span", { class: "figure" }, facts.join(" · "))),
      h(
        "div",
        { class: "tool-chips" },
        action("zoom", () => this.#zoom(drawing)),
        editable ? action("edit", () => this.#edit(at), this.#edited === at) : null,
        action("delete", () => this.#set(spliced(this.context.store.state.drawn, at, 1))),
      ),
      this.#edited === at ? this.#vertices(drawing, at) : null,
    );
  }

  #zoom(drawing: Feature): void {
    const bounds = boundsOf({ type: "FeatureCollection", features: [{ ...drawing, geometry: shapeOf(drawing) }] });
    if (bounds) this.context.actions.fit(bounds);
  }

  #edit(at: number): void {
    this.#stop();
    this.#edited = this.#edited === at ? null : at;
    this.#draw(false);
    this.#fill();
  }

  /** Every vertex in words, so that all of it can be done without a pointer. */
  #vertices(drawing: Feature, at: number): HTMLElement {
    const places = verticesOf(drawing);
    const change = (vertices: Place[]): void => {
      const next = withVertices(drawing, vertices);
      if (next) this.#set(spliced(this.context.store.state.drawn, at, 1, next));
    };
    const centre = (): Place => {
      const { lng = 0, lat = 0 } = this.context.map()?.chart.getCenter() ?? {};
      return rounded([lng, lat]);
    };
    const few = places.length <= { point: 1, circle: 1, line: 2, polygon: 3 }[kindOf(drawing)];
    const action = (name: LabelKey, act: () => void): HTMLElement => h("button", { type: "button", class: "plain", onclick: act }, t(name));
    const rows = places.map((place, n) =>
      h(
        "li",
        { "data-vertex": n },
        h("span", { class: "figure" }, `${t("draw.vertex", { n: n + 1 })} ${place[0].toFixed(5)}, ${place[1].toFixed(5)}`),
        action("draw.toCentre", () => change(spliced(places, n, 1, centre()))),
        drawing.geometry.type === "Point" ? null : action("draw.insert", () => change(spliced(places, n + 1, 0, centre()))),
        few ? null : action("draw.delete", () => change(spliced(places, n, 1))),
      ),
    );
    return h("div", {}, h("p", { class: "quiet" }, t("draw.vertices")), h("ol", { class: "vertices" }, ...rows));
  }

  #bufferForm(drawings: readonly Feature[]): HTMLElement | null {
    const { selected } = this.context.store.state;
    const asset = selected?.kind === "feature" ? selected : null;
    if (!drawings.length && !asset) return null;
    const of = h(
      "select",
      { name: "of", "aria-label": t("draw.bufferOf") },
      asset ? h("option", { value: "asset" }, `${t("draw.bufferAsset")} ${asset.id}`) : null,
      ...drawings.map((_, at) => h("option", { value: at }, `${t("draw.bufferDrawing")} ${at + 1}`)),
    );
    const km = h("input", { name: "km", type: "number", min: 0.01, max: FARTHEST_KM, step: "any", value: 1, "aria-label": t("draw.bufferKm") });
    const make = async (): Promise<void> => {
      const [distanceKm, source] = [Number(km.value), of.value === "asset" ? null : drawings[Number(of.value)]];
      if (!(distanceKm > 0)) return;
      const found = await this.context.ask(
        "buffer",
        "what.buffer",
        () => (source ? toolsApi.bufferOfShape(source.geometry, distanceKm + (kmOf(source) ?? 0)) : toolsApi.bufferOfAsset(asset ?? { kind: "feature", dataset: "", id: "" }, distanceKm)),
        () => void make(),
      );
      if (found) this.#set([...this.context.store.state.drawn, settled(found, distanceKm)]);
    };
    const submit = (event: Event): void => {
      event.preventDefault();
      void make();
    };
    return h("form", { class: "line", "data-form": "buffer", onsubmit: submit }, of, h("label", { class: "short" }, t("draw.bufferKm"), km), h("button", { type: "submit", class: "plain" }, t("draw.bufferOf")));
  }
}

/** A buffer as a drawing: rounded, and known as one. */
function settled({ geometry }: Feature, km: number): Feature {
  const flat = geometry.type === "Polygon" ? { ...geometry, coordinates: geometry.coordinates.map((ring) => ring.map(rounded)) } : geometry;
  return { type: "Feature", properties: { buffer: true, km }, geometry: flat };
}
