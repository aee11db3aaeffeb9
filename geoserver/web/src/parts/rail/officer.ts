/** Who is on duty at this browser, and whether it may sound: remembered by the browser. */

const NAME = "minegis.officer";
const MUTED = "minegis.muted";

function stored(key: string): string {
  try {
    return localStorage.getItem(key) ?? "";
  } catch {
    return ""; // a browser that keeps nothing
  }
}

function store(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // It is asked for again.
  }
}

export const officer = (): string => stored(NAME);
export const rememberOfficer = (name: string): void => store(NAME, name);
export const isMuted = (): boolean => stored(MUTED) === "1";
export const rememberMuted = (muted: boolean): void => store(MUTED, muted ? "1" : "");
