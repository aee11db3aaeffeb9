/** Colours and opacities inside MapLibre style values, changed without knowing the layer. */

import type { Theme } from "../state";

const HEX = /^#([0-9a-f]{6})([0-9a-f]{2})?$/i;

type Hsl = [hue: number, saturation: number, lightness: number];

function toHsl(hex: string): Hsl {
  const [r = 0, g = 0, b = 0] = [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255);
  const top = Math.max(r, g, b);
  const span = top - Math.min(r, g, b);
  const lightness = top - span / 2;
  if (span === 0) return [0, 0, lightness];
  const hue = top === r ? ((g - b) / span + 6) % 6 : top === g ? (b - r) / span + 2 : (r - g) / span + 4;
  return [hue * 60, span / (1 - Math.abs(2 * lightness - 1)), lightness];
}

function toHex([hue, saturation, lightness]: Hsl): string {
  const reach = saturation * Math.min(lightness, 1 - lightness);
  return [0, 8, 4]
    .map((n) => {
      const k = (n + hue / 30) % 12;
      return lightness - reach * Math.max(-1, Math.min(k - 3, 9 - k, 1));
    })
    .map((share) => Math.round(share * 255).toString(16).padStart(2, "0"))
    .join("")
    .replace(/^/, "#");
}

export interface Tone {
  theme: Theme;
  /** How much of the saturation is kept, 0 to 1. */
  saturation: number;
  /** Lower-case colours that mean something and are never changed. */
  fixed: ReadonlySet<string>;
}

/** Change every colour in a style value: quieter, and light for dark at night. */
export function recolour(value: unknown, tone: Tone): unknown {
  if (Array.isArray(value)) return value.map((item) => recolour(item, tone));
  if (typeof value !== "string" || tone.fixed.has(value.toLowerCase())) return value;
  const match = HEX.exec(value);
  if (!match?.[1]) return value;
  const [hue, saturation, lightness] = toHsl(match[1]);
  const shown = tone.theme === "night" ? 0.1 + 0.82 * (1 - lightness) : lightness;
  return toHex([hue, saturation * tone.saturation, shown]) + (match[2] ?? "");
}

function dependsOnZoom(value: unknown[]): boolean {
  return (value[0] === "interpolate" || value[0] === "step") && JSON.stringify(value.slice(1, 3)).includes('["zoom"]');
}

/** Multiply an opacity, also where it is an expression (one of the zoom stays on top, as MapLibre wants). */
export function scaleOpacity(opacity: unknown, factor: number): unknown {
  if (factor === 1) return opacity ?? 1;
  if (opacity === undefined || opacity === null) return factor;
  if (typeof opacity === "number") return opacity * factor;
  if (!Array.isArray(opacity) || !dependsOnZoom(opacity)) return ["*", factor, opacity];
  const first = opacity[0] === "interpolate" ? 4 : 2;
  return opacity.map((item, at) => (at >= first && (at - first) % 2 === 0 ? scaleOpacity(item, factor) : item));
}

/** Black or white, whichever reads better on `hex` (WCAG relative luminance). */
export function inkOn(hex: string): string {
  const [r = 0, g = 0, b = 0] = [1, 3, 5]
    .map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((share) => (share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.25 ? "#15202a" : "#ffffff";
}
