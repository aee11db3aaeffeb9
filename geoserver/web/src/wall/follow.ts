/** What the phone said: a stream that is opened again for as long as the wall stands. */

import { addressOf, type Told } from "../api/walls";
import { patience } from "../live";

/** A stream that is silent for so long is dead, whatever the browser believes. */
const SILENT_MS = 35_000;

/** Hand over what wall `name` is told, now and later, to a screen or to a phone that watches; returns what ends it. */
export function follow(name: string, screen: boolean, take: (told: Told) => void): () => void {
  let source: EventSource | null = null;
  let tries = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const again = (): void => {
    source?.close();
    clearTimeout(timer);
    timer = setTimeout(connect, patience(tries++, Math.random()) * 1000);
  };
  const heard = (): void => {
    tries = 0;
    clearTimeout(timer);
    timer = setTimeout(again, SILENT_MS);
  };
  function connect(): void {
    source = new EventSource(`${addressOf(name)}/events${screen ? "" : "?screen=false"}`);
    source.addEventListener("beat", heard);
    source.addEventListener("wall", (event) => {
      heard();
      take(JSON.parse((event as MessageEvent<string>).data) as Told);
    });
    source.addEventListener("error", again);
  }
  connect();
  return () => {
    clearTimeout(timer);
    source?.close();
  };
}
