/** The filter builder: conditions in words, the CQL2 they print, how many match. */

import { ApiFailure } from "../../api";
import { toolsApi } from "../../api/tools";
import type { Changed, Context, MakePart } from "../../context";
import { fill, h, later } from "../../dom";
import { say, t } from "../../i18n";
import type { LabelKey } from "../../labels";
import type { Filter } from "../../state";
import { type Condition, type Group, type Operator, operatorsOf, type PlaceRule, printed, type Rule, takesValue } from "./cql";
import { kindOf, shapeOf } from "./drawing";
import { type Field, fieldsOf, listed } from "./fields";
import { panelOf } from "./panel";

const SETTLE_MS = 350;
const FIRST = "tsf";
const empty = (): Group => ({ kind: "group", op: "and", parts: [] });

export const filter: MakePart = (context) => {
  const builder = new Builder(context);
  return { element: builder.element, update: (changed) => builder.update(changed) };
};

class Builder {
  readonly #panel;
  readonly #form = h("div", {});
  readonly #text = h("textarea", { rows: 4, spellcheck: "false", name: "cql", oninput: () => this.#typed() });
  readonly #count = h("p", { class: "reading", role: "status", "aria-live": "polite" });
  #dataset = "";
  #fields: Field[] = [];
  #tree = empty();
  #cql = "";
  #asked = 0;

  constructor(private readonly context: Context) {
    this.#panel = panelOf("filter", () => context.store.set({ tool: null }));
  }

  get element(): HTMLElement {
    return this.#panel.element;
  }

