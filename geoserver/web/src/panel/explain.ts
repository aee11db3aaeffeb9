/** Why a thing on the map has its colour, in one line, kept for a while. */

import { api } from "../api";
import { cardApi } from "../api/card";
import { say, t, tiers, value } from "../i18n";
import type { Thing } from "../map/pick";
import { deciding } from "../parts/card/words";
import type { Counts, Evidence } from "../types";

const KEPT = 60;
const KEPT_MS = 60_000;
const kept = new Map<string, { at: number; words: Promise<string> }>();

/** As known at a time; empty where there is nothing to say, or the server does not say it. */
export function explain(thing: Thing, asOf: string | null): Promise<string> {
  const key = `${document.documentElement.lang}/${asOf ?? ""}/${thing.kind}/${thing.dataset}/${thing.id}`;
  const found = kept.get(key);
  if (found && Date.now() - found.at < KEPT_MS) return found.words;
  const words = ask(thing, asOf).catch(() => "");
  kept.delete(key);
  kept.set(key, { at: Date.now(), words });
  for (const oldest of [...kept.keys()].slice(0, -KEPT)) kept.delete(oldest);
  return words;
}

async function ask({ kind, dataset, id }: Thing, asOf: string | null): Promise<string> {
  if (kind === "asset") return reason((await cardApi.asset(dataset, id, asOf)).assessment?.chain ?? null);
  if (kind === "cell") return reason((await api.cell(id, asOf)).chain);
  if (kind === "region") return counts((await api.region(id, asOf)).risk?.counts ?? {});
  return "";
}

/** What decides: name, value and what it was compared with. */
export function reason(chain: Evidence | null): string {
  const node = chain ? deciding(chain) : null;
  if (!node) return "";
  const told = [say(node.label), node.value === null ? "" : value(node.value, node.unit), node.threshold].filter(Boolean).join(" ");
  return t("card.because", { told });
}

/** "red 4 · orange 5": only tiers that warn. */
export function counts(of: Counts): string {
  const warned = [...tiers()].reverse().filter(({ tier }) => tier > 0 && of[String(tier)]);
  return warned.map((word) => `${say(word)} ${of[String(word.tier)]}`).join(" · ");
}
