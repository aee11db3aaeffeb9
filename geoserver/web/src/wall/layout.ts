/** How a wall is divided into screens, and how large digits must be; pure. */

/** Everything is laid out on screens of this size and then scaled. */
export const SCREEN = { width: 1920, height: 1080 } as const;
const MOST_SCREENS = 3;

export interface Composition {
  /** Screens side by side; no block crosses from one to the next, where a bezel may be. */
  screens: 1 | 2 | 3;
  /** Pixels of the wall for one of the design. */
  scale: number;
  /** What is left and right, above and below, px. */
  margin: { x: number; y: number };
}

/** The composition of a wall of so many pixels: 5760×1080 is three screens, 3840×2160 one at twice the size. */
export function composed(width: number, height: number): Composition {
  const across = width / height / (SCREEN.width / SCREEN.height);
  const screens = Math.min(MOST_SCREENS, Math.max(1, Math.round(across))) as Composition["screens"];
  const scale = Math.min(width / (SCREEN.width * screens), height / SCREEN.height);
  return { screens, scale, margin: { x: (width - SCREEN.width * screens * scale) / 2, y: (height - SCREEN.height * scale) / 2 } };
}

/**
 * Pixels of the design that a digit must be high to be read.
 *
 * A sign is read with ease when it is seen under 20 minutes of arc (ISO 9241-303): 10 m × tan 20′ = 58 mm. A
 * screen of 55″ is 685 mm high, so that a pixel of the design is 0.634 mm and the digit 92 px.
 */
export function digitPixels(metres: number, arcMinutes: number, screenMillimetres: number): number {
  const millimetres = metres * 1000 * Math.tan((arcMinutes / 60) * (Math.PI / 180));
  return (millimetres / screenMillimetres) * SCREEN.height;
}
