/** A list of equally high rows of which only those in sight are made, however many there are. */

import { h } from "../../dom";

const SPARE = 4; // rows made above and below what is in sight

export interface Rows<T> {
  height: number;
  key: (item: T) => string;
  /** Make the row of an item. */
  draw: (item: T) => HTMLElement;
  /** Write what changes by itself (a countdown) into a row that is there. */
  tick: (row: HTMLElement, item: T) => void;
}

export class VirtualList<T> {
  readonly #list = h("ol", { class: "warnings" });
  readonly element = h("div", { class: "body alarms" }, this.#list);
  #items: readonly T[] = [];
  #made = new Map<string, { item: T; at: number; row: HTMLElement }>();
  #current: string | null = null;

  constructor(private readonly rows: Rows<T>) {
    this.element.addEventListener("scroll", () => this.#draw(), { passive: true });
    new ResizeObserver(() => this.#draw()).observe(this.element);
    this.element.addEventListener("focusin", (event) => {
      const key = (event.target as HTMLElement).closest<HTMLElement>("[data-key]")?.dataset["key"];
      if (key !== undefined && key !== this.#current) this.#choose(key);
    });
  }

  get current(): T | null {
    return this.#items.find((item) => this.rows.key(item) === this.#current) ?? null;
  }

  /** Show other items; what is in sight stays where it is, unless that is the top. */
  show(items: readonly T[]): void {
    const { scrollTop } = this.element;
    const first = Math.floor(scrollTop / this.rows.height);
    const anchor = scrollTop > 0 ? this.#items[first] : undefined;
    const held = anchor === undefined ? -1 : items.findIndex((item) => this.rows.key(item) === this.rows.key(anchor));
    this.#items = items;
    if (this.#current !== null && this.current === null) this.#choose(null);
    this.#list.style.height = `${items.length * this.rows.height}px`;
    if (held >= 0 && held !== first) this.element.scrollTop = scrollTop + (held - first) * this.rows.height;
    this.#draw();
  }

  label(text: string): void {
    this.#list.setAttribute("aria-label", text);
  }

  /** Make every row anew, the keyboard stays where it is: the language changed, or what may be heard. */
  again(): void {
    this.#made.clear();
    this.#draw();
  }

  tick(): void {
    for (const { row, item } of this.#made.values()) this.rows.tick(row, item);
  }

  /** Move by so many rows from the current one, or to the first where there is none; and put the keyboard there. */
  move(by: number): void {
    if (!this.#items.length) return;
    const at = this.place;
    this.#goTo(at < 0 ? 0 : Math.min(Math.max(at + by, 0), this.#items.length - 1));
  }

  /** Where the current row stands, -1 for none. */
  get place(): number {
    return this.#items.findIndex((item) => this.rows.key(item) === this.#current);
  }

  /** Put the keyboard on the row at a place, or on the last. */
  goTo(at: number): void {
    this.#goTo(Math.min(at, this.#items.length - 1));
  }

  /** Put the keyboard on the current row, or on the first. */
  focus(): void {
    this.move(0);
  }

  #goTo(at: number): void {
    const item = this.#items[at];
    if (item === undefined) return;
    const { height } = this.rows;
    const { scrollTop, clientHeight } = this.element;
    if (at * height < scrollTop) this.element.scrollTop = at * height;
    else if ((at + 1) * height > scrollTop + clientHeight) this.element.scrollTop = (at + 1) * height - clientHeight;
    this.#choose(this.rows.key(item));
    this.#draw();
    this.#made.get(this.rows.key(item))?.row.querySelector<HTMLElement>("button")?.focus({ preventScroll: true });
  }

  #choose(key: string | null): void {
    this.#made.get(this.#current ?? "")?.row.removeAttribute("aria-current");
    this.#current = key;
    this.#made.get(key ?? "")?.row.setAttribute("aria-current", "true");
    this.#stop();
  }

  /** Tab stops at one row, the current or the first in sight: hundreds of stops would bar the way to what follows. */
  #stop(): void {
    const stop = this.#made.has(this.#current ?? "") ? this.#current : this.#made.keys().next().value;
    for (const [key, { row }] of this.#made) for (const button of buttonsOf(row)) button.tabIndex = key === stop ? 0 : -1;
  }

  /** The places to be made: those in sight with a few around, and the current one, which may hold the keyboard. */
  #places(): number[] {
    const { scrollTop, clientHeight } = this.element;
    const from = Math.max(0, Math.floor(scrollTop / this.rows.height) - SPARE);
    const to = Math.min(this.#items.length, Math.ceil((scrollTop + clientHeight) / this.rows.height) + SPARE);
    const places = Array.from({ length: Math.max(0, to - from) }, (_, at) => from + at);
    const current = this.place;
    if (current >= 0 && current < from) places.unshift(current);
    else if (current >= to) places.push(current);
    return places;
  }

  #draw(): void {
    const focused = (document.activeElement as HTMLElement | null)?.closest<HTMLElement>("[data-key]");
    const kept = focused && this.#list.contains(focused) ? focused.dataset["key"] : undefined;
    const stop = kept === undefined ? -1 : buttonsOf(focused as HTMLElement).indexOf(document.activeElement as HTMLElement);
    const made = new Map<string, { item: T; at: number; row: HTMLElement }>();
    for (const at of this.#places()) {
      const item = this.#items[at] as T;
      const key = this.rows.key(item);
      const before = this.#made.get(key);
      const row = before?.item === item ? before.row : this.#make(item, key);
      if (before?.at !== at || before.row !== row) this.#put(row, at);
      row.setAttribute("aria-setsize", String(this.#items.length));
      made.set(key, { item, at, row });
    }
    this.#made = made;
    this.#stop();
    const rows = [...made.values()].map(({ row }) => row);
    const same = rows.length === this.#list.children.length && rows.every((row, at) => row === this.#list.children[at]);
    if (!same) this.#list.replaceChildren(...rows);
    if (kept !== undefined && !this.#list.contains(document.activeElement)) {
      const row = made.get(kept)?.row;
      if (row) (buttonsOf(row)[stop] ?? buttonsOf(row)[0])?.focus({ preventScroll: true });
    }
  }

  #make(item: T, key: string): HTMLElement {
    const row = this.rows.draw(item);
    row.dataset["key"] = key;
    if (key === this.#current) row.setAttribute("aria-current", "true");
    this.rows.tick(row, item);
    return row;
  }

  #put(row: HTMLElement, at: number): void {
    row.style.transform = `translateY(${at * this.rows.height}px)`;
    row.setAttribute("aria-posinset", String(at + 1));
  }
}

const buttonsOf = (row: HTMLElement): HTMLElement[] => [...row.querySelectorAll<HTMLElement>("button")];
