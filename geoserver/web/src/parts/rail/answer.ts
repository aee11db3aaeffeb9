/** The dialog of the duty desk: what is done about a warning, by whom, and what was done before. */

import { ApiFailure } from "../../api";
import { act, type ActKind, type History, history, type Wanted } from "../../api/rail";
import { fill, h } from "../../dom";
import { moment, t } from "../../i18n";
import type { LabelKey } from "../../labels";
import { tierBadge, tierMark } from "../../panel/marks";
import type { Desk, Warning } from "../../types";
import { officer, rememberOfficer } from "./officer";
import { actWord, deadlineSentence, headlineOf, isExercise, levelWord, messageWord, stateWord } from "./words";

const KINDS: readonly ActKind[] = ["acknowledge", "assign", "comment", "escalate", "close"];
const REASONS: readonly LabelKey[] = ["act.reasonFalse", "act.reasonDevice", "act.reasonHandled", "act.reasonExercise"];

export interface AnswerActions {
  /** The act was taken: so the warning stands now. */
  done: (warning: Warning, kind: ActKind, desk: Desk) => void;
  now: () => number;
}

/** Whether this can be done in the state that the warning is in. */
export function allowed(kind: ActKind, { state, next_level }: Desk): boolean {
  if (kind === "assign" || kind === "comment") return true;
  return kind === "escalate" ? next_level !== null : state !== "closed";
}

export class Answer {
  readonly element = h("dialog", { class: "answer", "aria-labelledby": "answer-title" });
  #warning: Warning | null = null;
  #kind: ActKind = "acknowledge";
  #back: HTMLElement | null = null;
  /** The same content sent again is the same act. */
  #sent = { content: "", key: "" };

  constructor(private readonly actions: AnswerActions) {
    this.element.addEventListener("close", () => {
      this.#warning = null;
      if (this.#back?.isConnected) this.#back.focus();
    });
  }

  open(warning: Warning, kind: ActKind): void {
    this.#back = document.activeElement as HTMLElement | null;
    this.#warning = warning;
    this.#kind = KINDS.includes(kind) && allowed(kind, warning.desk) ? kind : "comment";
    this.#draw();
    if (!this.element.open) this.element.showModal();
    this.#focus();
    void this.#readHistory(warning);
  }

  /** The warning changed while the dialog is open. */
  follow(warnings: readonly Warning[]): void {
    const now = warnings.find(({ id }) => id === this.#warning?.id);
    if (!now || now === this.#warning || !this.element.open) return;
    const changed = now.desk.changed_at !== this.#warning?.desk.changed_at;
    this.#renew(now);
    if (changed) void this.#readHistory(now);
  }

  /** Go on with the warning as it is now; nobody answers a message that was not shown. */
  #renew(now: Warning): void {
    const shown = this.#warning;
    if (!shown || now.desk.changed_at < shown.desk.changed_at) return;
    this.#warning = now;
    if (now.identifier === shown.identifier) return;
    this.element.querySelector("header")?.replaceWith(this.#head(now));
    this.#refuse(t("act.newer"));
  }

  #focus(): void {
    const empty = [...this.element.querySelectorAll<HTMLInputElement>("input:not([type=radio])[required], textarea[required]")].find(({ value }) => !value);
    (empty ?? this.element.querySelector<HTMLElement>("button[type=submit]"))?.focus();
  }

  #draw(): void {
    const warning = this.#warning;
    if (!warning) return;
    const form = h("form", { method: "dialog", class: "fields" });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#send(form);
    });
    fill(form, this.#kinds(warning), ...this.#fields(warning), h("p", { class: "refusal", role: "alert" }), this.#buttons());
    fill(this.element, this.#head(warning), form, h("section", { class: "history", "aria-label": t("history.title") }));
  }

  #head(warning: Warning): HTMLElement {
    const late = deadlineSentence(warning, this.actions.now());
    return h(
      "header",
      {},
      h("p", { class: "marks" }, tierBadge(warning.tier), isExercise(warning) ? h("span", { class: "tag exercise" }, t("rail.exercise")) : null, h("span", { class: "quiet" }, stateWord(warning.desk.state))),
      h("h2", { id: "answer-title" }, `${t("act.title")} · ${headlineOf(warning)}`),
      late ? h("p", { class: "quiet" }, late) : null,
    );
  }

