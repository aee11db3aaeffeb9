/** What was read from the server, and who wants to know when it changes. */

import { type Connection, STARTING } from "./live";
import type { Layer, Moment, Region, Site, Warning } from "./types";

export interface Read {
  site: Site | null;
  layers: Layer[];
  region: Region | null;
  warnings: Warning[] | null;
  /** The warnings active now while the past is shown, null while the present is. */
  present: Warning[] | null;
  /** Moments the map can show, oldest first. */
  moments: Moment[];
  /** How the stream of events stands. */
  connection: Connection;
}

export class Data implements Readonly<Read> {
  site: Site | null = null;
  layers: Layer[] = [];
  region: Region | null = null;
  warnings: Warning[] | null = null;
  present: Warning[] | null = null;
  moments: Moment[] = [];
  connection: Connection = STARTING;

  constructor(private readonly changed: (name: keyof Read) => void) {}

  put<K extends keyof Read>(name: K, value: Read[K]): void {
    (this as Read)[name] = value;
    this.changed(name);
  }
}
