/** Gets the page its worker, and tells when the server has a newer page. */

const WORKER = "/worker.js";
const LOOK_MS = 3_600_000;

/**
 * Register the worker. `newer` is called when another build of the page is there, `first` when the page has got
 * its first worker: what was read before, it has not seen.
 */
export async function keepOffline(newer: () => void, first: () => void): Promise<void> {
  if (import.meta.env.DEV || !navigator.serviceWorker) return; // absent over plain HTTP, and where workers are blocked
  const workers = navigator.serviceWorker;
  if (!workers.controller) workers.addEventListener("controllerchange", () => handOver(first), { once: true });
  let registration;
  try {
    registration = await workers.register(WORKER);
  } catch {
    return; // a browser that is told to keep nothing; all else works
  }
  if (!registration) return; // nor does one that is told to run no workers answer with any
  const look = (): void => {
    const { waiting } = registration;
    if (!waiting || !workers.controller) return;
    // A worker of this page's own build takes over at once, and says so; any other is newer.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data: takesOver }) => takesOver || newer();
    waiting.postMessage({ takeOver: entry() }, [port2]);
  };
  registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", look));
  look();
  setInterval(() => void registration.update().catch(() => {}), LOOK_MS);
}

/** What was read before there was a worker is kept as well. */
function handOver(first: () => void): void {
  const urls = performance.getEntriesByType("resource").map(({ name }) => name);
  navigator.serviceWorker.controller?.postMessage({ keep: [...new Set(urls)] });
  first();
}

/** The script that the page began with tells its build. */
const entry = (): string => new URL(document.querySelector<HTMLScriptElement>('script[type="module"]')?.src ?? location.href).pathname;
