/** The decision workplace under the map: comparison, trend, scores, reports. */

import type { Past } from "../../api/card";
import { history, verification, type Verification } from "../../api/decision";
import type { Changed, Context, MakePart } from "../../context";
import { fill, h } from "../../dom";
import { t } from "../../i18n";
import { Comparison } from "./comparison";
import { reports } from "./reports";
import { scores } from "./scores";
import { type Session, sessionOf } from "./session";
import { knownBy } from "../time/moments";
import { trendOf } from "./trend";
import "./decision.css";

export const analysis: MakePart = (context) => new Analysis(context);

class Analysis {
  readonly element = h("section", { class: "analysis" });
  readonly #session: Session;
  readonly #comparison: Comparison;
  readonly #head = h("header", {});
  readonly #trend = h("section", { class: "trends" });
  readonly #scores = h("section", { class: "scores" });
  readonly #details: HTMLElement;
  #open = !matchMedia("(max-width: 760px)").matches;
  #past: { code: string; found: Past[] } | null = null;
  /** Undefined until it was asked for, null where there is no report. */
  #verified: Verification | null | undefined;
  #leave: (() => void) | null = null;

  constructor(private readonly context: Context) {
    this.#session = sessionOf(context);
    this.#comparison = new Comparison(context.actions);
    this.#details = h("div", { class: "details" }, this.#comparison.element, this.#trend, this.#scores);
    this.element.append(this.#head, this.#details);
  }

  update(changed: Changed): void {
    this.#leave ??= this.#session.watch(() => this.#compare());
    if (changed.has("region", "site")) void this.#readPast();
    if (changed.has("site")) void this.#readScores();
    if (changed.has("lang", "theme", "region", "asOf")) this.#draw();
  }

  hide(): void {
    this.#leave?.();
    this.#leave = null;
  }

  async #readPast(): Promise<void> {
    const { data, ask } = this.context;
    const code = data.region?.code;
    if (!code) return;
    const found = await ask("history", "what.history", () => history(code), () => void this.#readPast());
    if (!found || code !== data.region?.code) return;
    this.#past = { code, found };
    this.#draw();
  }

  async #readScores(): Promise<void> {
    if (!this.context.data.site?.verified) return;
    const found = await this.context.ask("verification", "what.verification", async () => ({ report: await verification() }), () => void this.#readScores());
    if (!found) return;
    this.#verified = found.report;
    this.#draw();
  }

  #compare(): void {
    const { data } = this.context;
    const { whole } = this.#session.standing;
    this.#comparison.show(data.region, whole);
    this.#drawHead();
  }

  #drawHead(): void {
    const fold = (): void => {
      this.#open = !this.#open;
      this.#draw();
      this.#head.querySelector<HTMLElement>("[aria-expanded]")?.focus();
    };
    fill(
      this.#head,
      h("h2", {}, t("decision.dock")),
      reports(this.#session.standing.here, Boolean(this.#verified), this.context.store.state),
      h("button", { type: "button", class: "plain", "aria-expanded": String(this.#open), onclick: fold }, t(this.#open ? "decision.fold" : "decision.unfold")),
    );
  }

  #draw(): void {
    const { data } = this.context;
    this.element.setAttribute("aria-label", t("decision.dock"));
    this.#details.hidden = !this.#open;
    this.#compare();
    const name = data.region?.name ?? "";
    const past = this.#past?.code === data.region?.code ? this.#past : null;
    const heading = h("h3", {}, t("decision.trend"), h("span", { class: "quiet" }, ` ${t("decision.trendOf", { region: name })}`));
    fill(this.#trend, heading, ...(past ? trendOf(knownBy(past.found, this.context.store.state.asOf)) : [h("p", { class: "quiet", role: "status" }, t("page.loading"))]));
    this.#scores.hidden = !this.#verified;
    fill(this.#scores, ...(this.#verified ? [h("h3", {}, t("decision.scores")), ...scores(this.#verified)] : []));
  }
}
