/** What lies under the pointer, in two lines; where the pointer rests, a third one says why. */

import { fill, h } from "../dom";
import { levelName, say, stateName, t, tierName, value } from "../i18n";
import type { Picked, Thing } from "../map/pick";
import { tierMark } from "./marks";

const OFFSET = 14;
const REST_MS = 250;

export class Tooltip {
  readonly element = h("div", { class: "tooltip", hidden: true, "aria-hidden": "true" });
  #shown = "";
  #resting: ReturnType<typeof setTimeout> | undefined;

  /** `why` says why a thing has the colour that is shown. */
  constructor(private readonly why: (thing: Thing) => Promise<string>) {}

  /** Show it beside `point`, in pixels of the window. */
  show(picked: Picked | null, point: { x: number; y: number }): void {
    const thing = picked?.top ?? null;
    this.element.hidden = thing === null;
    const key = thing ? `${thing.dataset}/${thing.id}/${thing.tier}/${thing.state}` : "";
    if (key !== this.#shown) this.#turn(thing, key, picked?.region && picked.region !== thing ? picked.region.name : "", point);
    if (thing) this.#place(point);
  }

  /** Draw another thing, and ask why it has its colour once the pointer has rested on it. */
  #turn(thing: Thing | null, key: string, region: string, point: { x: number; y: number }): void {
    clearTimeout(this.#resting);
    this.#shown = key;
    if (!thing) return;
    const reason = h("div", { class: "reason" });
    fill(this.element, headline(thing), h("div", { class: "quiet" }, ...details(thing, region)), reason);
    this.#resting = setTimeout(() => {
      void this.why(thing).then((words) => {
        if (this.#shown !== key) return;
        reason.textContent = words;
        this.#place(point);
      });
    }, REST_MS);
  }

  #place(point: { x: number; y: number }): void {
    const { offsetWidth: width, offsetHeight: height } = this.element;
    const left = point.x + OFFSET + width > innerWidth ? point.x - OFFSET - width : point.x + OFFSET;
    const top = point.y + OFFSET + height > innerHeight ? point.y - OFFSET - height : point.y + OFFSET;
    this.element.style.transform = `translate(${Math.max(4, left)}px, ${Math.max(4, top)}px)`;
  }
}

function headline(thing: Thing): HTMLElement {
  const rated = thing.tier !== null;
  return h(
    "div",
    { class: "headline" },
    rated ? tierMark(thing.tier, thing.state ?? "sufficient") : null,
    h("b", {}, thing.name || say(thing.layer.title)),
    rated ? h("span", {}, word(thing)) : null,
  );
}

/** The tier, unless nothing is known that would allow to say "normal". */
function word(thing: Thing): string {
  const silent = thing.state !== null && thing.state !== "sufficient";
  if (silent && !thing.tier) return stateName(thing.state as NonNullable<Thing["state"]>);
  return tierName(thing.tier);
}

function details(thing: Thing, region: string): string[] {
  const parts: string[] = [];
  if (thing.kind === "region" && thing.level) parts.push(levelName(thing.level));
  else if (thing.name) parts.push(say(thing.layer.title));
  if (thing.state) parts.push(stateName(thing.state));
  if (thing.score !== null) parts.push(`${t("card.score")} ${value(thing.score)}`);
  if (region) parts.push(region);
  if (thing.kind === "region") parts.push(t("region.open"));
  return [parts.join(" · ")];
}
