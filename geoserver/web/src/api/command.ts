/** What the command workplace asks for besides what others ask: the rules that deadlines and measures come from. */

import { get, part } from "../api";
import type { Rules } from "../parts/command/checklist";
import type { Label } from "../types";

interface Package {
  id: string;
  version: string;
  content: {
    title: Label;
    warning: {
      escalation: { levels: string[]; minutes: number[]; factor: Record<string, number> };
      instruction: Record<string, Label>;
    };
  };
}

/** The deadlines and measures of the package that judges now. */
export async function activeRules(): Promise<Rules> {
  const { active } = await get<{ active: { id: string; version: string } }>("/api/v1/rules");
  const { id, version, content } = await get<Package>(`/api/v1/rules/${part(active.id)}/${part(active.version)}`);
  return { name: `${id}/${version}`, ...content.warning.escalation, instruction: content.warning.instruction };
}
