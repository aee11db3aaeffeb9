/** The map and its layers. */

export const MAP = {
  "layer.opacity": { zh: "不透明度", en: "Opacity" },
  "layer.source": { zh: "来源", en: "Source" },
  "layer.licence": { zh: "许可", en: "Licence" },
  "layer.updated": { zh: "更新", en: "Updated" },
  "layer.count": { zh: "数量", en: "Count" },
  "layer.origin": { zh: "性质", en: "Origin" },
  "layer.details": { zh: "图层说明", en: "About this layer" },
  "layer.empty": { zh: "服务器没有列出图层", en: "The server lists no layers" },
} as const;
