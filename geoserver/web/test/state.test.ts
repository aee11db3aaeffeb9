import { expect, test } from "vitest";
import { fromQuery, INITIAL, type State, toQuery } from "../src/state";

test("the first state leaves the address empty", () => {
  expect(toQuery(INITIAL)).toBe("");
  expect(fromQuery("")).toEqual(INITIAL);
});

test("every part of the state survives the address", () => {
  const state: State = {
    lang: "en",
    theme: "night",
    tab: "layers",
    view: [103.25, 31.5, 8.75],
    region: "513221",
    selected: { kind: "feature", dataset: "tsf", id: "a/b 100%·库" },
    hidden: [1, 2],
    layers: { fault: { on: true }, relief: { on: false, opacity: 0.5 }, rain: { opacity: 0.25 } },
  };
  expect(fromQuery(`?${toQuery(state)}`)).toEqual(state);
});

test.each([
  "?at=200,95,3", "?at=1,2", "?at=,,", "?region=51x", "?show=asset/tsf", "?show=shell/tsf/1", "?hide=9,x",
  "?lang=xx&theme=pink", "?layer=relief::7",
])("what cannot be read falls back to the first state: %s", (query) => {
  expect({ ...fromQuery(query), layers: {} }).toEqual(INITIAL);
});

test("a broken escape in the address does not stop the page", () => {
  expect(fromQuery("?show=feature/tsf/100%25zz").selected?.id).toBe("100%zz");
});
