/** Which monitoring points are heard. */

import { get } from "../api";
import type { Origin } from "../types";

export interface Rate {
  points: number;
  online: number;
  /** Null where there are no points. */
  share: number | null;
}

export interface Place {
  point_id: string;
  name: string | null;
  dataset: string;
  asset_id: string;
  variable: string;
}

export interface SilentPoint extends Place {
  interval_minutes: number;
  /** Null where it was never heard. */
  heard_at: string | null;
}

export interface LatestReading extends Place {
  value: number | null;
  unit: string;
  observed_at: string;
  qc: string;
  origin: Origin;
}

export interface Online extends Rate {
  at: string;
  /** A point is heard while its last value is no older than so many of its intervals. */
  intervals: number;
  variables: (Rate & { variable: string })[];
  silent: SilentPoint[];
  latest: LatestReading[];
}

export const online = (): Promise<Online> => get<Online>("/api/v1/online");
