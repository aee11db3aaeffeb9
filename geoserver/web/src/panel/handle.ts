/** The handle of a sheet on a phone: drag it down to close, up to fill the screen; a tap does the latter too. */

import { h } from "../dom";

const CLOSES_PX = 70;
const GROWS_PX = -40;

export function handle(sheet: HTMLElement, close: () => void): HTMLElement {
  let from: number | null = null;
  let moved = 0;
  const drag = (event: Event): void => {
    if (from === null) return;
    moved = (event as PointerEvent).clientY - from;
    sheet.style.transform = moved > 0 ? `translateY(${moved}px)` : "";
  };
  const drop = (): void => {
    if (from === null) return;
    from = null;
    sheet.style.transform = "";
    if (moved > CLOSES_PX && !sheet.classList.contains("tall")) close();
    else if (moved > CLOSES_PX) sheet.classList.remove("tall");
    else if (moved < GROWS_PX) sheet.classList.add("tall");
  };
  const grip = h("button", {
    type: "button",
    class: "handle",
    onpointerdown: (event) => {
      from = (event as PointerEvent).clientY;
      moved = 0;
      grip.setPointerCapture((event as PointerEvent).pointerId);
    },
    onpointermove: drag,
    onpointerup: drop,
    onpointercancel: drop,
    onclick: () => {
      if (Math.abs(moved) < 8) sheet.classList.toggle("tall");
      moved = 0;
    },
  });
  return grip;
}
