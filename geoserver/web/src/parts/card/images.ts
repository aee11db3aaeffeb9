/** The strip of dated rasters over an asset, each with a small picture. */

import type { DatedImage } from "../../api/card";
import { h } from "../../dom";
import { moment, say, t } from "../../i18n";
import { originTag } from "../../panel/marks";

const SIDE = 132;

/** A row for each quantity that has several; single ones share the last row. */
export function imageStrip(images: readonly DatedImage[]): HTMLElement[] {
  const kinds = new Map<string, DatedImage[]>();
  for (const image of images) kinds.set(say(image.title), [...(kinds.get(say(image.title)) ?? []), image]);
  const rows = [...kinds].filter(([, of]) => of.length > 1);
  const singles = [...kinds.values()].filter((of) => of.length === 1).flat();
  return [...rows.map(([title, of]) => strip(title, of, false)), ...(singles.length ? [strip("", singles, true)] : [])];
}

function strip(title: string, of: readonly DatedImage[], named: boolean): HTMLElement {
  const sample = of.find(({ origin }) => origin === "sample");
  const caption = h("figcaption", { class: "quiet" }, title, sample ? originTag(sample.origin) : null);
  return h("figure", { class: "pictures" }, caption, h("ol", { tabindex: 0, "aria-label": title || t("card.images") }, ...of.map((image) => picture(image, named))));
}

function picture({ title, at, thumbnail, source }: DatedImage, named: boolean): HTMLElement {
  const words = t("card.imageWords", { title: say(title), at: moment(at) });
  const image = h("img", { src: thumbnail, width: SIDE, height: SIDE, loading: "lazy", decoding: "async", alt: words, title: source });
  image.addEventListener("error", () => image.replaceWith(h("span", { class: "lost quiet" }, t("card.noImage"))));
  return h("li", {}, h("span", { class: "frame" }, image), named ? h("span", { class: "quiet" }, say(title)) : null, h("time", { datetime: at, class: "quiet" }, moment(at)));
}
