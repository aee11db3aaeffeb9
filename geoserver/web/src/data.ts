/** What was read from the server, and who wants to know when it changes. */

import type { Layer, Moment, Region, Site, Warning } from "./types";

export interface Read {
  site: Site | null;
  layers: Layer[];
  region: Region | null;
  warnings: Warning[] | null;
  /** Moments the map can show, oldest first. */
  moments: Moment[];
}

export class Data implements Readonly<Read> {
  site: Site | null = null;
  layers: Layer[] = [];
  region: Region | null = null;
  warnings: Warning[] | null = null;
  moments: Moment[] = [];

  constructor(private readonly changed: (name: keyof Read) => void) {}

  put<K extends keyof Read>(name: K, value: Read[K]): void {
    (this as Read)[name] = value;
    this.changed(name);
  }
}
