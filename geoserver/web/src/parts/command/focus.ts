/** The incident that the workplace is about, and all that is read of it; what its three parts share. */

import { cardApi, type Nearby, type Past, type Series } from "../../api/card";
import { activeRules } from "../../api/command";
import { history, type History } from "../../api/rail";
import type { Context } from "../../context";
import type { Asset, Warning } from "../../types";
import { byUrgency } from "../rail/order";
import { knownBy } from "../time/moments";
import type { Rules } from "./checklist";
import { FARTHEST_KM, runoutOf } from "./reach";

const SERIES_DAYS = 3;
const DAY_MS = 86_400_000;
/** The farthest that the server looks. */
const LOOKED_KM = 100;

/** What is read one by one; null until it is there, or where the site has none. */
export interface Details {
  asset: Asset | null;
  nearby: Nearby | null;
  /** Within the P50 runout, where there is one. */
  reached: Nearby | null;
  history: History | null;
  past: Past[];
  series: Series | null;
  rules: Rules | null;
}

const NOTHING: Details = { asset: null, nearby: null, reached: null, history: null, past: [], series: null, rules: null };

export class Focus {
  warning: Warning | null = null;
  details: Details = NOTHING;
  /** The address names a warning that is not active any more. */
  gone = false;
  readonly #listeners: ((moved: boolean) => void)[] = [];
  #read = "";

  constructor(private readonly context: Context) {}

  /** Call `listener` after every change, and say whether another incident was chosen. */
  watch(listener: (moved: boolean) => void): void {
    this.#listeners.push(listener);
  }

  /** All active warnings, the most urgent first. */
  get choices(): Warning[] {
    return [...(this.context.data.warnings ?? [])].sort(byUrgency);
  }

  /** Follow the state and the warnings. */
  follow(): void {
    const { incident, asOf } = this.context.store.state;
    const { choices } = this;
    const wanted = choices.find(({ id }) => String(id) === incident);
    // Where the address names none that is active, the one that was shown stays, whatever comes.
    const next = wanted ?? choices.find(({ id }) => id === this.warning?.id) ?? choices[0] ?? null;
    if (incident === null && next) return this.context.store.set({ incident: String(next.id) });
    const moved = String(next?.id) !== String(this.warning?.id);
    const told = moved || next?.desk.changed_at !== this.warning?.desk.changed_at || next?.identifier !== this.warning?.identifier;
    const gone = incident !== null && !wanted && this.context.data.warnings !== null;
    const turned = this.#read !== `${next?.id ?? ""} ${asOf ?? ""} ${this.context.data.site?.run?.id ?? ""}`;
    if (!moved && !told && !turned && gone === this.gone) return;
    this.gone = gone;
    this.warning = next;
    if (moved) this.details = { ...NOTHING, rules: this.details.rules };
    if (next && (moved || turned)) this.#all(next);
    else if (next) void this.#ask("history", "what.history", async () => history(next.id, asOf));
    this.#tell(moved);
  }

  #all(warning: Warning): void {
    const { asOf } = this.context.store.state;
    const { dataset, asset_id: id } = warning;
    this.#read = `${warning.id} ${asOf ?? ""} ${this.context.data.site?.run?.id ?? ""}`;
    void this.#ask("asset", "what.card", () => cardApi.asset(dataset, id, asOf)).then((asset) => this.#reach(asset));
    void this.#ask("nearby", "what.nearby", () => cardApi.nearby(dataset, id, asOf, FARTHEST_KM));
    void this.#ask("history", "what.history", () => history(warning.id, asOf));
    void this.#ask("past", "what.history", async () => knownBy(await cardApi.history(dataset, id), asOf));
    const until = Date.parse(asOf ?? this.context.data.site?.reference_time ?? "") || Date.now();
    const period = { since: new Date(until - SERIES_DAYS * DAY_MS).toISOString(), until: new Date(until).toISOString() };
    void this.#ask("series", "what.card", () => cardApi.series(dataset, id, asOf, period));
    if (!this.details.rules) void this.#ask("rules", "what.card", activeRules);
  }

  async #reach(asset: Asset | null): Promise<void> {
    const km = runoutOf(asset?.assessment?.chain)?.p50 ?? null;
    if (!asset || km === null) return;
    const { asOf } = this.context.store.state;
    await this.#ask("reached", "what.nearby", () => cardApi.nearby(asset.dataset, asset.id, asOf, Math.min(km, LOOKED_KM)));
  }

  /** Read one detail `of` what is in focus; what comes when that is another incident, time or run is let go. */
  async #ask<K extends keyof Details>(key: K, what: "what.card" | "what.nearby" | "what.history", request: () => Promise<Details[K]>, of = this.#read): Promise<Details[K] | null> {
    if (of !== this.#read) return null;
    const found = await this.context.ask(`command/${key}`, what, request, () => void this.#ask(key, what, request, of));
    if (found === null || of !== this.#read) return null;
    this.details = { ...this.details, [key]: found };
    this.#tell(false);
    return found;
  }

  #tell(moved: boolean): void {
    for (const listener of this.#listeners) listener(moved);
  }
}

const known = new WeakMap<Context, Focus>();

/** The one focus of a page. */
export function focusOf(context: Context): Focus {
  const found = known.get(context) ?? new Focus(context);
  known.set(context, found);
  return found;
}
