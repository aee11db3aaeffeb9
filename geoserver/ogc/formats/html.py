"""Items as a web page: a table that needs no script, and a map where there is one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from data_catalog.collection import RISK_CELL
from data_catalog.dataset import Field
from data_catalog.items import FIXED_COLUMNS, Page, Row
from geoserver.ogc.formats.format import Answer
from minegis.declarations import BilingualText
from minegis.levels import EvidenceState, Label, Origin, Tier

_PART = ("limit", "offset", "cursor")
"""What makes a page of everything that matches."""

_WORDS: Mapping[str, Label] = {
    "map": Label("一张图", "The map"),
    "collections": Label("数据集", "Collections"),
    "here": Label("在一张图上查看", "Show on the one map"),
    "download": Label("下载全部", "Download all"),
    "page": Label("本页", "This page"),
    "matched": Label("共 {n} 项", "{n} items"),
    "many": Label("总数超过一万项", "more than 10,000 items"),
    "shown": Label("，本页 {n} 项", ", {n} on this page"),
    "first": Label("回到首页", "First page"),
    "prev": Label("上一页", "Previous page"),
    "next": Label("下一页", "Next page"),
    "pages": Label("翻页", "Pages"),
    "empty": Label("没有符合条件的对象", "Nothing matches"),
    "id": Label("编号", "Id"),
    "unknown": Label("未知", "Not known"),
    "true": Label("是", "Yes"),
    "false": Label("否", "No"),
    "other": Label("English", "中文"),
}
_ENUMERATIONS: Mapping[str, type[EvidenceState | Origin]] = {"state": EvidenceState, "origin": Origin}


class Html:
    """A page for people, in Chinese or English.

    Its script and style are built beside the map page under names that stay; the map reads the same items as
    GeoJSON.

    Parameters
    ----------
    files : set of str
        Media types of the formats that hold everything, whatever page they are taken from.
    """

    key = "html"
    media_type = "text/html"
    title = "HTML"
    suffix = ""
    streams = False
    as_text = False

    def __init__(self, files: frozenset[str]) -> None:
        self._files = files

    def write(self, pages: Iterable[Page], answer: Answer) -> Iterator[bytes]:
        """Give the bytes of the page."""
        for page in pages:
            yield _Document(page, answer, self._files).text().encode()


class _Document:
    """One page in the making."""

    def __init__(self, page: Page, answer: Answer, files: frozenset[str]) -> None:
        self._answer = answer
        self._files = files
        self._page = page
        self._fields = [answer.collection.properties[name] for name in page.names]
        self._links = {each["rel"]: each["href"] for each in answer.links}

    def text(self) -> str:
        """Return the whole document."""
        if self._answer.single:
            row = self._page.rows[0]
            title, content = self._name(row), self._facts(row)
        else:
            title, content = self._say(self._answer.collection.title), self._table() + self._turning()
        spoken = "zh-CN" if self._answer.language == "zh" else "en"
        return (
            f'<!doctype html><html lang="{spoken}" data-theme="day"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{escape(title)} · minegis</title>"
            '<link rel="icon" href="/icon.svg" type="image/svg+xml">'
            '<link rel="stylesheet" href="/items.css"><script type="module" src="/items.js"></script>'
            f'</head><body>{self._top(title)}<main class="items">{self._summary()}{self._map()}{content}'
            "</main></body></html>"
        )

    def _say(self, text: Label | BilingualText) -> str:
        return text.zh if self._answer.language == "zh" else text.en

    def _word(self, key: str, **values: str) -> str:
        return escape(self._say(_WORDS[key]).format(**values))

    def _top(self, title: str) -> str:
        spoken = self._answer.language
        other = "en" if spoken == "zh" else "zh"
        trail = [("/", self._word("map")), ("/ogc?f=html", "OGC API")]
        trail.append((f"/ogc/collections?f=html&lang={spoken}", self._word("collections")))
        if self._answer.single:
            trail.append((self._items_address(), escape(self._say(self._answer.collection.title))))
        steps = "".join(f"<li>{_link(href, word)}</li>" for href, word in trail)
        turned = _link(_changed(self._links.get("self", ""), lang=other), self._word("other"), "plain")
        return (
            f'<header class="items-top"><nav class="breadcrumb"><ol>{steps}</ol></nav>'
            f'<div class="title"><h1>{escape(title)}</h1>{turned}</div></header>'
        )

    def _summary(self) -> str:
        others = self._downloads()
        if self._answer.single:
            return f'<div class="summary">{self._on_the_map()}{others}</div>'
        matched, rows = self._answer.matched, len(self._page.rows)
        total = self._word("many") if matched is None else self._word("matched", n=f"{matched:,}")
        part = "" if matched == rows else self._word("shown", n=f"{rows:,}")
        return f'<div class="summary"><p>{total}{part}</p>{others}</div>'

    def _downloads(self) -> str:
        """Return links to the page in other formats, and to everything that matches as files."""
        lists = {"page": "", "download": ""}
        for each in self._answer.links:
            if each["rel"] == "alternate":
                whole = each["type"] in self._files
                address = _changed(each["href"], *_PART) if whole else each["href"]
                lists["download" if whole else "page"] += f"<li>{_link(address, escape(each['title']))}</li>"
        shown = (f"<span>{self._word(word)}</span><ul>{list_}</ul>" for word, list_ in lists.items() if list_)
        return f'<nav class="formats">{"".join(shown)}</nav>'

    def _map(self) -> str:
        address = _changed(self._links.get("self", ""), "crs", "skipGeometry", "zoom-level", f="json")
        collection = escape(self._answer.collection.id)
        return (
            f'<div id="map" hidden data-items="{escape(address)}" data-collection="{collection}"></div>'
            '<div class="corner" id="corner" hidden></div>'
        )

    def _table(self) -> str:
        if not self._page.rows:
            return "" if self._answer.matched else f'<p class="quiet empty">{self._word("empty")}</p>'
        head = "".join(
            f'<th scope="col"{_aligned(field)} title="{field.name}">{self._label(field)}</th>'
            for field in self._fields
        )
        rows = "".join(
            f'<tr data-id="{escape(row[0])}"><th scope="row">{_link(self._address(row), escape(row[0]))}</th>'
            + "".join(
                f"<td{_aligned(field)}>{self._value(field, value, row)}</td>"
                for field, value in zip(self._fields, row[FIXED_COLUMNS:], strict=True)
            )
            + "</tr>"
            for row in self._page.rows
        )
        first = f'<th scope="col">{self._word("id")}</th>'
        return (
            f'<div class="table"><table><thead><tr>{first}{head}</tr></thead>'
            f"<tbody>{rows}</tbody></table></div>"
        )

    def _facts(self, row: Row) -> str:
        facts = "".join(
            f'<dt title="{field.name}">{self._label(field)}</dt><dd>{self._value(field, value, row)}</dd>'
            for field, value in zip(self._fields, row[FIXED_COLUMNS:], strict=True)
        )
        return f'<dl class="item-facts"><dt>{self._word("id")}</dt><dd>{escape(row[0])}</dd>{facts}</dl>'

    def _turning(self) -> str:
        links = {rel: href for rel, href in self._links.items() if rel in ("prev", "next")}
        here = self._links.get("self", "")
        if _changed(here, *_PART[1:]) != here:
            links = {"first": _changed(here, *_PART[1:]), **links}
        turns = "".join(f"<li>{_link(href, self._word(rel), rel=rel)}</li>" for rel, href in links.items())
        return (
            f'<nav class="pages" aria-label="{self._word("pages")}"><ul>{turns}</ul></nav>' if turns else ""
        )

    def _label(self, field: Field) -> str:
        unit = f" <small>{escape(field.unit)}</small>" if field.unit not in ("", "1") else ""
        return f"{escape(self._say(field.label))}{unit}"

    def _value(self, field: Field, value: Any, row: Row) -> str:
        """Return a value as people read it; what is stored stays visible when the two differ."""
        if value is None:
            return '<span class="quiet">—</span>'
        if field.name == "tier":
            return self._tier(Tier(value), row)
        word: Label | BilingualText | None = field.choices.get(str(value))
        if word is None and value in _ENUMERATIONS.get(field.name, ()):
            word = _ENUMERATIONS[field.name](value).label
        if word is None and field.type == "boolean":
            word = _WORDS["true" if value else "false"]
        if word is not None:
            return f'<span title="{escape(str(value))}">{escape(self._say(word))}</span>'
        return _number(value) if field.type == "number" else escape(str(value))

    def _tier(self, tier: Tier, row: Row) -> str:
        """Return a tier with its colour; without evidence none is said to be normal."""
        names = self._page.names
        state = row[FIXED_COLUMNS + names.index("state")] if "state" in names else EvidenceState.SUFFICIENT
        if tier is Tier.NONE and state != EvidenceState.SUFFICIENT:
            return f'<span class="tier unknown"><i></i>{self._word("unknown")}</span>'
        return (
            f'<span class="tier"><i style="--swatch:{tier.colour}"></i>{escape(self._say(tier.label))}</span>'
        )

    def _name(self, row: Row) -> str:
        values = dict(zip(self._page.names, row[FIXED_COLUMNS:], strict=True))
        return str(values.get("name") or values.get("asset_name") or row[0])

    def _items_address(self) -> str:
        return f"{self._links.get('collection', '')}/items?f=html&lang={self._answer.language}"

    def _address(self, row: Row) -> str:
        address = f"{self._links.get('collection', '')}/items/{quote(row[0], safe='')}?f=html"
        kept = [(name, text) for name, text in _parameters(self._links.get("self", "")) if name == "as_of"]
        return f"{address}&{urlencode([('lang', self._answer.language), *kept])}"

    def _on_the_map(self) -> str:
        kind = "cell" if self._answer.collection.id == RISK_CELL else "feature"
        item = self._page.rows[0][0]
        parts = [quote(part, safe="") for part in (kind, self._answer.collection.id, item)]
        query = urlencode({"lang": self._answer.language, "show": "/".join(parts)})
        return f"<p>{_link(f'/?{query}', self._word('here'))}</p>"


def _number(value: float) -> str:
    """Return a number to four places, with all of them where they were more."""
    text = f"{value:.4f}".rstrip("0").rstrip(".") if abs(value) >= 1 else f"{value:.4g}"
    return text if float(text) == value else f'<span title="{value!r}">{text}</span>'


def _link(href: str, text: str, kind: str = "", rel: str = "") -> str:
    """Return a link with `text` that is HTML already."""
    marks = f' class="{kind}"' * bool(kind) + f' rel="{rel}"' * bool(rel)
    return f'<a href="{escape(href)}"{marks}>{text}</a>'


def _aligned(field: Field) -> str:
    number = field.type in ("integer", "number") and not field.choices and field.name != "tier"
    return ' class="number"' if number else ""


def _parameters(address: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(address).query, keep_blank_values=True)


def _changed(address: str, *without: str, **values: str) -> str:
    """Return an address without some parameters and with others."""
    kept = [(name, text) for name, text in _parameters(address) if name not in (*without, *values)]
    return urlsplit(address)._replace(query=urlencode([*kept, *values.items()])).geturl()
