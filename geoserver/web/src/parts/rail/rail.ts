/** The warnings rail: worst first, answered from the keyboard, fluid with any number of warnings. */

import type { ActKind } from "../../api/rail";
import type { Changed, Context, MakePart } from "../../context";
import { fill, h, svg } from "../../dom";
import { t } from "../../i18n";
import { acted } from "../../live";
import type { Desk, Warning } from "../../types";
import { Answer } from "./answer";
import { Filters } from "./filters";
import { commandOf, Help, isTyping } from "./keys";
import { VirtualList } from "./list";
import { officer } from "./officer";
import { listed, unseen, waits } from "./order";
import { row, ROW_HEIGHT, tickRow } from "./row";
import { type Watch, watchOf } from "./watch";
import { actWord, headlineOf, isExercise } from "./words";

const TICK_MS = 1_000;
const SPEAKER = '<path d="M3 9v6h4l5 4V5L7 9z" fill="currentColor"/>';
const icon = (more: string): string =>
  `<svg viewBox="0 0 24 24" width="18" height="18" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round">${SPEAKER}${more}</svg>`;
const LOUD = icon('<path d="M15.5 9a4 4 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11"/>');
const SILENT = icon('<path d="M16 9.5l5 5M21 9.5l-5 5"/>');

/** The list of active warnings. */
export const rail: MakePart = (context) => new Rail(context, watchOf(context));

