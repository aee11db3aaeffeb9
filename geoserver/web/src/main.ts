/** Start of the page. */

import "./styles/base.css";
import "./styles/layout.css";
import "./styles/panels.css";
import "./styles/rail.css";
import { App } from "./app";

void new App(document.querySelector("#page") as HTMLElement).start();
