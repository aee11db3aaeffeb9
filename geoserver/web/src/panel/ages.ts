/** Ages on the page: they grow, whether or not anything else changes. */

import { age } from "../i18n";

/** The attribute of an element whose text is the age of a time, and that time. */
export const AGED = "data-aged";

/** Write every age below `root` as it is now. */
export function renewAges(root: ParentNode): void {
  for (const element of root.querySelectorAll(`[${AGED}]`)) {
    const text = age(element.getAttribute(AGED));
    if (element.textContent !== text) element.textContent = text;
  }
}
