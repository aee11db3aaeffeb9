/** One table for every dataset: sorted, filtered and exported by the server, bound to the map both ways. */

import type { Feature, Geometry } from "geojson";
import type { GeoJSONSource, LayerSpecification } from "maplibre-gl";
import { toolsApi, type Asked } from "../../api/tools";
import type { Context, MakePart } from "../../context";
import { fill, h, later } from "../../dom";
import { moment, say, stateName, t, value } from "../../i18n";
import { boundsOf } from "../../items/read";
import { stateBadge, tierBadge } from "../../panel/marks";
import type { Table } from "../../state";
import type { State } from "../../types";
import { type Field, fieldsOf, listed } from "../tools/fields";
import { columnsOf, directionOf, ROW_PX, subjectOf, tierIn, turned, windowOf } from "./rows";
import "./table.css";

const PAGE = 200;
const MOVED_MS = 300;
const HOVER = "table-hover";
const FORMATS = ["csv", "xlsx", "gpkg"] as const;

type Row = Feature<Geometry | null>;

export const table: MakePart = (context) => {
  const made = new OneTable(context);
  let leave: (() => void) | null = null;
  return {
    element: made.element,
    update: (changed) => {
      if (changed.has("lang")) made.relabel();
      if (changed.has("table", "filter", "asOf", "lang", "site", "map")) void made.read();
      else if (changed.has("view")) made.moved();
      if (changed.has("selected")) made.mark();
      if (changed.has("theme", "map")) made.prepare();
      leave ??= context.map()?.pointing((thing) => made.point(thing)) ?? null;
    },
    hide: () => {
      context.map()?.overlay(HOVER, null);
      leave?.();
      leave = null;
    },
  };
};

class OneTable {
  readonly #head = h("div", { class: "table-head" });
  readonly #body = h("tbody", {});
  readonly #titles = h("tr", {});
  readonly #scroll = h("div", { class: "table-scroll", tabindex: 0, onscroll: () => this.#scrolled() }, h("table", {}, h("thead", {}, this.#titles), this.#body));
  readonly element = h("section", { class: "one-table" }, this.#head, this.#scroll);
  #fields: Field[] = [];
  #rows: Row[] = [];
  #matched: number | null = null;
  #next: string | null = null;
  #asked = "";
  #reading = false;
  #drawn: [number, number] = [-1, -1];
  #tall = false;
  /** Id of the row whose subject lies under the pointer on the map. */
  #pointed: string | null = null;

  constructor(private readonly context: Context) {}

  get #table(): Table {
    return this.context.store.state.table ?? { dataset: "tsf", sort: "", within: false };
  }