  update(changed: Changed): void {
    const { filter: applied } = this.context.store.state;
    if (changed.has("lang") || !this.#dataset) return void this.#choose(applied?.dataset ?? (this.#dataset || FIRST), applied);
    // Another dataset may be chosen here while the filter on the map is still that of the one before.
    if (changed.has("filter") && applied && (applied.dataset !== this.#dataset || applied.cql !== this.#cql)) return void this.#choose(applied.dataset, applied);
    if (changed.has("filter") && !applied && this.#cql) this.#reset();
    if (changed.has("filter", "drawn", "layers", "tool") && !this.element.contains(document.activeElement)) this.#draw();
  }

  #reset(): void {
    this.#tree = empty();
    this.#cql = this.#text.value = "";
    this.#draw();
    void this.#apply();
  }

  async #choose(dataset: string, applied: Filter | null): Promise<void> {
    const other = dataset !== this.#dataset;
    this.#dataset = dataset;
    const { lang } = this.context.store.state;
    const fields = await this.context.ask("fields", "what.fields", () => fieldsOf(dataset, lang), () => void this.#choose(dataset, applied));
    if (!fields || dataset !== this.#dataset) return;
    this.#fields = fields;
    if (other) this.#tree = empty();
    if (applied?.dataset === dataset && applied.cql !== this.#cql) {
      this.#tree = empty();
      this.#cql = this.#text.value = applied.cql;
    } else if (other) this.#cql = this.#text.value = "";
    this.#draw();
    void this.#apply();
  }

  #draw(): void {
    this.#panel.title(t("filter.title"));
    const { layers } = this.context.data;
    const choice = h(
      "select",
      { name: "dataset", "aria-label": t("filter.dataset"), onchange: () => void this.#choose(choice.value, null) },
      ...listed(layers).map(({ dataset, title }) => h("option", { value: dataset, selected: dataset === this.#dataset }, say(title))),
    );
    fill(this.#form, this.#group(this.#tree, null));
    const copied = h("span", { class: "quiet", role: "status" });
    const copy = async (): Promise<void> => {
      await navigator.clipboard?.writeText(this.#text.value);
      copied.textContent = t("filter.copied");
    };
    this.#text.setAttribute("aria-label", t("filter.text"));
    fill(
      this.#panel.body,
      h("label", { class: "field" }, h("span", {}, t("filter.dataset")), choice),
      this.#form,
      h("div", { class: "cql" }, h("span", { class: "quiet" }, t("filter.text")), h("button", { type: "button", class: "link", "data-copy": "cql", onclick: () => void copy() }, t("filter.copy")), copied, this.#text),
      this.#count,
      h(
        "div",
        { class: "tool-chips" },
        h("button", { type: "button", class: "plain", "data-act": "table", onclick: () => this.#list() }, t("filter.table")),
        h("button", { type: "button", class: "plain", "data-act": "clear", onclick: () => this.#clear() }, t("filter.clear")),
      ),
    );
  }

  /** The worst first, where there is a worst. */
  #list(): void {
    const sort = this.#fields.some(({ name }) => name === "tier") ? "-tier" : "";
    this.context.store.set({ table: { dataset: this.#dataset, sort, within: false } });
  }

  #clear(): void {
    this.context.store.set({ filter: null });
    this.#reset();
  }

  /** After a change of the tree: draw it again and print it. */
  #changed(drawn = true): void {
    if (drawn) fill(this.#form, this.#group(this.#tree, null));
    this.#text.value = printed(this.#tree);
    this.#settle();
  }

  #typed(): void {
    this.#tree = empty();
    fill(this.#form, this.#group(this.#tree, null));
    this.#settle();
  }

  readonly #settle = later(() => void this.#apply(), SETTLE_MS);

  /** Count what matches; what the server understands is applied to the map and the table. */
  async #apply(): Promise<void> {
    const [cql, dataset, asked] = [this.#text.value.trim(), this.#dataset, ++this.#asked];
    const { store } = this.context;
    this.#count.textContent = t("filter.counting");
    try {
      const count = await toolsApi.count(dataset, { cql, asOf: store.state.asOf });
      if (asked !== this.#asked) return;
      this.#count.textContent = cql ? t("filter.count", { n: count }) : `${t("filter.empty")} · ${t("filter.count", { n: count })}`;
      this.#count.dataset["count"] = String(count);
      this.#cql = cql;
      const { filter: applied } = store.state;
      if (cql && (applied?.cql !== cql || applied.dataset !== dataset)) store.set({ filter: { dataset, cql } });
      if (!cql && applied?.dataset === dataset) store.set({ filter: null });
    } catch (failure) {
      if (!(failure instanceof ApiFailure)) throw failure;
      if (asked === this.#asked) this.#count.textContent = t("filter.wrong", { why: failure.problem?.detail ?? String(failure.status) });
    }
  }

  #group(group: Group, above: Group | null): HTMLElement {
    const join = h(
      "select",
      { "aria-label": t("filter.join"), onchange: () => {
        group.op = join.value === "or" ? "or" : "and";
        this.#changed(false);
      } },
      h("option", { value: "and", selected: group.op === "and" }, t("filter.all")),
      h("option", { value: "or", selected: group.op === "or" }, t("filter.any")),
    );
    const add = (name: LabelKey, act: () => void): HTMLElement => h("button", { type: "button", class: "plain", "data-add": name, onclick: act }, t(name));
    const put = (part: Condition): void => {
      group.parts.push(part);
      this.#changed();
    };
    return h(
      "div",
      { class: "condition-group" },
      h("div", { class: "line" }, join, above ? this.#remove(above, group) : null),
      ...group.parts.map((part) => (part.kind === "group" ? this.#group(part, group) : part.kind === "rule" ? this.#rule(part, group) : this.#place(part, group))),
      h("div", { class: "tool-chips" }, add("filter.addRule", () => put(this.#blank())), add("filter.addGroup", () => put(empty())), this.#areas().length ? add("filter.addPlace", () => this.#putPlace(put)) : null),
      above || this.#areas().length ? null : h("p", { class: "quiet" }, t("filter.noDrawing")),
    );
  }

  #remove(group: Group, part: Condition): HTMLElement {
    const act = (): void => {
      group.parts = group.parts.filter((each) => each !== part);
      this.#changed();
    };
    return h("button", { type: "button", class: "icon", title: t("filter.remove"), "aria-label": t("filter.remove"), onclick: act }, "×");
  }

  #blank(): Rule {
    const field = this.#fields.find(({ name }) => name === "tier") ?? this.#fields[0];
    const type = field?.type ?? "string";
    return { kind: "rule", property: field?.name ?? "", type, op: type === "integer" ? ">=" : (operatorsOf(type, false)[0] as Operator), value: "" };
  }

  #rule(rule: Rule, group: Group): HTMLElement {
    const field = this.#fields.find(({ name }) => name === rule.property);
    const property = h(
      "select",
      { name: "property", "aria-label": t("filter.property"), onchange: () => {
        const chosen = this.#fields.find(({ name }) => name === property.value);
        Object.assign(rule, { property: property.value, type: chosen?.type ?? "string", value: "", op: operatorsOf(chosen?.type ?? "string", Boolean(chosen?.choices.length))[0] });
        this.#changed();
      } },
      ...this.#fields.map(({ name, title }) => h("option", { value: name, selected: name === rule.property }, title)),
    );
    const operator = h(
      "select",
      { name: "operator", "aria-label": t("filter.operator"), onchange: () => {
        rule.op = operator.value as Operator;
        this.#changed();
      } },
      ...operatorsOf(rule.type, Boolean(field?.choices.length)).map((op) => h("option", { value: op, selected: op === rule.op }, WORDS[op] ? t(WORDS[op]) : op)),
    );
    return h("div", { class: "line condition" }, property, operator, takesValue(rule.op) ? this.#value(rule, field) : null, field?.unit ? h("span", { class: "quiet" }, field.unit) : null, this.#remove(group, rule));
  }

  #value(rule: Rule, field: Field | undefined): HTMLElement {
    const choices = rule.type === "boolean" ? [{ value: "true", title: t("page.yes") }, { value: "false", title: t("page.no") }] : (field?.choices ?? []);
    if (choices.length && rule.op !== "in") {
      const select = h(
        "select",
        { name: "value", "aria-label": t("filter.value"), onchange: () => {
          rule.value = select.value;
          this.#changed(false);
        } },
        h("option", { value: "" }, "—"),
        ...choices.map(({ value, title }) => h("option", { value, selected: value === rule.value }, title)),
      );
      return select;
    }
    const kind = rule.op === "in" ? "text" : rule.type === "integer" || rule.type === "number" ? "number" : rule.type === "date" || rule.type === "datetime" ? "date" : "text";
    const input = h("input", { name: "value", type: kind, step: "any", value: rule.value, "aria-label": t("filter.value"), oninput: () => {
      rule.value = input.value;
      this.#changed(false);
    } });
    return input;
  }

  #areas(): { at: number; rule: PlaceRule["geometry"] }[] {
    return this.context.store.state.drawn.flatMap((drawing, at) => (["polygon", "circle"].includes(kindOf(drawing)) ? [{ at, rule: shapeOf(drawing) }] : []));
  }

  #putPlace(put: (part: Condition) => void): void {
    const last = this.#areas().at(-1);
    if (last) put({ kind: "place", op: "S_INTERSECTS", geometry: last.rule });
  }

  #place(rule: PlaceRule, group: Group): HTMLElement {
    const op = h(
      "select",
      { name: "place-operator", "aria-label": t("filter.operator"), onchange: () => {
        rule.op = op.value as PlaceRule["op"];
        this.#changed(false);
      } },
      h("option", { value: "S_INTERSECTS", selected: rule.op === "S_INTERSECTS" }, t("filter.touches")),
      h("option", { value: "S_WITHIN", selected: rule.op === "S_WITHIN" }, t("filter.within")),
    );
    const areas = this.#areas();
    const drawing = h(
      "select",
      { name: "drawing", "aria-label": t("draw.bufferDrawing"), onchange: () => {
        const chosen = areas.find(({ at }) => String(at) === drawing.value);
        if (chosen) rule.geometry = chosen.rule;
        this.#changed(false);
      } },
      ...areas.map(({ at, rule: shape }) => h("option", { value: at, selected: JSON.stringify(shape) === JSON.stringify(rule.geometry) }, `${t("draw.bufferDrawing")} ${at + 1}`)),
    );
    return h("div", { class: "line condition" }, op, drawing, this.#remove(group, rule));
  }
}

const WORDS: Partial<Record<Operator, LabelKey>> = { like: "op.like", in: "op.in", isNull: "op.isNull", isNotNull: "op.isNotNull" };