class Rail {
  readonly #head = h("div", { class: "panel-head" });
  readonly #notes = h("div", { class: "notes" });
  readonly #empty = h("p", { class: "quiet pad" });
  readonly #done = h("p", { class: "unseen", role: "status" });
  readonly #help = new Help();
  readonly #answer: Answer;
  readonly #filters: Filters;
  readonly #list: VirtualList<Warning>;
  readonly element: HTMLElement;
  #ticking: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly context: Context,
    private readonly watch: Watch,
  ) {
    const { store, actions, page } = context;
    this.#answer = new Answer({ done: (warning, kind, desk) => this.#taken(warning, kind, desk), now: watch.now });
    this.#filters = new Filters(store, actions);
    this.#list = new VirtualList<Warning>({
      height: ROW_HEIGHT,
      key: ({ id }) => String(id),
      draw: (warning) =>
        row(warning, {
          open: (chosen) => this.#open(chosen),
          answer: (chosen) => this.#answer.open(chosen, "acknowledge"),
          shape: actions.shape,
          blinks: watch.blinks,
          now: watch.now,
        }),
      tick: (element, warning) => tickRow(element, warning, watch.now()),
    });
    this.element = h("div", { class: "part rail" }, this.#head, this.#notes, this.#filters.element, this.#empty, this.#list.element, this.#done);
    page.slots.dialogs.append(this.#answer.element, this.#help.element);
    this.element.addEventListener("keydown", (event) => this.#key(event));
    watch.focus = () => this.#list.focus();
    watch.watch(() => {
      this.#drawHead();
      this.#list.again();
    });
  }

  update(changed: Changed): void {
    this.#ticking ??= setInterval(() => this.#list.tick(), TICK_MS);
    if (!changed.has("warnings", "hidden", "rail", "lang", "site", "layers", "connection", "asOf")) return;
    if (changed.has("lang", "layers")) this.#list.again();
    this.#draw();
  }

  hide(): void {
    clearInterval(this.#ticking);
    this.#ticking = undefined;
  }

  #draw(): void {
    const { store, data } = this.context;
    const warnings = data.warnings ?? [];
    const shown = listed(warnings, store.state.hidden, store.state.rail, officer());
    this.#drawHead();
    this.#drawNotes(warnings, shown);
    this.#filters.draw(warnings);
    this.#empty.hidden = shown.length > 0;
    this.#empty.textContent = data.warnings === null ? t("page.loading") : warnings.length ? t("warning.allHidden") : t("warning.empty");
    this.#list.label(t("warning.title"));
    this.#list.show(shown);
    this.#answer.follow(warnings);
  }

  #drawHead(): void {
    const { data } = this.context;
    const warnings = data.warnings ?? [];
    const waiting = warnings.filter(waits).length;
    const { state } = data.connection;
    const live = state === "lost" ? null : h("span", { class: `live ${state}` }, t(state === "open" ? "live.open" : "live.starting"));
    const { muted, audible } = this.watch;
    const word = t(muted ? "rail.soundOff" : audible ? "rail.soundOn" : "rail.soundAsleep");
    const sound = h(
      "button",
      { type: "button", class: `icon sound${muted ? " off" : audible ? "" : " asleep"}`, "aria-pressed": muted ? "false" : "true", "aria-label": t("rail.sound"), title: word, onclick: () => this.watch.toggle() },
      svg(muted ? SILENT : LOUD),
    );
    const help = h("button", { type: "button", class: "icon", "aria-label": t("rail.help"), title: `${t("rail.help")} (?)`, onclick: () => this.#help.open() }, "?");
    const feed = h("a", { class: "quiet", href: "/cap/feed.atom", target: "_blank", rel: "noopener", title: t("warning.feed") }, "CAP");
    fill(
      this.#head,
      h("h2", {}, t("warning.title")),
      h("span", { class: "figure quiet" }, data.warnings ? warnings.length : ""),
      waiting ? h("span", { class: "waiting" }, t("rail.waiting", { n: waiting })) : null,
      live,
      feed,
      sound,
      help,
    );
  }

  #drawNotes(warnings: readonly Warning[], shown: readonly Warning[]): void {
    const exercises = warnings.filter(isExercise).length;
    const band = exercises === 0 ? null : exercises === warnings.length ? t("rail.exerciseBand") : t("rail.exerciseSome", { n: exercises });
    const hiddenReds = unseen(warnings, shown);
    fill(
      this.#notes,
      band ? h("p", { class: "exercise-band" }, h("span", {}, band)) : null,
      this.context.store.state.asOf ? h("p", { class: "note" }, t("rail.past")) : null,
      hiddenReds
        ? h("p", { class: "note" }, t("rail.unseen", { n: hiddenReds }), h("button", { type: "button", class: "link", onclick: () => this.#filters.clear() }, t("rail.showAll")))
        : null,
    );
  }

  #key(event: KeyboardEvent): void {
    const command = commandOf(event, isTyping(event.target));
    if (!command) {
      if (event.key === "Escape" && event.target === this.#filters.find) this.#list.focus();
      return;
    }
    event.preventDefault();
    const { current } = this.#list;
    if ("move" in command) this.#list.move(command.move);
    else if ("act" in command) this.#act(current, command.act);
    else if (command.do === "help") this.#help.open();
    else if (command.do === "mute") this.watch.toggle();
    else if (command.do === "find") this.#filters.find.focus();
    else if (command.do === "open" && current) this.#open(current);
    else this.#act(current, "comment");
  }

  #act(warning: Warning | null, kind: ActKind): void {
    if (warning) this.#answer.open(warning, kind);
    else this.#list.focus();
  }

  #open({ dataset, asset_id, lon, lat }: Warning): void {
    this.context.actions.openAsset(dataset, asset_id, [lon, lat]);
  }

  /** Show at once what was done here; the stream says the same to everybody. */
  #taken(warning: Warning, kind: ActKind, desk: Desk): void {
    const { data, store } = this.context;
    const at = this.#list.place;
    const name = store.state.asOf ? "present" : "warnings";
    data.put(name, acted(data[name] ?? [], warning.id, desk));
    this.#done.textContent = t("act.done", { act: actWord(kind), name: headlineOf(warning) });
    // What was answered sinks; the keyboard stays, on what is to be answered next.
    setTimeout(() => at >= 0 && this.#list.goTo(at));
  }
}