  /** What selects and orders the rows; the same makes the files. */
  #selection(): Asked {
    const { filter, asOf } = this.context.store.state;
    const { dataset, sort, within } = this.#table;
    const map = within ? this.context.map()?.chart.getBounds() : null;
    return {
      ...(filter?.dataset === dataset ? { cql: filter.cql } : {}),
      sort,
      asOf,
      bbox: map ? [Math.max(map.getWest(), -180), Math.max(map.getSouth(), -90), Math.min(map.getEast(), 180), Math.min(map.getNorth(), 90)] : null,
    };
  }

  relabel(): void {
    this.#asked = "";
  }

  readonly moved = later(() => {
    if (this.#table.within) void this.read();
  }, MOVED_MS);

  /** Read the first page of what is asked, unless that is what is shown. */
  async read(): Promise<void> {
    const { dataset } = this.#table;
    const { lang } = this.context.store.state;
    const selection = this.#selection();
    const asked = JSON.stringify([dataset, lang, selection, this.context.data.site?.run?.id]);
    if (asked === this.#asked) return;
    this.#asked = asked;
    this.#scroll.setAttribute("aria-busy", "true");
    const found = await this.context.ask(
      "table",
      "what.items",
      () => Promise.all([fieldsOf(dataset, lang), toolsApi.page(dataset, selection, PAGE)]),
      () => {
        this.#asked = "";
        void this.read();
      },
    );
    if (asked !== this.#asked || !found) return;
    const [fields, page] = found;
    this.#fields = columnsOf(fields);
    this.#rows = page.features;
    this.#matched = page.numberMatched ?? null;
    this.#next = page.links.find(({ rel }) => rel === "next")?.href ?? null;
    this.#scroll.setAttribute("aria-busy", "false");
    this.#scroll.scrollTop = 0;
    this.#show();
    this.mark();
  }

  async #more(): Promise<void> {
    if (this.#reading || !this.#next) return;
    this.#reading = true;
    const [asked, address] = [this.#asked, this.#next];
    const page = await this.context.ask("table", "what.items", () => toolsApi.next(address), () => void this.#more());
    this.#reading = false;
    if (!page || asked !== this.#asked) return;
    this.#rows = this.#rows.concat(page.features);
    this.#next = page.links.find(({ rel }) => rel === "next")?.href ?? null;
    this.#heading();
    this.#drawn = [-1, -1];
    this.#scrolled();
  }

  #show(): void {
    this.#heading();
    const { sort } = this.#table;
    const title = (name: string, text: string, unit: string): HTMLElement => {
      const direction = directionOf(sort, name);
      const arrow = { ascending: " ▲", descending: " ▼", none: "" }[direction];
      const label = unit ? `${text} (${unit})` : text;
      return h(
        "th",
        { scope: "col", "aria-sort": direction, "data-column": name },
        h("button", { type: "button", title: t("table.sort", { name: text }), onclick: () => this.#set({ sort: turned(sort, name) }) }, label + arrow),
      );
    };
    const focused = (document.activeElement?.closest("th") as HTMLElement | null)?.dataset["column"];
    fill(this.#titles, h("th", { scope: "col" }, t("table.id")), ...this.#fields.map(({ name, title: text, unit }) => title(name, text, unit)));
    this.#titles.querySelector<HTMLElement>(`[data-column="${focused ?? ""}"] button`)?.focus();
    this.#drawn = [-1, -1];
    this.#scrolled();
  }

  #heading(): void {
    const { store, data } = this.context;
    const { dataset, within } = this.#table;
    const { filter, lang } = store.state;
    const choice = h(
      "select",
      { name: "table-dataset", "aria-label": t("filter.dataset"), onchange: () => this.#set({ dataset: choice.value, sort: "" }) },
      ...listed(data.layers).map(({ dataset: id, title }) => h("option", { value: id, selected: id === dataset }, say(title))),
    );
    const near = h("input", { type: "checkbox", name: "within", checked: within, onchange: () => this.#set({ within: near.checked }) });
    const counts = { n: this.#matched ?? 0, shown: this.#rows.length };
    const own = filter?.dataset === dataset;
    this.element.setAttribute("aria-label", t("table.title"));
    this.#scroll.setAttribute("aria-label", t("table.title"));
    const taller = (): void => {
      this.#tall = !this.#tall;
      this.element.classList.toggle("tall", this.#tall);
      this.#heading();
      this.#scrolled();
    };
    fill(
      this.#head,
      h("h2", {}, t("table.title")),
      choice,
      h("span", { class: "quiet", role: "status", "data-matched": this.#matched }, t(this.#matched === null ? "table.many" : this.#next ? "table.rows" : "table.all", counts)),
      own ? h("span", { class: "tag" }, t("table.filtered")) : null,
      h("button", { type: "button", class: "plain", "data-act": "filter", onclick: () => this.#build() }, t("tools.filter")),
      h("label", { class: "check" }, near, t("table.within")),
      h("span", { class: "space" }),
      h("span", { class: "quiet" }, t("table.export")),
      ...FORMATS.map((format) => h("a", { class: "plain", href: toolsApi.file(dataset, this.#selection(), format, lang), download: "", "data-format": format }, { csv: "CSV", xlsx: "XLSX", gpkg: "GeoPackage" }[format])),
      h("button", { type: "button", class: "plain", onclick: taller }, t(this.#tall ? "table.smaller" : "table.larger")),
      h("button", { type: "button", class: "icon", "aria-label": t("page.close"), onclick: () => store.set({ table: null }) }, "×"),
    );
  }

  #set(change: Partial<Table>): void {
    this.context.store.set({ table: { ...this.#table, ...change } });
  }

  /** Open the builder on this dataset. */
  #build(): void {
    const { store } = this.context;
    const { filter } = store.state;
    const own = filter?.dataset === this.#table.dataset ? filter : null;
    store.set({ tool: "filter", point: null, filter: own });
  }

  #scrolled(): void {
    const [from, to] = windowOf(this.#scroll.scrollTop, this.#scroll.clientHeight, this.#rows.length);
    if (to > this.#rows.length - PAGE / 4) void this.#more();
    if (from === this.#drawn[0] && to === this.#drawn[1]) return;
    this.#drawn = [from, to];
    const focused = (document.activeElement?.closest("tr") as HTMLElement | null)?.dataset["row"];
    const gap = (rows: number): HTMLElement | null => (rows ? h("tr", { "aria-hidden": "true", class: "gap", style: `height:${rows * ROW_PX}px` }) : null);
    const shown = this.#rows.slice(from, to).map((row) => this.#row(row));
    const none = this.#rows.length ? null : h("tr", {}, h("td", { colspan: this.#fields.length + 1, class: "quiet" }, `${t("table.empty")} · ${t("table.wider")}`));
    fill(this.#body, gap(from), ...shown, gap(this.#rows.length - to), none);
    if (focused) this.#body.querySelector<HTMLElement>(`[data-row="${CSS.escape(focused)}"] button`)?.focus({ preventScroll: true });
  }

  #row(row: Row): HTMLElement {
    const id = String(row.id);
    const open = h("button", { type: "button", class: "link", "aria-label": t("table.open", { name: id }), onclick: () => this.#open(row) }, id);
    return h(
      "tr",
      {
        "data-row": id,
        class: id === this.#pointed ? "pointed" : null,
        "aria-selected": this.#isSelected(row) ? "true" : "false",
        onclick: (event) => {
          if (event.target !== open) this.#open(row);
        },
        onmouseenter: () => this.#hover(row),
        onmouseleave: () => this.#hover(null),
        onfocusin: () => this.#hover(row),
        onkeydown: (event) => this.#key(event as KeyboardEvent),
      },
      h("th", { scope: "row" }, open),
      ...this.#fields.map((field) => this.#cell(field, row)),
    );
  }

  #cell({ name, type, choices }: Field, { properties }: Row): HTMLElement {
    const found: unknown = properties?.[name];
    const tier = tierIn(name, found);
    const state = properties?.["state"] as State | undefined;
    if (tier !== null) return h("td", {}, tierBadge(tier, state ?? "sufficient"));
    if (name === "state" && typeof found === "string") return h("td", {}, stateBadge(found as State) ?? stateName(found as State));
    if (name === "dataset" && typeof found === "string") return h("td", {}, this.context.actions.datasetName(found));
    const choice = choices.find(({ value: code }) => code === String(found));
    const numeric = type === "integer" || type === "number";
    const text = choice?.title ?? (type === "datetime" && typeof found === "string" && found.includes("T") ? moment(found) : value(found));
    return h("td", { class: numeric && !choice ? "figure" : "", title: String(found ?? "") }, text);
  }

  #key(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const row = event.currentTarget as HTMLElement;
    const beside = (step > 0 ? row.nextElementSibling : row.previousElementSibling)?.querySelector<HTMLElement>("button");
    beside?.focus();
  }

  #subject(row: Row): { dataset: string; id: string } {
    return subjectOf(this.#table.dataset, row);
  }

  #isSelected(row: Row): boolean {
    const { selected, region } = this.context.store.state;
    const { dataset, id } = this.#subject(row);
    if (dataset === "region") return !selected && region === id;
    return selected?.dataset === dataset && selected.id === id;
  }

  #open(row: Row): void {
    const { actions } = this.context;
    const { dataset, id } = this.#subject(row);
    if (dataset === "region") return actions.openRegion(id);
    const bounds = row.geometry ? boundsOf({ type: "FeatureCollection", features: [row as Feature] }) : null;
    const at: [number, number] | null = bounds ? [(bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2] : null;
    if (dataset !== "risk_cell") return actions.openAsset(dataset, id, at);
    actions.openCell(id);
    if (at) this.context.map()?.flyTo(...at);
  }

  /** Show on the map which row is meant. */
  #hover(row: Row | null): void {
    const source = this.context.map()?.chart.getSource<GeoJSONSource>(HOVER);
    const features = row?.geometry ? [{ type: "Feature" as const, properties: {}, geometry: row.geometry }] : [];
    source?.setData({ type: "FeatureCollection", features });
  }

  /** Mark the row of what lies under the pointer on the map. */
  point(thing: { dataset: string; id: string } | null): void {
    const row = thing && this.#rows.find((each) => {
      const { dataset, id } = this.#subject(each);
      return dataset === thing.dataset && id === thing.id;
    });
    this.#pointed = row ? String(row.id) : null;
    for (const each of this.#body.querySelectorAll<HTMLElement>("[data-row]")) each.classList.toggle("pointed", each.dataset["row"] === this.#pointed);
  }

  prepare(): void {
    const ink = this.context.store.state.theme === "night" ? "#ffe27a" : "#0b57d0";
    const data = { type: "FeatureCollection" as const, features: [] };
    const layers = [
      { id: `${HOVER}:fill`, type: "fill", source: HOVER, filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": ink, "fill-opacity": 0.25 } },
      { id: `${HOVER}:line`, type: "line", source: HOVER, paint: { "line-color": ink, "line-width": 3 } },
      { id: `${HOVER}:ring`, type: "circle", source: HOVER, filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": 14, "circle-color": "rgba(0,0,0,0)", "circle-stroke-color": ink, "circle-stroke-width": 3 } },
    ] as LayerSpecification[];
    this.context.map()?.overlay(HOVER, { sources: { [HOVER]: { type: "geojson", data } }, layers });
  }

  /** Mark the row of what is selected, and bring it into sight; one that is not read yet is fetched to the top. */
  mark(): void {
    const at = this.#rows.findIndex((row) => this.#isSelected(row));
    const top = at * ROW_PX;
    const inSight = top >= this.#scroll.scrollTop && top < this.#scroll.scrollTop + this.#scroll.clientHeight - 2 * ROW_PX;
    if (at >= 0 && !inSight) this.#scroll.scrollTop = Math.max(0, top - 2 * ROW_PX);
    this.#drawn = [-1, -1];
    this.#scrolled();
    if (at < 0) void this.#fetchSelected();
  }

  async #fetchSelected(): Promise<void> {
    const { selected, asOf } = this.context.store.state;
    const { dataset } = this.#table;
    if (selected?.dataset !== dataset || !this.#next) return;
    const asked = this.#asked;
    const cql = `id = '${selected.id.replaceAll("'", "''")}'`;
    const page = await this.context.ask("table", "what.items", () => toolsApi.page(dataset, { cql, asOf }, 1), () => void this.#fetchSelected());
    const [row] = page?.features ?? [];
    if (!row || asked !== this.#asked || this.#rows.some(({ id }) => id === row.id)) return;
    this.#rows = [row, ...this.#rows];
    this.#scroll.scrollTop = 0;
    this.#drawn = [-1, -1];
    this.#scrolled();
  }
}
