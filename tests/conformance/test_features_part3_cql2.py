"""Abstract tests of CQL2 (OGC 21-065r2, Annex A) over HTTP, with the ids they have there.

Each runs on collections that hold something, in both encodings: the JSON is what an independent parser makes
of the text. Tests named ``test-data`` ask for a data set of Natural Earth, which is not served here; those
named ``logical`` ask for combinations of predicates, and here their answers are told by sets.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from itertools import permutations, product
from typing import Any

import cql2
import pytest
from fastapi.testclient import TestClient

CLASSES = "cql2/1.0/conf"
LANGUAGES = ("cql2-text", "cql2-json")
SIGNS = ("=", "<>", "<", "<=", ">", ">=")
OPPOSITES = (("=", "<>"), (">", "<="), ("<", ">="))
VALUES = {
    "string": "'foo'",
    "boolean": "true",
    "number": "3.14",
    "integer": "1",
    "date-time": "TIMESTAMP('2022-04-14T14:48:46Z')",
    "date": "DATE('2022-04-14')",
}
WORLD = "POLYGON((-180 -90,180 -90,180 90,-180 90,-180 -90))"
YEAR = "INTERVAL('2021-01-01T00:00:00Z','2021-12-31T23:59:59Z')"
MOMENT = "TIMESTAMP('2022-04-24T07:59:57Z')"
# Collections with something in them, of each way that items are held: in SQL, as cells, as lists.
SOURCES = ("earthquake", "tsf", "region", "river", "risk_cell", "warning")
SOME = {"risk_cell": {"bbox": "103.50,31.20,103.56,31.23"}}  # of thousands, which are many to write each time

type Evaluate = Callable[[str, str], set[str]]


@pytest.fixture(params=LANGUAGES)
def evaluate(request: pytest.FixtureRequest, client: TestClient) -> Evaluate:
    """Evaluate a text on a collection, in one encoding, to the ids of the items it selects."""

    def evaluated(collection: str, text: str) -> set[str]:
        return selected(client, collection, text, request.param)

    return evaluated


def asked(client: TestClient, collection: str, text: str, language: str) -> Any:
    written = text if language == "cql2-text" else json.dumps(cql2.parse_text(text).to_json())
    return items(client, collection, {"filter": written, "filter-lang": language})


def items(client: TestClient, collection: str, query: dict[str, str]) -> Any:
    common = {"limit": "10000", "skipGeometry": "true", **SOME.get(collection, {})}
    return client.get(f"/ogc/collections/{collection}/items", params={**common, **query})


def selected(client: TestClient, collection: str, text: str, language: str = "cql2-text") -> set[str]:
    response = asked(client, collection, text, language)
    assert response.status_code == 200, (text, response.text)
    return {str(feature["id"]) for feature in response.json()["features"]}


def kinds_of(client: TestClient, collection: str) -> dict[str, str]:
    """The data type of each queryable: a key of `VALUES`, or a name of geometry."""
    found = client.get(f"/ogc/collections/{collection}/queryables").json()["properties"]
    return {f'"{name}"': each.get("format") or each["type"] for name, each in found.items()}


def queryables(client: TestClient, *wanted: str) -> Iterator[tuple[str, str, str]]:
    """Each collection, queryable and data type; of the types that are wanted, or of all."""
    for collection in SOURCES:
        for name, kind in kinds_of(client, collection).items():
            if not wanted or kind in wanted:
                yield collection, name, kind


def geometries(client: TestClient) -> Iterator[tuple[str, str]]:
    for collection, name, kind in queryables(client):
        if kind.startswith("geometry"):
            yield collection, name


def refused(client: TestClient, collection: str, text: str) -> None:
    for language in LANGUAGES:
        response = asked(client, collection, text, language)
        assert response.status_code == 400
        assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.abstract_test(f"{CLASSES}/basic-cql2", "/conf/basic-cql2/basic-test")
def test_each_collection_says_the_type_of_each_queryable(client: TestClient) -> None:
    for collection in SOURCES:
        kinds = kinds_of(client, collection)
        assert kinds
        assert all(kind in VALUES or kind.startswith("geometry") for kind in kinds.values())
        assert any(kind in VALUES for kind in kinds.values())


@pytest.mark.abstract_test(f"{CLASSES}/basic-cql2", "/conf/basic-cql2/comparison")
def test_opposite_comparisons_share_no_item(client: TestClient, evaluate: Evaluate) -> None:
    for collection, name, kind in queryables(client, *VALUES):
        found = {sign: evaluate(collection, f"{name} {sign} {VALUES[kind]}") for sign in SIGNS}
        assert not any(found[one] & found[other] for one, other in OPPOSITES)
        there = evaluate(collection, f"{name} IS NOT NULL")
        assert all(found[one] | found[other] == there for one, other in OPPOSITES)


@pytest.mark.abstract_test(f"{CLASSES}/basic-cql2", "/conf/basic-cql2/is-null")
def test_an_item_has_a_value_or_has_none(client: TestClient, evaluate: Evaluate) -> None:
    for collection, name, _ in queryables(client):
        there, absent = (evaluate(collection, f"{name} {test}") for test in ("is not null", "IS NULL"))
        assert not there & absent
        assert there | absent == evaluate(collection, "true")


@pytest.mark.abstract_test(f"{CLASSES}/basic-cql2", "/conf/basic-cql2/boolean")
def test_true_selects_all_and_false_nothing(client: TestClient, evaluate: Evaluate) -> None:
    for collection in SOURCES:
        everything = {str(item["id"]) for item in items(client, collection, {}).json()["features"]}
        assert evaluate(collection, "true") == everything != set()
        assert evaluate(collection, "FALSE") == set()


PREDICATES: dict[str, tuple[str, ...]] = {
    "basic-cql2": ("{s} = 'foo'", "{s} <> 'foo'", "{s} IS NULL", "{n} > 3.14", "{n} <= 3.14", "true"),
    "advanced-comparison-operators": ("{s} LIKE '%a%'", "{n} BETWEEN 1 AND 7.6", "{n} in (1, 2, 3)"),
    "case-insensitive-comparison": ("CASEI({s}) = casei('FOO')", "CASEI({s}) LIKE casei('%A%')"),
    "accent-insensitive-comparison": ("ACCENTI({s}) = accenti('föo')", "ACCENTI({s}) LIKE accenti('%ä%')"),
    "basic-spatial-functions": (
        "S_INTERSECTS({g},BBOX(103.2,31,103.9,31.5))",
        "S_INTERSECTS({g},POINT(103.5 31.2))",
    ),
    "spatial-functions": (
        "S_DISJOINT({g},POLYGON((103 30,104 30,104 31.5,103 31.5,103 30)))",
        "S_WITHIN({g},BBOX(103,30,104,31.5))",
    ),
    "temporal-functions": (
        "T_AFTER({t},DATE('2000-01-01'))",
        "T_INTERSECTS({t},INTERVAL('1900-01-01','..'))",
    ),
    "property-property": ("{s} = {s}", "1 < {n}", "{n} <> {n}"),
    "arithmetic": ("{n} * 2 > 1 + 2 * 3", "{n} div 2 = 3", "{n} % 2 < 1"),
}
"""Some of each class, with a text, a number, a geometry and, where there is one, a time."""


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(each, marks=pytest.mark.abstract_test(f"{CLASSES}/{each}", f"/conf/{each}/logical"))
        for each in PREDICATES
    ],
)
def test_combinations_select_what_their_parts_say(client: TestClient, evaluate: Evaluate, name: str) -> None:
    """A part is true of what it selects and false of what its denial selects; of the rest it is unknown."""
    dice = random.Random(name)
    for collection in ("earthquake", "tsf", "risk_cell", "warning"):
        predicates = _predicates(client, collection, name)
        true = {part: evaluate(collection, part) for part in predicates}
        false = {part: evaluate(collection, f"NOT ({part})") for part in predicates}
        for _ in range(10):
            a, b, c, d = (dice.choice(predicates) for _ in range(4))
            found = evaluate(
                collection, f"((NOT ({a}) AND ({b})) OR (({c}) and NOT ({d})) or not (({a}) AND ({d})))"
            )
            assert found == (false[a] & true[b]) | (true[c] & false[d]) | (false[a] | false[d])
            found = evaluate(
                collection, f"(NOT ({b}) AND ({a})) OR (({c}) and ({d})) or not (({a}) OR ({d}))"
            )
            assert found == (false[b] & true[a]) | (true[c] & true[d]) | (false[a] & false[d])


def _predicates(client: TestClient, collection: str, name: str) -> list[str]:
    kinds = kinds_of(client, collection)
    first = {kind: each for each, kind in reversed(kinds.items())}
    geometry = next(each for each, kind in kinds.items() if kind.startswith("geometry"))
    number = first.get("number", first.get("integer"))
    names = {"s": first["string"], "n": number, "g": geometry, "t": first.get("date-time")}
    texts = (*PREDICATES["basic-cql2"], *PREDICATES[name])
    return [text.format(**names) for text in texts if names["t"] or "{t}" not in text]


@pytest.mark.abstract_test(
    f"{CLASSES}/advanced-comparison-operators", "/conf/advanced-comparison-operators/like"
)
def test_a_pattern_matches_the_whole_text(client: TestClient, evaluate: Evaluate) -> None:
    for collection, name, _ in queryables(client, "string"):
        anything, something, nothing, doubled = (
            evaluate(collection, f"{name} LIKE '{pattern}'") for pattern in ("%", "_%", "", "%%")
        )
        assert anything == doubled == evaluate(collection, f"{name} is not null")
        assert not something & nothing
        assert evaluate(collection, f"{name} like '\\%\\_'") == set()


@pytest.mark.abstract_test(
    f"{CLASSES}/advanced-comparison-operators", "/conf/advanced-comparison-operators/between"
)
def test_between_takes_both_ends(client: TestClient, evaluate: Evaluate) -> None:
    for collection, name, _ in queryables(client, "number", "integer"):
        inside = evaluate(collection, f"{name} BETWEEN 0 AND 100")
        assert inside == evaluate(collection, f"{name} >= 0 AND {name} <= 100")
        assert evaluate(collection, f"{name} between 100.0 and 1.0") == set()


@pytest.mark.abstract_test(
    f"{CLASSES}/advanced-comparison-operators", "/conf/advanced-comparison-operators/in"
)
def test_in_is_equal_to_one_of_a_list(client: TestClient, evaluate: Evaluate) -> None:
    lists = {
        "number": ("1", "2", "3"),
        "integer": ("1", "2", "3"),
        "string": ("'foo'", "'bar'"),
        "boolean": ("true",),
        "date-time": ("'2022-04-14T14:52:56Z'", "'2022-04-14T15:52:56Z'"),
        "date": ("'2022-04-14'", "'2022-04-15'"),
    }
    for collection, name, kind in queryables(client, *lists):
        found = evaluate(collection, f"{name} IN ({', '.join(lists[kind])})")
        assert found == set().union(*(evaluate(collection, f"{name} = {each}") for each in lists[kind]))


@pytest.mark.abstract_test(
    f"{CLASSES}/case-insensitive-comparison", "/conf/case-insensitive-comparison/casei"
)
def test_casei_takes_either_case(client: TestClient, evaluate: Evaluate) -> None:
    for collection, name, _ in queryables(client, "string"):
        same = evaluate(collection, f"CASEI({name}) = casei('foo')")
        assert not same & evaluate(collection, f"CASEI({name}) <> casei('FOO')")
    assert evaluate("tsf", "casei(id) = CASEI('t1')") == {"T1"}


@pytest.mark.abstract_test(
    f"{CLASSES}/case-insensitive-comparison", "/conf/case-insensitive-comparison/casei-like"
)
def test_casei_takes_patterns_of_either_case(client: TestClient, evaluate: Evaluate) -> None:
    for collection, name, _ in queryables(client, "string"):
        small, capital = (
            evaluate(collection, f"CASEI({name}) LIKE casei('{text}%')") for text in ("foo", "FOO")
        )
        assert small == capital


@pytest.mark.abstract_test(
    f"{CLASSES}/accent-insensitive-comparison", "/conf/accent-insensitive-comparison/accenti"
)
def test_accenti_takes_text_with_and_without(client: TestClient, evaluate: Evaluate) -> None:
    for collection, name, _ in queryables(client, "string"):
        same = evaluate(collection, f"ACCENTI({name}) = accenti('äöüéáí')")
        assert not same & evaluate(collection, f"ACCENTI({name}) <> accenti('aoueai')")
    assert evaluate("tsf", "accenti(id) = accenti('Ť1')") == {"T1"}


@pytest.mark.abstract_test(
    f"{CLASSES}/accent-insensitive-comparison", "/conf/accent-insensitive-comparison/accenti-like"
)
@pytest.mark.abstract_test(
    f"{CLASSES}/accent-insensitive-comparison", "/conf/accent-insensitive-comparison/accenti-casei"
)
@pytest.mark.abstract_test(
    f"{CLASSES}/accent-insensitive-comparison", "/conf/accent-insensitive-comparison/accenti-casei-like"
)
def test_accenti_takes_patterns_and_either_case(client: TestClient, evaluate: Evaluate) -> None:
    for collection, name, _ in queryables(client, "string"):
        for text in (
            "ACCENTI({0}) LIKE accenti('{1}%')",
            "ACCENTI(CASEI({0})) = accenti(casei('{1}E'))",
            "ACCENTI(CASEI({0})) LIKE accenti(casei('{1}%'))",
        ):
            accented, plain = (evaluate(collection, text.format(name, letter)) for letter in "ÄA")
            assert accented == plain


@pytest.mark.abstract_test(f"{CLASSES}/basic-spatial-functions", "/conf/basic-spatial-functions/s_intersects")
def test_what_intersects_points_and_boxes(client: TestClient, evaluate: Evaluate) -> None:
    for collection, name in geometries(client):
        there = evaluate(collection, f"{name} IS NOT NULL")
        assert evaluate(collection, f"S_INTERSECTS({name},BBOX(-180,-90,180,90))") == there
        assert evaluate(collection, f"S_INTERSECTS({name},POINT(7.02 49.92))") <= there
        refused(client, collection, f"S_INTERSECTS({name},POINT(90 180))")
        halves = [f"S_INTERSECTS({name},BBOX({box}))" for box in ("-180,-90,-90,90", "90,-90,180,90")]
        both = evaluate(collection, " AND ".join(halves))
        assert both == evaluate(collection, halves[0]) & evaluate(collection, halves[1])


@pytest.mark.abstract_test(
    f"{CLASSES}/basic-spatial-functions-plus", "/conf/basic-spatial-functions-plus/s_intersects"
)
def test_what_intersects_every_kind_of_geometry(client: TestClient, evaluate: Evaluate) -> None:
    hole = (
        "((-180 -90, -90 -90, -90 90, -180 90, -180 -90), (-120 -50, -100 -50, -100 -40, -120 -40, -120 -50))"
    )
    area = "((0 0, 10 0, 10 10, 0 10, 0 0))"
    for collection, name in geometries(client):
        refused(client, collection, f"S_INTERSECTS({name},MULTIPOINT(7.02 49.92, 90 180))")
        for literal in (
            "LINESTRING(-180 -45, 0 -45)",
            "MULTILINESTRING((-180 -45, 0 -45), (0 45, 180 45))",
            f"POLYGON{hole}",
            f"MULTIPOLYGON({hole},{area})",
            f"GEOMETRYCOLLECTION(POINT(7.02 49.92), POLYGON{area})",
        ):
            met = evaluate(collection, f"S_INTERSECTS({name},{literal})")
            there = evaluate(collection, f"{name} IS NOT NULL")
            assert met == there - evaluate(collection, f"NOT S_INTERSECTS({name},{literal})")


SPATIAL = {
    "s_intersects": ("BBOX(-180,-90,180,90)", WORLD, "LINESTRING(7 50, 10 51)", "POINT(7.02 49.92)"),
    "s_disjoint": ("BBOX(-180,-90,180,90)", WORLD, "LINESTRING(7 50,10 51)", "POINT(7.02 49.92)"),
    "s_equals": (WORLD, "LINESTRING(7 50,10 51)", "POINT(7.02 49.92)"),
    "s_touches": ("BBOX(-180,-90,180,90)", WORLD, "LINESTRING(7 50,10 51)"),
    "s_crosses": ("BBOX(-180,-90,180,90)", WORLD, "LINESTRING(7 50,10 51)"),
    "s_within": ("BBOX(-180,-90,180,90)", WORLD, "LINESTRING(7 50,10 51)", "MULTIPOINT(7 50,10 51)"),
    "s_contains": ("BBOX(-180,-90,180,90)", WORLD, "LINESTRING(7 50,10 51)", "MULTIPOINT(7 50,10 51)"),
    "s_overlaps": ("MULTIPOINT(7 50,10 51)", "LINESTRING(7 50,10 51)", WORLD),
}


@pytest.mark.parametrize(
    "function",
    [
        pytest.param(
            each,
            marks=pytest.mark.abstract_test(
                f"{CLASSES}/spatial-functions", f"/conf/spatial-functions/{each}"
            ),
        )
        for each in SPATIAL
    ],
)
def test_each_spatial_function_takes_its_literals(
    client: TestClient, evaluate: Evaluate, function: str
) -> None:
    for collection, name in geometries(client):
        found = [evaluate(collection, f"{function}({name},{literal})") for literal in SPATIAL[function]]
        there = evaluate(collection, f"{name} IS NOT NULL")
        if SPATIAL[function][:2] == ("BBOX(-180,-90,180,90)", WORLD):
            assert found[0] == found[1]
        if function == "s_disjoint":
            met = [evaluate(collection, f"s_intersects({name},{each})") for each in SPATIAL[function]]
            assert [there - each for each in met] == found
            assert found[0] == set()
        if function in ("s_intersects", "s_disjoint"):
            refused(client, collection, f"{function}({name},POINT(90 180))")
        if function == "s_contains":
            within = [evaluate(collection, f"s_within({name},{each})") for each in SPATIAL[function]]
            assert not any(one & other for one, other in zip(found, within, strict=True))


@pytest.mark.abstract_test(f"{CLASSES}/temporal-functions", "/conf/temporal-functions/temporal-functions-1")
def test_times_before_after_and_within(client: TestClient, evaluate: Evaluate) -> None:
    for collection, name, _ in queryables(client, "date-time"):
        there = evaluate(collection, f"{name} IS NOT NULL")
        for other in (MOMENT, YEAR):
            found = {
                function: evaluate(collection, f"T_{function}({name},{other})")
                for function in ("AFTER", "BEFORE", "DISJOINT", "EQUALS", "INTERSECTS")
            }
            assert found["DISJOINT"] == found["AFTER"] | found["BEFORE"]
            assert found["INTERSECTS"] == there - found["DISJOINT"]
            assert found["EQUALS"] <= found["INTERSECTS"]


@pytest.mark.abstract_test(f"{CLASSES}/temporal-functions", "/conf/temporal-functions/temporal-functions-2")
def test_each_relation_of_two_intervals(client: TestClient, evaluate: Evaluate) -> None:
    """Of two intervals that are each longer than a moment one of thirteen relations holds (Allen 1983)."""
    exclusive = (
        "AFTER",
        "BEFORE",
        "EQUALS",
        "CONTAINS",
        "DURING",
        "FINISHEDBY",
        "FINISHES",
        "MEETS",
        "METBY",
    )
    exclusive += ("OVERLAPPEDBY", "OVERLAPS", "STARTEDBY", "STARTS")
    pairs = 0
    for collection in ("warning", "catalogue"):
        times = [name for name, kind in kinds_of(client, collection).items() if kind == "date-time"]
        for begin, end in permutations(times, 2):
            between = f"INTERVAL({begin},{end})"
            found = {each: evaluate(collection, f"T_{each}({between},{YEAR})") for each in exclusive}
            longer = evaluate(collection, f"{begin} < {end}")
            assert sum(len(each & longer) for each in found.values()) == len(longer)
            apart = evaluate(collection, f"T_DISJOINT({between},{YEAR})")
            assert apart & longer == (found["AFTER"] | found["BEFORE"]) & longer
            assert not apart & evaluate(collection, f"T_INTERSECTS({between},{YEAR})")
            pairs += 1
    assert pairs >= 2


@pytest.mark.abstract_test(
    f"{CLASSES}/property-property", "/conf/property-property/comparison-value-property"
)
def test_a_value_may_come_first(client: TestClient, evaluate: Evaluate) -> None:
    turned = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
    for collection, name, kind in queryables(client, *VALUES):
        found = {sign: evaluate(collection, f"{VALUES[kind]} {sign} {name}") for sign in SIGNS}
        assert not any(found[one] & found[other] for one, other in OPPOSITES)
        for sign in SIGNS:
            assert found[sign] == evaluate(collection, f"{name} {turned[sign]} {VALUES[kind]}")


@pytest.mark.abstract_test(
    f"{CLASSES}/property-property", "/conf/property-property/comparison-property-property"
)
def test_a_property_equals_itself(client: TestClient, evaluate: Evaluate) -> None:
    for collection, name, _ in queryables(client, *VALUES):
        found = {sign: evaluate(collection, f"{name} {sign} {name}") for sign in SIGNS}
        assert found["<>"] == found["<"] == found[">"] == set()
        assert found["="] == found[">="] == found["<="] == evaluate(collection, f"{name} IS NOT NULL")


@pytest.mark.abstract_test(f"{CLASSES}/property-property", "/conf/property-property/comparison-value-value")
def test_a_value_equals_itself(client: TestClient, evaluate: Evaluate) -> None:
    for collection, value in product(("earthquake", "risk_cell", "warning"), VALUES.values()):
        found = {sign: evaluate(collection, f"{value} {sign} {value}") for sign in SIGNS}
        assert found["<>"] == found["<"] == found[">"] == set()
        assert found["="] == found[">="] == found["<="] == evaluate(collection, "true")


@pytest.mark.abstract_test(f"{CLASSES}/arithmetic", "/conf/arithmetic/arithmetic")
def test_numbers_are_computed(client: TestClient, evaluate: Evaluate) -> None:
    for collection, name, _ in queryables(client, "number", "integer"):
        there = evaluate(collection, f"{name} IS NOT NULL")
        assert evaluate(collection, f"{name} + 2 * 3 - 7 < {name}") == there
        assert evaluate(collection, f"{name} * 4 / 2 ^ 2 = {name}") == there
        assert evaluate(collection, f"({name} div 2) * 2 + {name} % 2 - {name} < 1e-9") == there
        assert evaluate(collection, f"{name} / 0 = 1 OR NOT ({name} / 0 = 1)") == set()
    assert evaluate("earthquake", "magnitude * 10 > 70 + 2 ^ 3") == {"e1"}
    assert evaluate("earthquake", "21 div 10 + magnitude > 9.7") == {"e1"}


@pytest.mark.abstract_test(f"{CLASSES}/cql2-text", "/conf/cql2-text/validate")
@pytest.mark.abstract_test(f"{CLASSES}/cql2-json", "/conf/cql2-json/validate")
def test_both_encodings_select_the_same(client: TestClient) -> None:
    for name, collection in product(PREDICATES, ("earthquake", "tsf", "risk_cell", "warning")):
        for text in _predicates(client, collection, name):
            in_text, in_json = (selected(client, collection, text, language) for language in LANGUAGES)
            assert in_text == in_json


@pytest.mark.abstract_test(f"{CLASSES}/cql2-text", "/conf/cql2-text/escaping")
@pytest.mark.parametrize(
    ("written", "character"),
    [(r"''", "'"), (r"\'", "'"), (r"\\", "\\")]
    + [(rf"\{letter}", character) for letter, character in zip("abtnvfr", "\a\b\t\n\v\f\r", strict=True)],
)
def test_escaped_characters_are_recovered(client: TestClient, written: str, character: str) -> None:
    same = {"op": "=", "args": [f"x{character}y", f"x{character}y"]}
    other = {"op": "=", "args": [f"x{character}y", "xy"]}
    everything = selected(client, "earthquake", "true")
    assert selected(client, "earthquake", f"'x{written}y' = 'x{written}y'") == everything
    for tree, expected in ((same, everything), (other, set())):
        body = json.dumps(tree)
        found = items(client, "earthquake", {"filter": body, "filter-lang": "cql2-json"})
        assert {feature["id"] for feature in found.json()["features"]} == expected
