/** Which part stands where, and when: the table of contents of the page. */

import type { MakePart } from "./context";
import { card } from "./parts/card/card";
import { controls } from "./parts/controls";
import { corner } from "./parts/corner";
import { header } from "./parts/header";
import { help } from "./parts/help";
import { layers } from "./parts/layers/layers";
import { rail } from "./parts/rail/rail";
import { strip } from "./parts/rail/strip";
import { region } from "./parts/region/region";
import { supposedOf } from "./parts/decision/supposed";
import { time } from "./parts/time/time";
import { toolButtons } from "./parts/tools/buttons";
import type { Slot } from "./page";
import type { State } from "./state";

export interface Place {
  slot: Slot;
  /** Shown while this holds. */
  when: (state: State) => boolean;
  /** Makes the part when it is first shown; what is seldom needed is fetched then. */
  make: () => MakePart | Promise<MakePart>;
}

const always = (): boolean => true;

export const PLACES: readonly Place[] = [
  { slot: "top", when: always, make: () => header },
  { slot: "left", when: ({ workplace, tab }) => workplace === "monitoring" && tab === "regions", make: () => region },
  { slot: "left", when: ({ workplace, tab }) => workplace === "monitoring" && tab === "layers", make: () => layers },
  { slot: "left", when: ({ workplace }) => workplace === "decision", make: async () => (await import("./parts/decision/decision")).decision },
  { slot: "left", when: ({ workplace }) => workplace === "command", make: async () => (await import("./parts/command/command")).incident },
  { slot: "right", when: ({ workplace, selected }) => workplace === "command" && selected === null, make: async () => (await import("./parts/command/command")).plan },
  { slot: "stage", when: ({ workplace }) => workplace === "command", make: async () => (await import("./parts/command/command")).palette },
  { slot: "stage", when: (state) => supposedOf(state) !== null, make: async () => (await import("./parts/decision/frame")).frame },
  { slot: "stage", when: always, make: () => strip },
  { slot: "right", when: ({ selected, workplace }) => selected === null && workplace !== "command", make: () => rail },
  { slot: "right", when: ({ selected }) => selected !== null, make: () => card },
  { slot: "bottom", when: ({ workplace, wall }) => workplace === "monitoring" && !wall, make: async () => (await import("./parts/monitoring")).monitoring },
  { slot: "bottom", when: ({ workplace, wall }) => workplace === "decision" && !wall, make: async () => (await import("./parts/decision/analysis")).analysis },
  { slot: "bottom", when: always, make: () => time },
  { slot: "stage", when: ({ compare }) => compare !== null, make: async () => (await import("./parts/compare")).compare },
  { slot: "bottom", when: ({ table }) => table !== null, make: async () => (await import("./parts/table/table")).table },
  { slot: "stage", when: ({ tool, drawn }) => tool === "measure" || tool === "draw" || drawn.length > 0, make: async () => (await import("./parts/tools/draw")).draw },
  { slot: "stage", when: ({ point, tool }) => point !== null || tool === "identify", make: async () => (await import("./parts/tools/point")).point },
  { slot: "stage", when: ({ tool }) => tool === "filter", make: async () => (await import("./parts/tools/filter")).filter },
  { slot: "stage", when: ({ filter }) => filter !== null, make: async () => (await import("./parts/tools/filtered")).filtered },
  { slot: "tools", when: always, make: () => controls },
  { slot: "tools", when: always, make: () => toolButtons },
  { slot: "tools", when: always, make: () => help },
  { slot: "corner", when: always, make: () => corner },
];
