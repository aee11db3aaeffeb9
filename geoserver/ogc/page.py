"""A document of the OGC API as a plain web page: nothing but its own text, no script, no other origin."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

_DEEPEST = 6
_SHOWN_APART = ("title", "description", "links", "collections", "features")


def page(document: Mapping[str, Any], language: str) -> bytes:
    """Return an HTML page of any document of the OGC API.

    Parameters
    ----------
    document : mapping
        What the same address answers as JSON.
    language : str
        Of the text, for the browser.
    """
    title = escape(str(document.get("title") or document.get("id") or "OGC API"))
    rest = {key: value for key, value in document.items() if key not in _SHOWN_APART}
    body = "".join(
        (
            f"<h1>{title}</h1>",
            f"<p>{escape(str(document['description']))}</p>" if document.get("description") else "",
            _links(document.get("links", ())),
            "".join(_collection(each) for each in document.get("collections", ())),
            _features(document["features"]) if document.get("features") else "",
            _value(rest, 0),
        )
    )
    head = f'<meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>{title}</title>'
    opening = f'<!doctype html><html lang="{escape(language)}">'
    return f"{opening}<head>{head}</head><body>{body}</body></html>".encode()


def _links(links: Iterable[Mapping[str, str]]) -> str:
    rows = (f"<li>{_link(each['href'], each.get('title') or each['rel'])}</li>" for each in links)
    return f"<ul>{''.join(rows)}</ul>"


def _link(href: str, text: str) -> str:
    safe = href.startswith(("http://", "https://", "/"))
    return f'<a href="{escape(href)}">{escape(text)}</a>' if safe else escape(text)


def _collection(collection: Mapping[str, Any]) -> str:
    address = next((each["href"] for each in collection["links"] if each["rel"] == "items"), "")
    described = escape(str(collection.get("description", "")))
    return f"<h2>{_link(address.partition('?')[0], str(collection['title']))}</h2><p>{described}</p>"


def _features(features: list[Mapping[str, Any]]) -> str:
    names = dict.fromkeys(name for each in features for name in each["properties"])
    head = "".join(f"<th>{escape(name)}</th>" for name in ("id", *names))
    rows = (
        f"<tr><th>{escape(str(each['id']))}</th>"
        + "".join(f"<td>{_value(each['properties'].get(name), _DEEPEST)}</td>" for name in names)
        + "</tr>"
        for each in features
    )
    return f"<table><tr>{head}</tr>{''.join(rows)}</table>"


def _value(value: Any, depth: int) -> str:
    if isinstance(value, Mapping) and depth < _DEEPEST:
        pairs = (f"<dt>{escape(key)}</dt><dd>{_value(each, depth + 1)}</dd>" for key, each in value.items())
        return f"<dl>{''.join(pairs)}</dl>"
    if isinstance(value, list) and any(isinstance(each, Mapping) for each in value) and depth < _DEEPEST:
        return f"<ul>{''.join(f'<li>{_value(each, depth + 1)}</li>' for each in value)}</ul>"
    return escape("" if value is None else str(value))
