/** The strip of dated rasters over an asset, each with a small picture. */

import type { DatedImage } from "../../api/card";
import { h } from "../../dom";
import { moment, say, t } from "../../i18n";
import { originTag } from "../../panel/marks";

const SIDE = 132;

export function imageStrip(images: readonly DatedImage[]): HTMLElement[] {
  const kinds = new Map<string, DatedImage[]>();
  for (const image of images) kinds.set(say(image.title), [...(kinds.get(say(image.title)) ?? []), image]);
  return [...kinds].map(([title, of]) =>
    h("figure", { class: "strip" }, h("figcaption", { class: "quiet" }, title, of[0] ? originTag(of[0].origin) : null), h("ol", { tabindex: 0, "aria-label": title }, ...of.map(picture))),
  );
}

function picture({ title, at, thumbnail, source }: DatedImage): HTMLElement {
  const words = t("card.imageWords", { title: say(title), at: moment(at) });
  const image = h("img", { src: thumbnail, width: SIDE, height: SIDE, loading: "lazy", decoding: "async", alt: words, title: source });
  image.addEventListener("error", () => image.replaceWith(h("span", { class: "lost quiet" }, t("card.noImage"))));
  return h("li", {}, h("span", { class: "frame" }, image), h("time", { datetime: at, class: "quiet" }, moment(at)));
}
