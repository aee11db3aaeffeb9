/** The command workplace: the incident on the left, plotting on the map, checklist and timeline on the right. */

export { incident } from "./incident";
export { palette } from "./palette";
export { plan } from "./plan";
