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
    workplace: "command",
    tab: "layers",
    view: [103.25, 31.5, 8.75, -30, 45],
    region: "513221",
    selected: { kind: "feature", dataset: "tsf", id: "a/b 100%·库" },
    hidden: [1, 2],
    rail: { desk: "waiting", kind: "tsf", text: "a:b c", mine: true },
    layers: { fault: { on: true }, relief: { on: false, opacity: 0.5 }, rain: { opacity: 0.25 }, tsf: { place: 3 } },
    terrain: true,
    moment: "2026-07-01T00:00:00Z",
    asOf: "2026-07-02T00:00:00+08:00",
    compare: { mode: "swipe", with: "2026-06-30T00:00:00Z", at: 0.25 },
    tool: "identify",
    point: [103.51234, -31.2],
    drawn: [{ type: "Feature", properties: { name: "a:b,c" }, geometry: { type: "Point", coordinates: [103.5, 31.25] } }],
    filter: { dataset: "tsf", cql: "name LIKE 'a:%' AND tier >= 3" },
    table: { dataset: "tsf", sort: "-tier,name", within: true },
    incident: "w-1/2",
    whatIf: { rain: 80, hours: 24, pga: 0.2, pond: 0.5 },
    wall: { scene: "nation", loop: 20, name: "hall" },
    remote: "hall-2",
  };
  expect(fromQuery(`?${toQuery(state)}`)).toEqual(state);
});

test.each([
  "?at=200,95,3", "?at=1,2", "?at=,,", "?region=51x", "?show=asset/tsf", "?show=shell/tsf/1", "?hide=9,x",
  "?lang=xx&theme=pink&work=home&tool=saw", "?layer=relief::7", "?time=soon&as_of=later", "?compare=blink,1,", "?drawn=%7B", "?drawn=%5B%7B%7D%5D", "?filter=tsf", "?point=200,1", "?point=1", "?table=%2F:", "?what_if=1,2", "?rail=asleep:a%2Fb:yours:",
])("what cannot be read falls back to the first state: %s", (query) => {
  expect({ ...fromQuery(query), layers: {} }).toEqual(INITIAL);
});

test("a broken escape in the address does not stop the page", () => {
  expect(fromQuery("?show=feature/tsf/100%25zz").selected?.id).toBe("100%zz");
});
