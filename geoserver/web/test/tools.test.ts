import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { subjectOf } from "../src/parts/table/rows";
import { areaOf, circle, destination, distance, lengthOf, type Place } from "../src/parts/tools/geodesy";
import { conditionOf, type Group, printed, type Rule } from "../src/parts/tools/cql";

// Geodesics of PROJ (pyproj.Geod(ellps="GRS80"), Karney's algorithm), not of the code under test.
test.each([
  [[0, 0], [1, 0], 111319.49079327357],
  [[114.35, 30.2], [103.5, 31.2], 1044915.9068385712],
  [[103.5, 31.2], [103.51, 31.21], 1462.011829647594],
  [[-70, -33], [151, -33.9], 11453332.503497927],
] as [Place, Place, number][])("the way from %j to %j is that of the geodesic on the ellipsoid", (from, to, metres) => {
  expect(distance(from, to)).toBeCloseTo(metres, 3);
  expect(distance(to, from)).toBeCloseTo(metres, 3);
});

test("the published way from Flinders Peak to Buninyong is found", () => {
  // Geoscience Australia, GDA technical manual: 54 972.271 m on GRS 80, azimuth 306°52′05.37″.
  const flinders: Place = [144 + 25 / 60 + 29.52442 / 3600, -(37 + 57 / 60 + 3.7203 / 3600)];
  const buninyong: Place = [143 + 55 / 60 + 35.38393 / 3600, -(37 + 39 / 60 + 10.15611 / 3600)];
  expect(distance(flinders, buninyong)).toBeCloseTo(54972.271, 2);
  const [lng, lat] = destination(flinders, 54972.271, 306 + 52 / 60 + 5.37 / 3600);
  expect(lng).toBeCloseTo(buninyong[0], 7);
  expect(lat).toBeCloseTo(buninyong[1], 7);
});

test("a place some way off in a direction is that of PROJ", () => {
  const far = destination([120, -45], 500_000, 200);
  expect(far[0]).toBeCloseTo(117.65506879814257, 8);
  expect(far[1]).toBeCloseTo(-49.20346488006669, 8);
});

test("a line is as long as its parts, and nothing is no way at all", () => {
  const places: Place[] = [[103.5, 31.2], [103.51, 31.21], [103.5, 31.2]];
  expect(lengthOf(places)).toBeCloseTo(2 * 1462.011829647594, 3);
  expect(lengthOf([[103.5, 31.2]])).toBe(0);
  expect(distance([1, 2], [1, 2])).toBe(0);
});

// Areas of PROJ's Geod.polygon_area_perimeter on GRS 80.
test.each([
  [[[103.5, 31.2], [103.6, 31.2], [103.6, 31.3], [103.5, 31.3]], 105611914.54683685],
  [[[103.5, 31.2], [103.5001, 31.2], [103.5001, 31.2001], [103.5, 31.2001]], 105.66665753722191],
  [[[179, -10], [181, -10], [181, -9], [179, -9]], 24291358740.34674],
] as [Place[], number][])("the area of %j is that on the ellipsoid, not on the Mercator map", (ring, area) => {
  expect(areaOf(ring) / area).toBeCloseTo(1, 5);
  expect(areaOf([...ring].reverse()) / area).toBeCloseTo(1, 5);
  expect(areaOf([...ring, ring[0] as Place]) / area).toBeCloseTo(1, 5);
});

test("twelve degrees square are right to a thousandth", () => {
  expect(areaOf([[100, 28], [112, 28], [112, 40], [100, 40]]) / 1473283565408.1992).toBeCloseTo(1, 3);
});

test("a circle is as far from its middle all around, and closed", () => {
  const ring = circle([103.5, 31.2], 5000);
  for (const place of ring) expect(distance([103.5, 31.2], place)).toBeCloseTo(5000, 4);
  expect(ring.at(-1)).toEqual(ring[0]);
  expect(areaOf(ring) / (Math.PI * 5000 ** 2)).toBeCloseTo(0.9984, 3); // 64 corners: sin(2π/64) / (2π/64)
});

