/** The decision workplace at the left: what is supposed, and what would change. */

import type { Changed, Context, MakePart } from "../../context";
import { fill, h } from "../../dom";
import { t } from "../../i18n";
import { changeList, countTable } from "./changes";
import { type Session, sessionOf, type Standing } from "./session";
import { Sliders } from "./sliders";
import "./decision.css";

export const decision: MakePart = (context) => new Decision(context);

class Decision {
  readonly element = h("div", { class: "body decision" });
  readonly #session: Session;
  readonly #sliders: Sliders;
  readonly #head = h("header", { class: "decision-head" });
  readonly #found = h("div", { class: "found" });
  #leave: (() => void) | null = null;

  constructor(private readonly context: Context) {
    this.#session = sessionOf(context);
    this.#sliders = new Sliders(context);
    this.element.append(this.#head, this.#sliders.element, this.#found);
  }

  update(changed: Changed): void {
    if (changed.has("lang", "asOf")) this.#relabel();
    else if (changed.has("whatIf")) this.#sliders.follow();
    this.#leave ??= this.#session.watch((standing) => this.#show(standing));
    if (changed.has("site")) this.#session.warm();
    if (changed.has("lang", "layers")) this.#show(this.#session.standing);
  }

  hide(): void {
    this.#leave?.();
    this.#leave = null;
  }

  #relabel(): void {
    const { store } = this.context;
    const past = store.state.asOf !== null;
    fill(
      this.#head,
      h("h2", {}, t("decision.title")),
      h("p", { class: "quiet" }, t(past ? "decision.noPast" : "decision.intro")),
      past ? h("button", { type: "button", class: "plain now", onclick: () => store.set({ asOf: null, moment: null }) }, t("decision.toNow")) : null,
    );
    this.#sliders.element.hidden = this.#found.hidden = past;
    this.#sliders.relabel();
  }

  #show(standing: Standing): void {
    const { supposed, here, whole, asking, failed } = standing;
    this.#found.setAttribute("aria-busy", String(asking));
    if (!supposed) return fill(this.#found, h("p", { class: "quiet pad", role: "status" }, t("decision.nothing")));
    if (failed !== null) {
      const retry = h("button", { type: "button", class: "plain now", onclick: () => this.#session.retry() }, t("decision.retry"));
      return fill(this.#found, h("p", { class: "pad", role: "alert" }, t("decision.failed", { why: failed || t("decision.noAnswer") })), retry);
    }
    if (!here) return fill(this.#found, h("p", { class: "quiet pad", role: "status" }, t(whole ? "decision.working" : "decision.first")));
    const { actions, data } = this.context;
    const name = data.region?.name ?? "";
    const seconds = ((whole?.took_ms.answer ?? here.took_ms.answer) / 1000).toFixed(2);
    const judged = Object.values((whole ?? here).counts.before).reduce<number>((sum, count) => sum + (count ?? 0), 0);
    fill(
      this.#found,
      h("h3", {}, `${name} · ${t("decision.counts")}`),
      countTable(here),
      ...this.#unheard(here.unheard),
      ...changeList(here.assets, here.changed, ({ dataset, id, lon, lat }) => actions.openAsset(dataset, id, [lon, lat]), actions.shape),
      h("p", { class: "quiet took" }, t("decision.took", { n: judged, s: seconds })),
    );
  }

  #unheard({ rain, pond_level: ponds }: { rain?: number; pond_level?: number }): HTMLElement[] {
    const said = [rain ? t("decision.unheardRain", { n: rain }) : "", ponds ? t("decision.unheardPond", { n: ponds }) : ""];
    return said.filter(Boolean).map((text) => h("p", { class: "unheard hatched" }, h("span", {}, text)));
  }
}
