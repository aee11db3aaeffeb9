/** How the page stands with its server, in words. */

import { ago, moment, t } from "../i18n";
import type { LabelKey } from "../labels";
import { type Health, states } from "../states";

const MINUTE_MS = 60_000;

/** Until when what is shown is known: the oldest answer on the page counts. */
export function asOf({ heardAt, keptAt }: Health): string {
  const at = keptAt ?? heardAt;
  if (at === null) return t("states.nothing");
  const minutes = Math.max(0, Math.round((Date.now() - at) / MINUTE_MS));
  return t("states.asOf", { at: moment(new Date(at).toISOString()), age: ago(minutes) });
}

/** What has to be known before anything on the page is believed, null while all of it is fresh. */
export function standing(): string | null {
  const { health } = states;
  return health.server === "answering" && health.keptAt === null ? null : `${t(word(health))} · ${asOf(health)}`;
}

export const word = ({ server }: Health): LabelKey =>
  server === "answering" ? "states.back" : server === "silent" ? "states.offline" : "states.signedOut";
