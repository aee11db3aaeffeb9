/** The time scrubber in the dock, and the banner that no one takes the past for the present. */

import type { Map as Chart } from "maplibre-gl";
import type { Context, MakePart } from "../../context";
import { fill, h } from "../../dom";
import { moment as clock, t } from "../../i18n";
import type { Moment } from "../../types";
import { along, type Axis, axisOf, before, chosenAs, placeOf, shown, timeOf } from "./moments";
import { Player, SPEEDS } from "./play";
import { fetchAhead } from "./prefetch";
import { Track } from "./track";
import "./time.css";

const STEP = "minegis:step";
const PICTURE = "minegis:picture";
const AXES = {
  valid: { word: "time.valid", hint: "time.validHint" },
  known: { word: "time.known", hint: "time.knownHint" },
} as const;

/** The scrubber: absent while there is only one moment, and nothing of the past is shown. */
export const time: MakePart = (context) => {
  const { store, data, page } = context;
  const element = h("div", { class: "time", role: "group" });
  const banner = h("p", { class: "past-banner", role: "status" });
  page.slots.stage.append(banner);
  /** The moments before the newest: that one is now. */
  const row = (): Moment[] => along(data.moments, axisOf(store.state)).slice(0, -1);
  const current = (): Moment | null => (store.state.asOf ? shown(data.moments, store.state) : null);
  const choose = (chosen: Moment | null, axis: Axis = axisOf(store.state)): void => {
    performance.mark(STEP);
    waiting = true;
    store.set(chosenAs(chosen, axis));
  };
  let waiting = false;
  /** Note how long it took from the choice to the picture of it: `performance.getEntriesByName`. */
  const pictured = (chart: Chart): void => {
    waiting = false;
    const look = (): void => {
      if (!chart.loaded()) return;
      chart.off("render", look);
      performance.measure(PICTURE, STEP);
    };
    chart.on("render", look);
    chart.triggerRepaint();
  };
  const step = (by: number): boolean => {
    const moments = row();
    const chosen = current();
    const at = placeOf(moments, chosen);
    const next = moments[at + by];
    // Forward from the newest of the past is the present again.
    if (!next && (by < 0 || at === moments.length)) return false;
    choose(next ?? null);
    return next !== undefined;
  };
  const track = new Track((chosen) => choose(chosen));
  const controls = h("div", { class: "buttons" });
  const choices = h("div", { class: "switches" });
  element.append(controls, track.element, choices);
  const player = new Player({
    next: () => (current() ? step(1) : (choose(row()[0] ?? null), data.moments.length > 1)),
    settled: () => context.map()?.chart.areTilesLoaded() ?? true,
    changed: () => draw(),
  });
  element.addEventListener("keydown", (event) => {
    if (event.key === " " && !(event.target instanceof HTMLButtonElement)) {
      event.preventDefault();
      player.toggle();
    }
  });
  const draw = (): void => {
    const { state } = store;
    element.hidden = data.moments.length < 2 && !state.asOf;
    document.documentElement.toggleAttribute("data-past", state.asOf !== null);
    fill(banner, ...(state.asOf ? notice(context, current(), () => choose(null)) : []));
    banner.hidden = state.asOf === null;
    if (element.hidden) return;
    element.setAttribute("aria-label", t("time.title"));
    const focused = element.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset["name"] : undefined;
    track.show(row(), current(), axisOf(state), data.moments.at(-1));
    fill(controls, ...buttons(player, step, draw));
    fill(choices, ...switches(context, current(), choose));
    if (focused) element.querySelector<HTMLElement>(`[data-name="${focused}"]`)?.focus();
  };
  const ahead = fetchAhead(context, () => {
    const moments = row();
    const chosen = current();
    const at = placeOf(moments, chosen);
    return [moments[at - 1], moments[at + 1], moments[at - 2], moments[at + 2]].filter((each) => each !== undefined);
  });
  return {
    element,
    update: (changed) => {
      if (changed.has("moments", "moment", "asOf", "lang", "theme", "compare", "present")) draw();
      const chart = context.map()?.chart;
      if (waiting && chart && changed.has("layers")) pictured(chart);
      if (changed.has("map", "moments", "asOf", "view", "layers", "terrain")) ahead();
    },
    hide: () => player.stop(),
  };
};

function button(name: string, text: string, label: string, onclick: () => void, more: Record<string, string> = {}): HTMLElement {
  return h("button", { type: "button", "data-name": name, title: label, "aria-label": label, onclick, ...more }, text);
}

function buttons(player: Player, step: (by: number) => boolean, draw: () => void): HTMLElement[] {
  const { playing, speed } = player;
  const next = SPEEDS[(SPEEDS.indexOf(speed as 1) + 1) % SPEEDS.length] ?? 1;
  const faster = (): void => {
    player.speed = next;
    draw();
  };
  return [
    button("earlier", "◀", t("time.earlier"), () => void step(-1)),
    button("play", playing ? "❚❚" : "▶", t(playing ? "time.pause" : "time.play"), () => player.toggle(), { class: "play" }),
    button("later", "▶|", t("time.later"), () => void step(1)),
    button("speed", `${speed}×`, `${t("time.speed")} ${speed}×`, faster),
  ];
}

function switches({ store, data }: Context, chosen: Moment | null, choose: (moment: Moment | null, axis: Axis) => void): HTMLElement[] {
  const { state } = store;
  const axis = axisOf(state);
  const one = (name: Axis): HTMLElement =>
    button(name, t(AXES[name].word), t(AXES[name].hint), () => choose(chosen, name), { "aria-pressed": name === axis ? "true" : "false" });
  const newest = along(data.moments, "valid").at(-1);
  // The past beside now, and now beside the day before.
  const other = (!state.asOf && newest && before(data.moments, newest, 24)?.known_at) || "";
  const compare = (): void => store.set({ compare: state.compare ? null : { mode: "swipe", with: other, at: 0.5 } });
  const hint = t(state.compare ? "compare.off" : "compare.title");
  return [
    ...(chosen ? [one("valid"), one("known")] : []),
    button("compare", t("compare.title"), hint, compare, { "aria-pressed": state.compare ? "true" : "false" }),
  ];
}

/** What time is shown, what is warned of now, and the way back. */
function notice({ store, data }: Context, chosen: Moment | null, back: () => void): (HTMLElement | string | null)[] {
  const { asOf } = store.state;
  const when = chosen
    ? t("time.pastValid", { valid: clock(chosen.valid_at), known: clock(chosen.known_at) })
    : data.moments.length ? t("time.nothing", { at: clock(asOf) }) : clock(asOf);
  const axis = t(AXES[axisOf(store.state)].word);
  const active = data.present ?? [];
  const reds = active.filter(({ tier }) => tier === 4).length;
  const present = active.length ? h("span", { class: "present" }, t("time.present", { n: active.length, reds })) : null;
  return [
    h("strong", {}, t("time.past")),
    h("b", { class: "when" }, chosen ? clock(timeOf(chosen, axisOf(store.state))) : clock(asOf)),
    h("span", {}, axis),
    h("span", { class: "details" }, when),
    present,
    h("button", { type: "button", "data-name": "now", onclick: back }, t("time.backToNow")),
  ];
}
