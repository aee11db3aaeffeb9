/** Whether this browser has been offered the tour. */

const NAME = "minegis.tour";

export function isNew(): boolean {
  try {
    return localStorage.getItem(NAME) === null;
  } catch {
    return false; // a browser that remembers nothing would be asked each time
  }
}

export function settled(): void {
  try {
    localStorage.setItem(NAME, "settled");
  } catch {
    // as above
  }
}
