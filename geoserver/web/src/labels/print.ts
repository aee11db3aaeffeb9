/** Print and PDF. */

export const PRINT = {
  "print.open": { zh: "打印或存为 PDF", en: "Print or save as PDF" },
  "print.title": { zh: "打印地图", en: "Print the map" },
  "print.paper": { zh: "纸张", en: "Paper" },
  "print.landscape": { zh: "A4 横向", en: "A4 landscape" },
  "print.portrait": { zh: "A4 纵向", en: "A4 portrait" },
  "print.card": { zh: "附上打开的卡片", en: "With the open card" },
  "print.go": { zh: "打印", en: "Print" },
  "print.drawing": { zh: "正在按打印精度绘制地图…", en: "Drawing the map at print resolution…" },
  "print.region": { zh: "区域", en: "Region" },
  "print.shown": { zh: "显示时刻", en: "Time shown" },
  "print.asOf": { zh: "以当时所知", en: "As known at" },
  "print.now": { zh: "当前", en: "present" },
  "print.at": { zh: "制图时间", en: "Printed at" },
  "print.address": { zh: "网址", en: "Address" },
  "print.north": { zh: "北", en: "N" },
  "print.whatIf": { zh: "假设推演，不是实况", en: "What-if, not the real situation" },
} as const;
