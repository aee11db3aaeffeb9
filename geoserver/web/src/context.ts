/** What every part of the page is given, and what it gives back. */

import type { Banner } from "./panel/banner";
import type { Data, Read } from "./data";
import type { LabelKey } from "./labels";
import type { OneMap } from "./map/view";
import type { Shape } from "./map/shapes";
import type { Page } from "./page";
import type { State, Store } from "./state";
import type { Bounds, Layer } from "./types";

/** What can change: fields of the state, what was read, and `map` once it stands. */
export type Name = keyof State | keyof Read | "map";

/** What is different since a part was told last; everything, for a part that is shown anew. */
export class Changed {
  constructor(private readonly names: ReadonlySet<Name> | null) {}

  /** Whether any of these is different. */
  has(...names: Name[]): boolean {
    return this.names === null || names.some((name) => this.names?.has(name));
  }
}

export interface Part {
  /** Shown in the part's slot; a part that only draws on the map has none. */
  element?: HTMLElement;
  /** Called when it is shown, and after changes while it is shown. */
  update(changed: Changed): void;
  /** Called when it is no longer shown. */
  hide?(): void;
}

export type MakePart = (context: Context) => Part;

export interface Actions {
  openRegion(code: string): void;
  openAsset(dataset: string, id: string, at?: [lng: number, lat: number] | null): void;
  openCell(id: string): void;
  /** Close the card. */
  close(): void;
  /** Try at once to open the stream of events again, where it is broken. */
  reconnect(): void;
  fit(bounds: Bounds): void;
  /** To the areas of the site. */
  home(): void;
  layerOf(dataset: string): Layer | null;
  shape(dataset: string): Shape;
  datasetName(dataset: string): string;
}

export interface Context {
  readonly store: Store;
  readonly data: Data;
  readonly page: Page;
  readonly banner: Banner;
  readonly actions: Actions;
  /** The map, null until the site was read and where the browser has no WebGL. */
  map(): OneMap | null;
  /** Run a request; where it fails say so, offer `again`, and answer null. */
  ask<T>(key: string, what: LabelKey, request: () => Promise<T>, again: () => void): Promise<T | null>;
}
