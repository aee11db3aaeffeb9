/** Small marks used in every panel: tier, evidence state, origin. */

import { h, svg } from "../dom";
import { say, stateName, t, tierName, tiers, tierWord } from "../i18n";
import { inkOn } from "../map/colours";
import { DISC, type Shape } from "../map/shapes";
import type { Counts, Origin, State, Tier } from "../types";

/** Drawing of a tier: colour, numeral and shape, so that no one has to tell colours apart. */
export function tierMark(tier: Tier | null | undefined, state: State = "sufficient", shape: Shape = DISC): Element {
  const word = tierWord(tier);
  const silent = state !== "sufficient" && !tier;
  const [x, y, size] = shape.text;
  const mark = svg(`<svg class="mark" viewBox="0 0 24 24" width="18" height="18" role="img">
    <path d="${shape.path}" fill="${silent ? "transparent" : word.colour}" stroke="currentColor" stroke-width="1.4"
      stroke-linejoin="round" ${state === "sufficient" ? "" : 'stroke-dasharray="2.6 2.2"'}/>
    <text x="${x}" y="${y}" font-size="${size + 1}" text-anchor="middle" dominant-baseline="central"
      fill="${silent ? "currentColor" : inkOn(word.colour)}">${silent ? "?" : word.numeral}</text></svg>`);
  mark.setAttribute("aria-label", silent ? stateName(state) : tierName(tier));
  return mark;
}

/** Word of a tier on its colour: 红色 Ⅰ级. */
export function tierBadge(tier: Tier | null | undefined, state: State = "sufficient"): HTMLElement {
  const word = tierWord(tier);
  const silent = state !== "sufficient" && !tier;
  const name = silent ? stateName(state) : tierName(tier);
  const look = silent ? "" : `background:${word.colour};color:${inkOn(word.colour)}`;
  return h("span", { class: silent ? "badge silent hatched" : "badge", style: look, "data-tier": tier ?? "" }, name);
}

/** Word for what is known; nothing to say where evidence is sufficient. */
export function stateBadge(state: State): HTMLElement | null {
  return state === "sufficient" ? null : h("span", { class: `state hatched ${state}` }, stateName(state));
}

export function originTag(origin: Origin): HTMLElement | null {
  return origin === "sample" ? h("span", { class: "tag sample" }, t("page.sample")) : null;
}

/** How many assets each tier has, worst first. */
export function tierCounts(counts: Counts): HTMLElement {
  const cells = [...tiers()].reverse().map((word) => {
    const count = counts[String(word.tier)] ?? 0;
    return h(
      "li",
      { class: count ? "" : "zero", "data-tier": word.tier },
      tierMark(word.tier),
      h("b", {}, count),
      h("span", {}, say(word)),
    );
  });
  return h("ul", { class: "counts", "aria-label": t("region.counts") }, ...cells);
}

/** The same as a bar, for rows. */
export function countBar(counts: Counts): HTMLElement {
  const parts = [...tiers()].reverse().filter(({ tier }) => counts[String(tier)]);
  const words = parts.map((word) => `${say(word)} ${counts[String(word.tier)]}`).join(" · ");
  const bar = h("span", { class: "bar", title: words, role: "img", "aria-label": words });
  for (const { tier, colour } of parts) {
    bar.append(h("i", { style: `flex:${counts[String(tier)]};background:${colour}` }));
  }
  return bar;
}

/** A share between 0 and 1 as a thin meter. */
export function meter(share: number | null | undefined, label: string): HTMLElement {
  const filled = Math.round(Math.max(0, Math.min(1, share ?? 0)) * 100);
  return h(
    "span",
    { class: "meter", role: "meter", "aria-label": label, "aria-valuenow": filled, "aria-valuemin": 0, "aria-valuemax": 100 },
    h("i", { style: `width:${filled}%` }),
  );
}
