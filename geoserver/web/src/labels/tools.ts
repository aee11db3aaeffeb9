/** Finding and measuring. */

export const TOOLS = {
  "search.placeholder": { zh: "搜索名称或编号", en: "Search name or code" },
  "search.results": { zh: "搜索结果", en: "Search results" },
  "search.empty": { zh: "没有匹配的对象", en: "Nothing matches" },
} as const;