  #kinds(warning: Warning): HTMLElement {
    const choices = KINDS.map((kind) =>
      h(
        "label",
        {},
        h("input", {
          type: "radio",
          name: "kind",
          value: kind,
          checked: kind === this.#kind,
          disabled: !allowed(kind, warning.desk),
          onchange: () => this.#become(kind),
        }),
        h("span", {}, actWord(kind)),
      ),
    );
    return h("fieldset", { class: "segments" }, h("legend", { class: "unseen" }, t("act.title")), ...choices);
  }

  #become(kind: ActKind): void {
    const kept = this.element.querySelector<HTMLInputElement>("[name=who]")?.value;
    this.#kind = kind;
    const known = this.element.querySelector(".history");
    this.#draw();
    if (known) this.element.querySelector(".history")?.replaceWith(known);
    const who = this.element.querySelector<HTMLInputElement>("[name=who]");
    if (who && kept !== undefined) who.value = kept;
    this.element.querySelector<HTMLElement>(`[value=${kind}]`)?.focus();
  }

  #fields(warning: Warning): (HTMLElement | null)[] {
    const { desk } = warning;
    const name = h("input", { name: "who", required: true, maxlength: 80, autocomplete: "name", value: officer() });
    const text = (required: boolean): HTMLElement =>
      field(required ? t("act.text") : t("act.text") + t("act.optional"), h("textarea", { name: "text", rows: 2, maxlength: 2000, required }));
    const own: Record<ActKind, () => (HTMLElement | null)[]> = {
      acknowledge: () => [text(false)],
      assign: () => [field(t("act.to"), h("input", { name: "to", required: true, maxlength: 80 })), text(false)],
      comment: () => [desk.state === "closed" ? h("p", { class: "quiet" }, t("act.isClosed")) : null, text(true)],
      escalate: () => [h("p", {}, desk.next_level ? t("act.next", { level: levelWord(desk.next_level) }) : t("act.noNext")), text(false)],
      close: () => [
        field(t("act.reason"), h("input", { name: "reason", required: true, maxlength: 500, list: "reasons", autocomplete: "off" })),
        h("datalist", { id: "reasons" }, ...REASONS.map((reason) => h("option", { value: t(reason) }))),
        h("p", { class: "quiet" }, t("act.stays")),
      ],
    };
    return [field(t("act.who"), name), ...own[this.#kind]()];
  }

  #buttons(): HTMLElement {
    return h(
      "p",
      { class: "buttons" },
      h("button", { type: "button", class: "button", onclick: () => this.element.close() }, t("act.cancel")),
      h("button", { type: "submit", class: "button first" }, actWord(this.#kind)),
    );
  }

  async #send(form: HTMLFormElement): Promise<void> {
    const warning = this.#warning;
    if (!warning) return;
    const given = new FormData(form);
    const said = (name: string): string => String(given.get(name) ?? "").trim();
    const kind = this.#kind;
    const wanted: Wanted = { kind, who: said("who"), to: said("to"), text: said("text"), reason: said("reason"), identifier: warning.identifier };
    if (kind === "escalate") wanted.to = warning.desk.next_level ?? "";
    rememberOfficer(wanted.who);
    const content = JSON.stringify([warning.id, wanted]);
    if (content !== this.#sent.content) this.#sent = { content, key: newKey() };
    const submit = form.querySelector<HTMLButtonElement>("[type=submit]");
    if (submit) submit.disabled = true;
    this.#refuse(t("act.sending"));
    try {
      const { desk } = await act(warning.id, wanted, this.#sent.key);
      this.element.close();
      this.actions.done(warning, kind, desk);
    } catch (failure) {
      if (!(failure instanceof ApiFailure)) throw failure;
      this.#refuse(why(failure));
      if (failure.status === 412) void this.#readHistory(warning);
    } finally {
      if (submit) submit.disabled = false;
    }
  }

  #refuse(text: string): void {
    const place = this.element.querySelector(".refusal");
    if (place) place.textContent = text;
  }

  async #readHistory({ id }: Warning): Promise<void> {
    let found: History;
    try {
      found = await history(id);
    } catch (failure) {
      if (!(failure instanceof ApiFailure)) throw failure;
      return; // acting does not depend on it
    }
    if (this.#warning?.id !== id) return;
    this.#renew(found);
    const place = this.element.querySelector(".history");
    if (place) fill(place, h("h3", {}, t("history.title")), h("ol", {}, ...entries(found)));
  }
}

/** Not `randomUUID`: a page that came over plain HTTP has none. */
const newKey = (): string => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Messages and acts, the newest first. */
function entries({ messages, actions }: History): HTMLElement[] {
  const told = messages.map((each) => ({
    at: each.sent_at,
    row: h("li", {}, time(each.sent_at), tierMark(each.tier), h("span", {}, messageWord(each.msg_type))),
  }));
  const done = actions.map((each) => {
    const to = each.kind === "escalate" ? levelWord(each.to) : each.to;
    const words = [each.who, actWord(each.kind as ActKind), to, each.reason, each.text].filter(Boolean).join(" · ");
    return { at: each.at, row: h("li", {}, time(each.at), h("span", {}, words)) };
  });
  return [...done.reverse(), ...told.reverse()].map(({ row }) => row);
}

const time = (iso: string): HTMLElement => h("time", { class: "figure quiet", datetime: iso }, moment(iso));

const field = (name: string, control: HTMLElement): HTMLElement => h("label", { class: "field" }, h("span", {}, name), control);

function why(failure: ApiFailure): string {
  if (failure.status === 0) return t("act.noAnswer");
  if (failure.status === 403) return t("act.forbidden");
  if (failure.status === 412) return t("act.newer");
  return t("act.refused", { why: failure.problem?.detail ?? String(failure.status) });
}
