/** Tiles that are slow or could not be read: told, and asked for again. */

import type { Map as Chart } from "maplibre-gl";
import { NAMES } from "./compose";
import { patience } from "../states";

const LOOK_MS = 1_000;
const SLOW_MS = 5_000;

interface Address {
  z: number;
  x: number;
  y: number;
}

/** Ids of sources whose tiles are late, and of those with tiles that could not be read. */
export interface Troubles {
  slow: string[];
  failed: string[];
}

interface Failures {
  tiles: Map<string, Address>;
  tries: number;
  again: ReturnType<typeof setTimeout> | undefined;
}

/** What MapLibre says with an error of a tile. */
interface TileError {
  sourceId?: string;
  tile?: { tileID: { canonical: Address } };
  error: Error & { status?: number };
}

export class TileWatch {
  readonly #since = new Map<string, number>();
  readonly #failures = new Map<string, Failures>();
  #told = "";

  constructor(
    private readonly chart: Chart,
    private readonly told: (troubles: Troubles) => void,
    private readonly refused: (error: Error & { status?: number }) => void,
  ) {
    chart.on("error", (event) => this.#fail(event as unknown as TileError));
    setInterval(() => this.#look(), LOOK_MS);
  }

  /** Ask at once for all tiles that could not be read. */
  retry(): void {
    for (const id of this.#failures.keys()) this.#again(id);
  }

  /** Ask for all tiles on the screen again. */
  again(): void {
    for (const id of this.#sources()) if (id !== NAMES) this.chart.refreshTiles(id);
  }

  #fail({ sourceId, tile, error }: TileError): void {
    if (!sourceId) return console.error(error);
    this.refused(error);
    const found = this.#failures.get(sourceId) ?? { tiles: new Map<string, Address>(), tries: 0, again: undefined };
    this.#failures.set(sourceId, found);
    const address = tile?.tileID.canonical;
    if (address) found.tiles.set(`${address.z}/${address.x}/${address.y}`, { z: address.z, x: address.x, y: address.y });
    found.again ??= setTimeout(() => this.#again(sourceId), patience(found.tries, Math.random()));
    this.#look();
  }

  #again(id: string): void {
    const found = this.#failures.get(id);
    if (!found) return;
    clearTimeout(found.again);
    found.again = undefined;
    found.tries += 1;
    const tiles = [...found.tiles.values()];
    found.tiles.clear();
    if (this.chart.getSource(id)) this.chart.refreshTiles(id, tiles);
  }

  #sources(): string[] {
    return Object.keys(this.chart.style?.stylesheet?.sources ?? {}).filter((id) => this.chart.getSource(id));
  }

  #look(): void {
    const now = performance.now();
    const sources = this.#sources();
    for (const id of sources) {
      if (!this.chart.isSourceLoaded(id)) this.#since.set(id, this.#since.get(id) ?? now);
      else this.#since.delete(id);
    }
    for (const id of this.#since.keys()) if (!sources.includes(id)) this.#since.delete(id);
    for (const [id, { tiles, again }] of this.#failures) {
      if (!sources.includes(id) || (!tiles.size && !again && !this.#since.has(id))) this.#failures.delete(id);
    }
    const failed = [...this.#failures.keys()];
    const slow = [...this.#since].filter(([id, since]) => now - since > SLOW_MS && !failed.includes(id)).map(([id]) => id);
    const text = JSON.stringify([slow, failed]);
    if (text === this.#told) return;
    this.#told = text;
    this.told({ slow, failed });
  }
}