const rule = (property: string, op: Rule["op"], value: Rule["value"] = "", type: Rule["type"] = "string"): Rule => ({ kind: "rule", property, type, op, value });
const group = (op: Group["op"], ...parts: Group["parts"]): Group => ({ kind: "group", op, parts });

/** Trees with the text they must print; `CQL_CASES` takes them to the server's own parser (test_tools.py). */
const CASES: [Group, string][] = [
  [group("and", rule("tier", ">=", "3", "integer")), "tier >= 3"],
  [group("and", rule("name", "=", "O'Brien; --")), "name = 'O''Brien; --'"],
  [group("and", rule("name", "like", "50%_\\")), "CASEI(name) LIKE CASEI('%50\\%\\_\\\\%')"],
  [group("and", rule("overhead", "=", "true", "boolean")), "overhead = TRUE"],
  [group("and", rule("dam_height", "<>", "-1.5e2", "number")), "dam_height <> -150"],
  [group("and", rule("status", "in", "in_use,closed")), "status IN ('in_use', 'closed')"],
  [group("and", rule("tsf_class", "in", "1,2", "integer")), "tsf_class IN (1, 2)"],
  [group("and", rule("score", "isNull")), "score IS NULL"],
  [group("and", rule("score", "isNotNull")), "score IS NOT NULL"],
  [group("and", rule("occurred_at", ">", "2008-05-12", "date")), "occurred_at > DATE('2008-05-12')"],
  [group("and", rule("occurred_at", "<=", "2008-05-12T14:28:01+08:00", "datetime")), "occurred_at <= TIMESTAMP('2008-05-12T06:28:01.000Z')"],
  [
    group("or", rule("tier", ">=", "3", "integer"), group("and", rule("state", "<>", "sufficient"), rule("overhead", "=", "true", "boolean"))),
    "tier >= 3 OR (state <> 'sufficient' AND overhead = TRUE)",
  ],
  [
    group("and", group("or", rule("tier", "=", "4", "integer"), rule("tier", "=", "3", "integer")), {
      kind: "place",
      op: "S_INTERSECTS",
      geometry: { type: "Polygon", coordinates: [[[103.1, 31], [103.9, 31], [103.9, 31.5], [103.1, 31]]] },
    }),
    "(tier = 4 OR tier = 3) AND S_INTERSECTS(geometry, POLYGON((103.1 31, 103.9 31, 103.9 31.5, 103.1 31)))",
  ],
  [group("and", { kind: "place", op: "S_WITHIN", geometry: { type: "Point", coordinates: [103.5, -31.2] } }), "S_WITHIN(geometry, POINT(103.5 -31.2))"],
];

test.each(CASES)("%j is printed as CQL2", (tree, text) => {
  expect(printed(tree)).toBe(text);
});

test("a name that is a word of CQL2 stands in quotes", () => {
  expect(printed(group("and", rule("like", "=", "a")))).toBe("\"like\" = 'a'");
});

test("what is not filled in is left out, and nothing at all selects everything", () => {
  expect(printed(group("and", rule("tier", "=", "", "integer"), group("or")))).toBe("");
  expect(printed(group("or", rule("tier", "=", "x", "integer"), rule("tier", "=", "2", "integer")))).toBe("tier = 2");
  expect(conditionOf(rule("tier", "=", "1; DROP", "integer"))).toBe("");
});

if (process.env["CQL_CASES"]) writeFileSync(process.env["CQL_CASES"], JSON.stringify(CASES.map(([, text]) => text)));

test("a row is about what the map shows of it: a warning about its asset, a region by its code", () => {
  const row = (id: string, properties: Record<string, unknown>) => ({ type: "Feature" as const, id, geometry: null, properties });
  expect(subjectOf("tsf", row("T-1", { code: "9" }))).toEqual({ dataset: "tsf", id: "T-1" });
  expect(subjectOf("warning", row("w", { dataset: "mine", asset_id: "M-1" }))).toEqual({ dataset: "mine", id: "M-1" });
  expect(subjectOf("region", row("r", { code: "510000" }))).toEqual({ dataset: "region", id: "510000" });
  expect(subjectOf("region", row("520000", {}))).toEqual({ dataset: "region", id: "520000" });
});
