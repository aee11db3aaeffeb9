/** Start of the page. */

import "./styles/base.css";
import "./styles/layout.css";
import "./styles/panels.css";
import "./styles/rail.css";
import { App } from "./app";
import { h } from "./dom";
import { speak, t } from "./i18n";
import { fromQuery } from "./state";

const AGAIN_MS = 10_000;

/** The map; the wall and the phone that drives it are pages of their own. */
async function start(root: HTMLElement): Promise<void> {
  const state = fromQuery(location.search);
  try {
    if (state.wall) (await import("./wall/wall")).startWall(root, state);
    else if (state.remote) (await import("./wall/remote")).startRemote(root, state, state.remote);
    else await new App(root).start();
  } catch (failure) {
    if (!state.wall && !state.remote) throw failure;
    // Nobody stands at a wall to press a key.
    speak(state.lang);
    root.replaceChildren(h("p", { class: "starting", role: "status" }, t("failure.part")));
    setTimeout(() => location.reload(), AGAIN_MS);
  }
}

void start(document.querySelector("#page") as HTMLElement);
