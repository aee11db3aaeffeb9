/** Shapes of asset markers in a 24 × 24 box: kind by shape, tier by colour and numeral. */

export interface Shape {
  path: string;
  /** Where the numeral sits, and how tall it is. */
  text: [x: number, y: number, size: number];
}

const SHAPES: readonly Shape[] = [
  { path: "M12 1.5 22.5 12 12 22.5 1.5 12Z", text: [12, 12.3, 11] },
  { path: "M12 2 23 21.5H1Z", text: [12, 15.6, 10] },
  { path: "M6.5 4.5h11L23 20H1Z", text: [12, 12.8, 11] },
  { path: "M3 3h18v18H3Z", text: [12, 12.4, 12] },
  { path: "M12 1.5 22.5 9.2 18.5 21.5h-13L1.5 9.2Z", text: [12, 12.6, 11] },
  { path: "M12 2a10 10 0 1 1 0 20a10 10 0 1 1 0-20Z", text: [12, 12.4, 11] },
];

/** Shape of the `place`-th kind of asset in the server's list. */
export const shapeAt = (place: number): Shape => SHAPES[place % SHAPES.length] as Shape;
export const DISC = SHAPES.at(-1) as Shape;
