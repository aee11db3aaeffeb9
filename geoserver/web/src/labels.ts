/** Every word the page itself says, in both languages, one file a part. Words about data come from the server. */

import { CARD } from "./labels/card";
import { COMMAND } from "./labels/command";
import { DECISION } from "./labels/decision";
import { HELP } from "./labels/help";
import { MAP } from "./labels/map";
import { PAGE } from "./labels/page";
import { PRINT } from "./labels/print";
import { RAIL } from "./labels/rail";
import { STATES } from "./labels/states";
import { TIME } from "./labels/time";
import { TOOLS } from "./labels/tools";
import { WALL } from "./labels/wall";

export const LABELS = {
  ...PAGE,
  ...HELP,
  ...MAP,
  ...TOOLS,
  ...CARD,
  ...PRINT,
  ...RAIL,
  ...STATES,
  ...TIME,
  ...COMMAND,
  ...WALL,
  ...DECISION,
} satisfies Record<string, { zh: string; en: string }>;

export type LabelKey = keyof typeof LABELS;
