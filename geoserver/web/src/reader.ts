/** Reads what the state asks for, and again when the server has computed anew. */

import { api } from "./api";
import type { Changed, Context } from "./context";
import type { Live } from "./live";
import { NATION } from "./state";

const REFRESH_MS = 60_000;

export class Reader {
  constructor(
    private readonly context: Context,
    private readonly live: Live,
  ) {}

  async start(): Promise<void> {
    const { state } = this.context.store;
    await Promise.all([this.#readRegion(state.view === null && state.region !== NATION), this.readWarnings()]);
    setInterval(() => void this.refresh(), REFRESH_MS);
  }

  /** Read what a change of the state makes necessary. */
  follow(changed: Changed): void {
    if (changed.has("region") && this.context.store.state.region !== this.context.data.region?.code) void this.#readRegion(true);
  }

  async readLayers(): Promise<void> {
    const layers = await this.context.ask("layers", "what.layers", api.layers, () => void this.readLayers());
    if (layers) this.context.data.put("layers", layers);
  }

  async readWarnings(): Promise<void> {
    const found = await this.context.ask("warnings", "what.warnings", () => this.live.read(), () => void this.readWarnings());
    if (found) this.context.data.put("warnings", found);
  }

  async #readRegion(fit: boolean): Promise<void> {
    const { store, data, actions } = this.context;
    const code = store.state.region;
    if (!data.site) return;
    const region = await this.context.ask("region", "what.region", () => api.region(code), () => void this.#readRegion(fit));
    if (!region || code !== store.state.region) return;
    data.put("region", region);
    if (!fit) return;
    // The nation opens on the site's own extent: the areas that were analysed.
    if (code === NATION) actions.home();
    else this.context.map()?.fit(region.bounds, 12);
  }

  /** Read the site, and all the rest where it has run since, or in any case. */
  async refresh(anyway = false): Promise<void> {
    const { data } = this.context;
    const site = await this.context.ask("site", "what.site", api.site, () => void this.refresh(anyway));
    if (!site) return;
    const ran = site.run?.id !== data.site?.run?.id;
    data.put("site", site);
    if (ran || anyway) await Promise.all([this.readLayers(), this.#readRegion(false), this.readWarnings()]);
  }
}
