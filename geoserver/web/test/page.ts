/** As much of a document as the page's own elements need: tests run without a browser. */

import { vi } from "vitest";

type Listener = (event: Record<string, unknown>) => void;

export class FakeElement {
  parent: FakeElement | null = null;
  children: (FakeElement | string)[] = [];
  readonly attributes = new Map<string, string>();
  readonly dataset: Record<string, string> = {};
  readonly style = { setProperty: (): void => {}, transform: "", height: "" };
  readonly #listeners = new Map<string, Listener[]>();
  hidden = false;
  open = false;
  disabled = false;
  value = "";
  scrollTop = 0;
  /** Of a template: what its text would become. */
  innerHTML = "";

  constructor(readonly tag: string) {}

  get content(): { firstElementChild: FakeElement } {
    return { firstElementChild: new FakeElement("svg") };
  }
  get classList(): { toggle: (name: string, on: boolean) => void } {
    return {
      toggle: (name, on) => {
        const others = (this.getAttribute("class") ?? "").split(" ").filter((each) => each && each !== name);
        this.setAttribute("class", [...others, ...(on ? [name] : [])].join(" "));
      },
    };
  }
  get textContent(): string {
    return this.children.map((child) => (typeof child === "string" ? child : child.textContent)).join("");
  }
  set textContent(text: string) {
    this.children = [text];
  }
  get isConnected(): boolean {
    return true;
  }
  setAttribute(name: string, text: string): void {
    this.attributes.set(name, text);
    if (name === "value") this.value = text;
    if (name === "hidden") this.hidden = true;
    if (name.startsWith("data-")) this.dataset[name.slice(5)] = text;
  }
  getAttribute(name: string): string | null {
    return this.attributes.get(name) ?? null;
  }
  append(...children: (FakeElement | string)[]): void {
    for (const child of children) if (typeof child !== "string") child.parent = this;
    this.children.push(...children);
  }
  replaceChildren(...children: (FakeElement | string)[]): void {
    this.children = [];
    this.append(...children);
  }
  replaceWith(other: FakeElement): void {
    const { parent } = this;
    if (parent) parent.children = parent.children.map((child) => (child === this ? other : child));
    other.parent = parent;
  }
  addEventListener(name: string, listener: Listener): void {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener]);
  }
  say(name: string): void {
    for (const listener of this.#listeners.get(name) ?? []) listener({ target: this, preventDefault: () => {} });
  }
  /** By tag, `.class` or `[name=value]`. */
  querySelectorAll(selector: string): FakeElement[] {
    const below = this.children.filter((child) => typeof child !== "string");
    return below.flatMap((child) => [...(child.is(selector) ? [child] : []), ...child.querySelectorAll(selector)]);
  }
  querySelector(selector: string): FakeElement | null {
    return this.querySelectorAll(selector)[0] ?? null;
  }
  is(selector: string): boolean {
    const [, name, value] = /^\[([\w-]+)(?:=(.+))?\]$/.exec(selector) ?? [];
    if (name) return value === undefined ? this.attributes.has(name) : this.getAttribute(name) === value;
    if (selector.startsWith(".")) return (this.getAttribute("class") ?? "").split(" ").includes(selector.slice(1));
    return this.tag === selector;
  }
  showModal(): void {
    this.open = true;
  }
  close(): void {
    this.open = false;
  }
  focus(): void {}
  contains(): boolean {
    return false;
  }
}

/** Let the page make its elements; `vi.unstubAllGlobals()` ends it. */
export function fakePage(): void {
  vi.stubGlobal("document", {
    createElement: (tag: string) => new FakeElement(tag),
    documentElement: new FakeElement("html"),
    querySelector: () => null,
    activeElement: null,
  });
}

/** What the page made, as a test looks at it. */
export const seen = (element: unknown): FakeElement => element as FakeElement;
