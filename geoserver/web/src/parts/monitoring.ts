/** The monitoring workplace under the map: how many points are heard, who is silent, what was measured last. */

import { online, type LatestReading, type Online, type SilentPoint } from "../api/online";
import type { Changed, Context, MakePart } from "../context";
import { fill, h } from "../dom";
import { age, percent, t, value, variableName } from "../i18n";
import { AGED } from "../panel/ages";
import { meter } from "../panel/marks";

const AGAIN_MS = 60_000;

/** One line, unfolded to three lists. */
export const monitoring: MakePart = (context) => new Monitoring(context);

class Monitoring {
  readonly element = h("section", { class: "online" });
  #found: Online | null = null;
  #open = false;
  #reading: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly context: Context) {}

  update(changed: Changed): void {
    if (this.#reading === undefined) {
      this.#reading = setInterval(() => void this.#read(), AGAIN_MS);
      void this.#read();
    } else if (changed.has("site")) void this.#read();
    if (changed.has("lang", "layers")) this.#draw();
  }

  hide(): void {
    clearInterval(this.#reading);
    this.#reading = undefined;
  }

  async #read(): Promise<void> {
    const found = await this.context.ask("online", "what.online", online, () => void this.#read());
    if (!found) return;
    this.#found = found;
    this.#draw();
  }

  #draw(): void {
    const found = this.#found;
    // A site without monitoring points has no rate to show.
    this.element.classList.toggle("absent", !found?.points);
    if (!found?.points) return fill(this.element);
    this.element.setAttribute("aria-label", t("online.title"));
    const focused = this.element.contains(document.activeElement);
    fill(this.element, this.#summary(found), this.#open ? this.#details(found) : null);
    if (focused) this.element.querySelector("button")?.focus({ preventScroll: true });
  }

  #summary(found: Online): HTMLElement {
    const newest = found.latest[0];
    const fold = h(
      "button",
      {
        type: "button",
        class: "plain",
        "aria-expanded": this.#open ? "true" : "false",
        onclick: () => {
          this.#open = !this.#open;
          this.#draw();
        },
      },
      t(this.#open ? "online.close" : "online.open"),
    );
    return h(
      "div",
      { class: "heard" },
      h("span", { title: t("online.rule", { n: found.intervals }) }, t("online.rate")),
      h("b", { class: "figure", "data-online": "" }, percent(found.share)),
      meter(found.share, t("online.rate")),
      h("span", { class: "quiet" }, t("online.of", { online: found.online, points: found.points })),
      h("span", { class: found.points > found.online ? "state hatched missing" : "quiet" }, t("online.silentCount", { n: found.points - found.online })),
      newest ? h("span", { class: "quiet last" }, `${t("online.latest")}: ${newest.name ?? newest.point_id} ${variableName(newest.variable)} ${value(newest.value, newest.unit)} · ${age(newest.observed_at)}`) : null,
      fold,
    );
  }

  #details(found: Online): HTMLElement {
    const variables = found.variables.map((each) =>
      h("li", {}, h("span", {}, variableName(each.variable)), meter(each.share, variableName(each.variable)), h("span", { class: "figure" }, `${each.online}/${each.points}`)),
    );
    const silent = found.silent.map((point) => this.#silent(point));
    return h(
      "div",
      { class: "details" },
      section(t("online.byVariable"), h("ul", {}, ...variables)),
      section(`${t("online.silent")} ${found.points - found.online}`, silent.length ? h("ul", {}, ...silent) : h("p", { class: "quiet" }, t("online.noneSilent"))),
      section(t("online.latest"), this.#latest(found.latest)),
    );
  }

  #silent(point: SilentPoint): HTMLElement {
    const since = point.heard_at ? t("online.since", { age: age(point.heard_at) }) : t("online.never");
    return h("li", {}, this.#link(point, `${point.name ?? point.point_id} · ${variableName(point.variable)}`), h("span", { class: "state hatched missing" }, since));
  }

  #latest(readings: readonly LatestReading[]): HTMLElement {
    const head = [t("online.point"), t("online.variable"), t("online.value"), t("online.time")].map((word) => h("th", { scope: "col" }, word));
    const rows = readings.map((each) =>
      h(
        "tr",
        {},
        h("td", {}, this.#link(each, each.name ?? each.point_id)),
        h("td", {}, variableName(each.variable)),
        h("td", { class: "figure" }, value(each.value, each.unit)),
        h("td", { class: "quiet", [AGED]: each.observed_at }, age(each.observed_at)),
      ),
    );
    return h("table", {}, h("caption", { class: "unseen" }, t("online.table")), h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...rows));
  }

  #link({ dataset, asset_id }: { dataset: string; asset_id: string }, name: string): HTMLElement {
    return h("button", { type: "button", class: "link", title: name, onclick: () => this.context.actions.openAsset(dataset, asset_id) }, name);
  }
}

const section = (title: string, content: HTMLElement): HTMLElement =>
  h("section", {}, h("h3", {}, title), h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": title }, content));
