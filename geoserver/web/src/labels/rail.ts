/** The warnings rail. */

export const RAIL = {
  "warning.title": { zh: "预警", en: "Warnings" },
  "warning.filter": { zh: "按等级筛选", en: "Filter by tier" },
  "warning.empty": { zh: "当前没有生效的预警", en: "No active warnings" },
  "warning.allHidden": { zh: "所选等级没有预警", en: "No warnings of the chosen tiers" },
  "warning.raised": { zh: "发布", en: "Raised" },
  "warning.expires": { zh: "有效至", en: "Expires" },
  "warning.cap": { zh: "CAP 报文", en: "CAP message" },
  "warning.feed": { zh: "CAP 订阅", en: "CAP feed" },
} as const;
