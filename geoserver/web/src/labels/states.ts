/** How the page stands with its server, and what it lets people know of itself. */

export const STATES = {
  "states.offline": { zh: "离线", en: "Offline" },
  "states.signedOut": { zh: "登录已过期", en: "Signed out" },
  "states.asOf": { zh: "数据截至 {at}（{age}），之后的变化未显示", en: "Data as of {at} ({age}); nothing later is shown" },
  "states.nothing": { zh: "尚无可显示的数据", en: "Nothing has been read yet" },
  "states.waiting": { zh: "正在自动重连", en: "Trying again by itself" },
  "states.again": { zh: "立即重试", en: "Try now" },
  "states.signIn": { zh: "重新登录", en: "Sign in again" },
  "states.back": { zh: "正在更新", en: "Being updated" },
  "states.unread": { zh: "未读到：{what}", en: "Not read: {what}" },
  "states.tilesSlow": { zh: "图层读得慢：{what}；仍在等待", en: "Slow to arrive: {what}; still waiting" },
  "states.tilesFailed": { zh: "有瓦片没有读到：{what}；正在自动重试", en: "Tiles could not be read: {what}; trying again" },
  "states.andMore": { zh: "{what} 等 {n} 个图层", en: "{what} and more, {n} layers" },
  "states.staleSources": { zh: "来源已陈旧：{what}", en: "Sources are stale: {what}" },
  "states.sourceAge": { zh: "{name}（{age}）", en: "{name} ({age})" },
  "states.newPage": { zh: "页面有新版本，更新后回到同一画面", en: "There is a newer page; updating leads back to the same view" },
  "states.update": { zh: "更新", en: "Update" },
} as const;
