/** Building elements without a framework. */

type Child = Node | string | number | null | undefined | false;
type Attributes = Record<string, string | number | boolean | null | undefined | EventListener>;

/** Make an element: `on…` attributes are listeners, `null` and `false` are left out. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.replace(/^on/, ""), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...present(children));
  return element;
}

/** Put `children` in place of what `parent` holds. */
export function fill(parent: Element, ...children: Child[]): void {
  parent.replaceChildren(...present(children));
}

function present(children: Child[]): (Node | string)[] {
  return children
    .filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (typeof child === "number" ? String(child) : (child as Node | string)));
}

/**
 * Draw a panel again; while its `subject` stays the same, so do what is unfolded, how far it is scrolled
 * and where the keyboard is.
 */
export function redraw(panel: HTMLElement, subject: string, children: Child[]): void {
  const stops = (): HTMLElement[] => [...panel.querySelectorAll<HTMLElement>("button, input, summary, a")];
  const folds = (): HTMLDetailsElement[] => [...panel.querySelectorAll("details")];
  const same = panel.dataset["subject"] === subject;
  const focus = stops().indexOf(document.activeElement as HTMLElement);
  const open = folds().map((fold) => fold.open);
  const { scrollTop } = panel;
  fill(panel, ...children);
  panel.dataset["subject"] = subject;
  panel.scrollTop = same ? scrollTop : 0;
  if (focus >= 0) stops()[focus]?.focus({ preventScroll: true });
  const unfolded = folds();
  if (same && unfolded.length === open.length) unfolded.forEach((fold, at) => (fold.open = open[at] ?? fold.open));
}

/** Parse our own constant SVG text into an element. */
export function svg(text: string): Element {
  const holder = document.createElement("template");
  holder.innerHTML = text.trim();
  return holder.content.firstElementChild as Element;
}

/** Call `action` only after `wait` milliseconds without another call. */
export function later<A extends unknown[]>(action: (...args: A) => void, wait: number): (...args: A) => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (...args: A) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...args), wait);
  };
}

/** After what was changed can be seen: heavy work that waits for this does not hold it up. */
export function painted(): Promise<void> {
  return new Promise((resolve) => {
    const unseen = setTimeout(resolve, 100); // a page in the background paints nothing
    requestAnimationFrame(() => {
      clearTimeout(unseen);
      setTimeout(resolve);
    });
  });
}
