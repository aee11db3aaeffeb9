"""GeoJSON text sequences (RFC 8142): one feature after another, each readable as soon as it is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import orjson

from data_catalog.items import Page
from geoserver.ogc.formats.format import Answer
from geoserver.ogc.formats.geojson import OPTIONS, features

_RECORD = b"\x1e"


class GeoJsonSeq:
    """A record separator before each feature, a line feed after it."""

    key = "geojsonseq"
    media_type = "application/geo+json-seq"
    title = "GeoJSON text sequence"
    suffix = ".geojsons"
    streams = True
    as_text = True

    def write(self, pages: Iterable[Page], answer: Answer) -> Iterator[bytes]:
        """Give the bytes of the sequence, a page at a time."""
        for page in pages:
            texts = (orjson.dumps(each, option=OPTIONS) for each in features(page, answer))
            yield b"".join(b"%b%b\n" % (_RECORD, text) for text in texts)
