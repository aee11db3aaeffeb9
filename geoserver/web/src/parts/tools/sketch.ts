/** Setting vertices on the map, by mouse, finger or keyboard. */

import type { Map as Chart, MapMouseEvent } from "maplibre-gl";
import { h } from "../../dom";
import type { Kind } from "./drawing";
import { distance, type Place } from "./geodesy";

const CLOSE_PX = 9;

export interface Sketch {
  readonly kind: Kind;
  readonly vertices: readonly Place[];
  /** The vertex that the pointer would set. */
  readonly hover: Place | null;
  add(place: Place): void;
  undo(): void;
  finish(): void;
  stop(): void;
}

export interface SketchEvents {
  changed: () => void;
  /** With the radius of a circle, km. */
  done: (vertices: Place[], km: number | null) => void;
  cancelled: () => void;
}

/** Begin to set vertices of a shape; `stop` gives the map back. */
export function sketch(chart: Chart, kind: Kind, events: SketchEvents): Sketch {
  let vertices: Place[] = [];
  let hover: Place | null = null;
  const least = { point: 1, line: 2, polygon: 3, circle: 2 }[kind];
  const cross = h("div", { class: "crosshair", "aria-hidden": "true" });
  const canvas = chart.getCanvas();

  const near = (a: Place, b: Place | undefined): boolean => {
    if (!b) return false;
    const [from, to] = [chart.project(a), chart.project(b)];
    return Math.hypot(from.x - to.x, from.y - to.y) < CLOSE_PX;
  };

  function finish(): void {
    if (vertices.length < least) return;
    const [centre, edge] = vertices;
    const km = kind === "circle" && centre && edge ? distance(centre, edge) / 1000 : null;
    const set = kind === "circle" ? vertices.slice(0, 1) : vertices;
    vertices = [];
    hover = null;
    events.done([...set], km);
  }

  function add(place: Place): void {
    const closing = near(place, vertices.at(-1)) || (kind === "polygon" && vertices.length >= least && near(place, vertices[0]));
    if (closing) return finish();
    vertices = [...vertices, place];
    if ((kind === "point" || kind === "circle") && vertices.length === least) return finish();
    events.changed();
  }

  function undo(): void {
    vertices = vertices.slice(0, -1);
    events.changed();
  }

  const at = ({ lngLat }: MapMouseEvent): Place => [lngLat.lng, lngLat.lat];
  const centre = (): Place => {
    const { lng, lat } = chart.getCenter();
    return [lng, lat];
  };
  const clicked = (event: MapMouseEvent): void => add(at(event));
  const moved = (event: MapMouseEvent): void => {
    hover = at(event);
    events.changed();
  };
  const panned = (): void => {
    if (document.activeElement !== canvas) return;
    hover = centre();
    aim();
    events.changed();
  };
  const aim = (): void => {
    const { x, y } = chart.project(centre());
    cross.style.setProperty("--x", `${x}px`);
    cross.style.setProperty("--y", `${y}px`);
    cross.hidden = document.activeElement !== canvas || !canvas.matches(":focus-visible");
  };
  const keyed = (event: KeyboardEvent): void => {
    const act = { Enter: () => add(centre()), Backspace: undo, Escape: events.cancelled }[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  };
  chart.getContainer().append(cross);
  chart.doubleClickZoom.disable();
  chart.on("click", clicked);
  chart.on("mousemove", moved);
  chart.on("move", panned);
  canvas.addEventListener("keydown", keyed);
  canvas.addEventListener("focus", aim);
  canvas.addEventListener("blur", aim);
  canvas.classList.add("drawing");
  aim();

  return {
    kind,
    get vertices() {
      return vertices;
    },
    get hover() {
      return hover;
    },
    add,
    undo,
    finish,
    stop: () => {
      chart.off("click", clicked);
      chart.off("mousemove", moved);
      chart.off("move", panned);
      canvas.removeEventListener("keydown", keyed);
      canvas.removeEventListener("focus", aim);
      canvas.removeEventListener("blur", aim);
      canvas.classList.remove("drawing");
      cross.remove();
      chart.doubleClickZoom.enable();
    },
  };
}

/** Drag handles of a layer; `moved` while a handle goes, `dropped` at the end. */
export function draggable(chart: Chart, layer: string, moved: (at: number, between: boolean, place: Place) => void, dropped: () => void): () => void {
  let held: { at: number; between: boolean } | null = null;
  const grab = (event: MapMouseEvent): void => {
    if (!chart.getLayer(layer)) return;
    const [handle] = chart.queryRenderedFeatures(event.point, { layers: [layer] });
    if (!handle) return;
    event.preventDefault();
    held = { at: Number(handle.properties["at"]), between: handle.properties["between"] === true };
  };
  const drag = ({ lngLat }: MapMouseEvent): void => {
    if (!held) return;
    moved(held.at, held.between, [lngLat.lng, lngLat.lat]);
    held = { at: held.between ? held.at + 1 : held.at, between: false };
  };
  const drop = (): void => {
    if (held) dropped();
    held = null;
  };
  chart.on("mousedown", grab);
  chart.on("mousemove", drag);
  chart.on("mouseup", drop);
  return () => {
    chart.off("mousedown", grab);
    chart.off("mousemove", drag);
    chart.off("mouseup", drop);
  };
}
