/** Reads what the state asks for, and again when the server has computed anew. */

import { api } from "./api";
import type { Changed, Context } from "./context";
import { painted } from "./dom";
import type { Live } from "./live";
import { freezeClock } from "./i18n";
import type { LabelKey } from "./labels";
import { chosenAs, shown } from "./parts/time/moments";
import { past } from "./parts/time/past";
import { ahead, forget, next, region } from "./regions";
import { NATION } from "./state";
import type { Warning } from "./types";

const REFRESH_MS = 60_000;

export class Reader {
  #asked = 0;
  /** The latest question of each kind that was answered. */
  readonly #answered = new Map<string, number>();

  constructor(
    private readonly context: Context,
    private readonly live: Live,
  ) {}

  async start(): Promise<void> {
    const { state } = this.context.store;
    await Promise.all([this.#readRegion(state.view === null && state.region !== NATION), this.readWarnings(), this.readMoments()]);
    setInterval(() => void this.refresh(), REFRESH_MS);
  }

  /** Read what a change of the state makes necessary. */
  follow(changed: Changed): void {
    const { store, data } = this.context;
    if (changed.has("asOf", "moments")) this.#turn();
    if (changed.has("asOf")) void Promise.all([this.readLayers(), this.#readRegion(false), this.readWarnings()]);
    if (changed.has("region") && store.state.region !== data.region?.code) void this.#readRegion(true);
  }

  async readLayers(again = (): void => void this.readLayers()): Promise<void> {
    const { state } = this.context.store;
    // A valid time without its run: which one it is comes first, so that now is never shown in its place.
    if (state.moment && !state.asOf && !this.context.data.moments.length) await this.readMoments();
    const { asOf } = this.context.store.state;
    const layers = await this.#newest("layers", "what.layers", () => past.layers(asOf), again);
    if (layers && asOf === this.context.store.state.asOf) this.context.data.put("layers", layers);
  }

  async readWarnings(): Promise<void> {
    const { asOf } = this.context.store.state;
    if (asOf) void this.#readPresent();
    const request = (): Promise<Warning[]> => (asOf ? past.warnings(asOf) : this.live.read());
    const found = await this.#newest("warnings", "what.warnings", request, () => void this.readWarnings());
    if (found && asOf === this.context.store.state.asOf) this.context.data.put("warnings", found);
  }

  /** What is active now is kept beside the past that is shown, so that news of the one never mix with the other. */
  async #readPresent(): Promise<void> {
    const found = await this.#newest("present", "what.warnings", () => this.live.read(), () => void this.#readPresent());
    if (found && this.context.store.state.asOf) this.context.data.put("present", found);
  }

  /** A valid time in the address stands for the run that is known of it now. */
  async readMoments(): Promise<void> {
    const { store, data } = this.context;
    const found = await this.#newest("moments", "what.moments", api.moments, () => void this.readMoments());
    if (!found) return;
    data.put("moments", found);
    const { moment, asOf } = store.state;
    if (moment && !asOf) store.set(chosenAs(shown(found, store.state), "valid"));
  }

  /** Ask; null also where the answer to a later question of the same kind is here already. */
  async #newest<T>(key: string, what: LabelKey, request: () => Promise<T>, again: () => void): Promise<T | null> {
    const turn = ++this.#asked;
    const found = await this.context.ask(key, what, request, again);
    if (found === null || turn < (this.#answered.get(key) ?? 0)) return null;
    this.#answered.set(key, turn);
    return found;
  }

  /** Show another time: ages are told as of it, and what is active now is kept aside. */
  #turn(): void {
    const { store, data } = this.context;
    const { asOf } = store.state;
    const then = asOf ? shown(data.moments, store.state) : null;
    freezeClock(then?.valid_at ?? asOf ?? data.site?.reference_time ?? null);
    if (asOf && !data.present) data.put("present", data.warnings);
    if (!asOf && data.present) {
      data.put("warnings", data.present);
      data.put("present", null);
    }
  }

  async #readRegion(fit: boolean): Promise<void> {
    const { store, data, actions } = this.context;
    const { region: code, asOf } = store.state;
    if (!data.site) return;
    const run = data.site.run?.id ?? "";
    const found = await this.#newest("region", "what.region", () => (asOf ? past.region(code, asOf) : region(code, run)), () => void this.#readRegion(fit));
    if (!found || code !== store.state.region || asOf !== store.state.asOf) return;
    data.put("region", found);
    if (!asOf) void ahead(next(found), run);
    if (!fit) return;
    await painted();
    if (code !== store.state.region) return;
    // The nation opens on the site's own extent: the areas that were analysed.
    if (code === NATION) actions.home();
    else this.context.map()?.fit(found.bounds, 12);
  }

  /** Read the site, and all the rest where it has run since, or in any case. */
  async refresh(anyway = false): Promise<void> {
    const { data } = this.context;
    const site = await this.#newest("site", "what.site", api.site, () => void this.refresh(anyway));
    if (!site) return;
    const ran = site.run?.id !== data.site?.run?.id;
    data.put("site", site);
    if (anyway) forget();
    if (ran) await this.readMoments();
    if (!ran && !anyway) return;
    if (this.context.store.state.asOf) return this.#readPresent();
    await Promise.all([this.readLayers(), this.#readRegion(false), this.readWarnings()]);
  }
}
