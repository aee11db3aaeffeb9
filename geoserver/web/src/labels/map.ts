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
  "layer.move": { zh: "拖动或用上下键调整顺序", en: "Drag, or use the arrow keys, to change the order" },
  "layer.orderHint": { zh: "上面的图层盖住下面的", en: "Upper layers cover lower ones" },
  "layer.only": { zh: "只看此图层", en: "Only this layer" },
  "layer.reset": { zh: "恢复默认", en: "Reset" },
  "layer.stale": { zh: "已陈旧", en: "Stale" },
  "layer.lineage": { zh: "由来", en: "Made from" },
  "layer.record": { zh: "目录条目", en: "Catalogue record" },
  "map.terrain": { zh: "三维地形", en: "Terrain in 3D" },
  "map.north": { zh: "指北，俯视", en: "North up, seen from above" },
  "map.sheet": { zh: "展开或收起面板", en: "Enlarge or close the panel" },
} as const;
