/** Properties of collections as the server declares them, read once a language. */

import { toolsApi, type Queryable } from "../../api/tools";
import type { Lang } from "../../state";
import type { Layer } from "../../types";
import { datasetOf } from "../../map/style";
import type { Type } from "./cql";

export interface Field {
  name: string;
  title: string;
  type: Type;
  unit: string;
  choices: { value: string; title: string }[];
}

const kept = new Map<string, Promise<Field[]>>();

/** The properties of a collection, in the order they are declared. */
export function fieldsOf(dataset: string, lang: Lang): Promise<Field[]> {
  const key = `${lang}/${dataset}`;
  const asked = kept.get(key) ?? toolsApi.queryables(dataset, lang).then((found) => Object.entries(found).map(([name, one]) => field(name, one)));
  kept.set(key, asked);
  asked.catch(() => kept.delete(key));
  return asked;
}

function field(name: string, { title, type = "string", format, oneOf, "x-ogc-unit": unit = "" }: Queryable): Field {
  const choices = (oneOf ?? []).map(({ const: value, title: text }) => ({ value: String(value), title: text }));
  return { name, title, type: format === "date" ? "date" : format === "date-time" ? "datetime" : type, unit: pretty(unit), choices };
}

/** UCUM as people write it: 10*4.m3 is 10⁴ m³. */
function pretty(unit: string): string {
  const raised = (digits: string): string => [...digits].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)] ?? digit).join("");
  if (unit === "1") return "";
  return unit
    .replace(/10\*(\d+)\.?/g, (_, power: string) => `10${raised(power)} `)
    .replace(/([a-z])(\d)/g, (_, name: string, power: string) => name + raised(power))
    .replace(/^deg$/, "°")
    .trim();
}

/** Collections that the map draws, with their titles, assets first. */
export function listed(layers: readonly Layer[]): { dataset: string; title: Layer["title"] }[] {
  const found = layers.filter(({ kind }) => kind !== "raster").map((layer) => ({ dataset: datasetOf(layer), title: layer.title, base: layer.group.id === "base" }));
  return found.reverse().sort((a, b) => Number(a.base) - Number(b.base));
}
