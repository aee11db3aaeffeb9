/** The slider with a place for each moment, coloured by the worst tier then, and one for now at its end. */

import { h } from "../../dom";
import { moment as clock, t, tierName, tierWord } from "../../i18n";
import { tierMark } from "../../panel/marks";
import type { Moment } from "../../types";
import { type Axis, placeOf, timeOf, worst } from "./moments";

/** More marks than this would cover one another: they become bars. */
const MARKS = 40;
const WORDS = 8;

export class Track {
  readonly #list = h("ol", { "aria-hidden": "true" });
  readonly #slider = h("input", { type: "range", "data-name": "track", min: 0, step: 1, oninput: () => this.#pick(this.#slider.valueAsNumber) });
  readonly element = h("div", { class: "track" }, this.#list, this.#slider);
  #moments: Moment[] = [];
  #drawn = "";

  constructor(private readonly choose: (moment: Moment | null) => void) {}

  #pick(place: number): void {
    this.choose(this.#moments[place] ?? null);
  }

  /** Show `moments` along an axis with one of them chosen, or now, which `newest` stands for. */
  show(moments: Moment[], chosen: Moment | null, axis: Axis, newest: Moment | undefined): void {
    this.#moments = moments;
    const now = t("time.now");
    const drawn = JSON.stringify([axis, now, newest?.run, moments.map(({ run, cells }) => [run, cells])]);
    if (drawn !== this.#drawn) {
      const last = h("li", { class: "now", onclick: () => this.choose(null) }, newest ? tierMark(worst(newest)) : null, h("span", {}, now));
      last.style.setProperty("left", "100%");
      this.#list.replaceChildren(...moments.map((each, place) => this.#tick(each, place, axis)), last);
      this.#drawn = drawn;
    }
    const at = placeOf(moments, chosen);
    [...this.#list.children].forEach((tick, place) => tick.classList.toggle("chosen", place === at));
    this.#slider.max = String(moments.length);
    this.#slider.valueAsNumber = at;
    this.#slider.setAttribute("aria-label", t("time.track"));
    this.#slider.setAttribute("aria-valuetext", chosen ? told(chosen, axis) : now);
  }

  #tick(each: Moment, place: number, axis: Axis): HTMLElement {
    const tier = worst(each);
    const many = this.#moments.length > MARKS;
    const mark = many ? h("i", { style: `background:${tierWord(tier).colour}` }) : tierMark(tier);
    const words = this.#words(place, axis);
    const tick = h("li", { title: told(each, axis), onclick: () => this.#pick(place) }, mark, words ? h("span", {}, words) : null);
    tick.classList.toggle("empty", !each.cells);
    tick.style.setProperty("left", `${(100 * place) / this.#moments.length}%`);
    return tick;
  }

  /** Time of day, with the date where it is another; few enough that none covers its neighbour. */
  #words(place: number, axis: Axis): string {
    const every = Math.ceil(this.#moments.length / WORDS);
    const [each, before] = [this.#moments[place], this.#moments[place - every]];
    if (place % every || !each) return "";
    const [day = "", hour = ""] = clock(timeOf(each, axis)).split(" ");
    return before && clock(timeOf(before, axis)).startsWith(day) ? hour : `${day.slice(5)} ${hour}`;
  }
}

function told(each: Moment, axis: Axis): string {
  const shown = t("time.worst", { tier: tierName(worst(each)), n: each.warnings });
  return [clock(timeOf(each, axis)), shown, each.cells ? "" : t("time.noCells")].filter(Boolean).join(" · ");
}
