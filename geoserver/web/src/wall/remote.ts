/** A phone that drives a wall: large buttons, nothing that needs two hands. */

import { api, ApiFailure } from "../api";
import { drive, type Order, type Told } from "../api/walls";
import { fill, h, later } from "../dom";
import { speak, t, useVocabulary } from "../i18n";
import type { LabelKey } from "../labels";
import { tierMark } from "../panel/marks";
import { NATION, type State } from "../state";
import type { Found, Region, Warning } from "../types";
import { byUrgency } from "../parts/rail/order";
import { follow } from "./follow";
import { familyOf, resolved, scenesOf, worstRegions } from "./scenes";
import "./remote.css";

const WORDS: Readonly<Record<string, LabelKey>> = {
  nation: "wall.nation",
  region: "wall.region",
  warnings: "wall.warnings",
  asset: "wall.asset",
  rain: "wall.rain",
  shaking: "wall.shaking",
};
const WAIT_MS = 250;
const MOST_FOUND = 6;
const MOST_REGIONS = 6;
const MOST_ASSETS = 6;

class Remote {
  readonly #standing = h("p", { class: "standing", role: "status" });
  readonly #said = h("p", { class: "said", role: "status", "aria-live": "polite" });
  readonly #moves = h("div", { class: "moves" });
  readonly #scenes = h("div", { class: "choices", role: "group" });
  readonly #found = h("div", { class: "choices" });
  readonly #near = h("div", { class: "choices" });
  #told: Told | null = null;
  /** Of several searches under way the last one counts. */
  #asked = 0;
  #families: string[] = ["nation", "warnings"];

  constructor(
    private readonly root: HTMLElement,
    private readonly name: string,
  ) {}

  async start(): Promise<void> {
    const look = later((text: string) => void this.#look(text), WAIT_MS);
    const input = h("input", { type: "search", id: "find", placeholder: t("remote.find"), autocomplete: "off", oninput: () => look(input.value) });
    fill(
      this.root,
      h(
        "main",
        { class: "remote" },
        h("h1", {}, t("remote.title"), h("b", {}, this.name)),
        this.#standing,
        this.#moves,
        h("h2", {}, t("remote.scenes")),
        this.#scenes,
        h("label", { for: "find" }, t("remote.show")),
        input,
        this.#found,
        this.#near,
        this.#said,
      ),
    );
    this.#frame();
    follow(this.name, false, (told) => {
      this.#told = told;
      this.#frame();
    });
    await this.#subjects();
  }

  async #subjects(): Promise<void> {
    try {
      const [vocabulary, nation, warnings, layers] = await Promise.all([api.vocabulary(), api.region(NATION), api.warnings(), api.layers()]);
      useVocabulary(vocabulary);
      const regions = worstRegions(nation.children, []);
      this.#families = [...new Set(scenesOf({ regions, warnings, layers }).map(familyOf))];
      fill(this.#near, ...nearby(nation, regions, warnings, (address) => void this.#send({ address })));
      this.#frame();
    } catch {
      this.#say("remote.noAnswer");
    }
  }

  #frame(): void {
    const told = this.#told;
    const screens = told?.listening ?? 0;
    this.#standing.classList.toggle("nobody", screens <= 0);
    this.#standing.textContent = screens > 0 ? t("remote.connected", { n: screens }) : t("remote.nobody", { name: this.name });
    const paused = told?.playing === false;
    fill(
      this.#moves,
      big("previous", "◀", t("remote.previous"), () => this.#send({ step: -1 })),
      big("pause", paused ? "▶▶" : "❚❚", t(paused ? "remote.play" : "remote.pause"), () => this.#send({ playing: paused })),
      big("next", "▶", t("remote.next"), () => this.#send({ step: 1 })),
    );
    this.#scenes.setAttribute("aria-label", t("remote.scenes"));
    fill(
      this.#scenes,
      ...this.#families.map((family) => {
        const chosen = !told?.address && told?.scene === family;
        return h("button", { type: "button", "data-scene": family, "aria-pressed": chosen ? "true" : "false", onclick: () => void this.#send({ scene: family }) }, t(WORDS[family] ?? "wall.nation"));
      }),
    );
  }

  async #look(text: string): Promise<void> {
    const asked = ++this.#asked;
    if (!text.trim()) return fill(this.#found);
    try {
      const found = (await api.search(text)).filter(shows).slice(0, MOST_FOUND);
      if (asked !== this.#asked) return;
      fill(this.#found, ...(found.length ? found.map((each) => choice(each.name, each.tier, () => void this.#send({ address: addressOf(each) }))) : [h("p", { class: "quiet" }, t("remote.nothing"))]));
    } catch {
      this.#say("remote.noAnswer");
    }
  }

  async #send(order: Order): Promise<void> {
    try {
      this.#told = await drive(this.name, order);
      this.#frame();
      this.#say("remote.sent");
    } catch (failure) {
      if (!(failure instanceof ApiFailure)) throw failure;
      if (failure.status === 403) this.#say("remote.forbidden");
      else if (failure.status === 0) this.#say("remote.noAnswer");
      else this.#say("remote.refused", { why: failure.message });
    }
  }

  #say(key: LabelKey, values: Record<string, string> = {}): void {
    this.#said.textContent = t(key, values);
  }
}

const big = (name: string, sign: string, words: string, onclick: () => void): HTMLElement =>
  h("button", { type: "button", "data-move": name, onclick }, h("i", { "aria-hidden": "true" }, sign), h("span", {}, words));

const choice = (name: string, tier: Found["tier"], onclick: () => void): HTMLElement =>
  h("button", { type: "button", class: "subject", onclick }, tier === null ? null : tierMark(tier), h("span", {}, name));

const shows = ({ kind, dataset, tier }: Found): boolean => kind === "region" || (kind === "feature" && dataset !== null && (dataset === "region" || tier !== null));

const addressOf = ({ dataset, id }: Found): string => (dataset === "region" ? `region/${id}` : `asset/${dataset ?? ""}/${id}`);

/** What is worst now, within reach of a thumb. */
function nearby(nation: Region, codes: readonly string[], warnings: readonly Warning[], show: (address: string) => void): HTMLElement[] {
  const regions = codes.slice(0, MOST_REGIONS).map((code) => nation.children.find((each) => each.code === code)).filter((each) => each !== undefined);
  const assets = [...warnings].sort(byUrgency).slice(0, MOST_ASSETS);
  return [
    ...regions.map(({ code, name, tier }) => choice(name, tier, () => show(resolved(`region/${code}`, [])))),
    ...assets.map(({ dataset, asset_id: id, asset_name: name, tier }) => choice(name, tier, () => show(resolved(`asset/${dataset}/${id}`, [])))),
  ];
}

export function startRemote(root: HTMLElement, state: State, name: string): void {
  speak(state.lang);
  document.documentElement.dataset["theme"] = state.theme;
  document.title = t("remote.title");
  void new Remote(root, name).start();
}
