"""The tables of the truth store, made from the dataset declarations."""

from __future__ import annotations

import hashlib
import secrets
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateTable

from data_catalog.dataset import Dataset, datasets
from data_catalog.store.backend import Backend
from minegis.clock import format_moment, utc_now
from minegis.errors import StoreConflict

METADATA = sa.MetaData()

# Text compares by code point everywhere, as SQLite's own does, so that order and pages are the same.
TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")

_TYPES: dict[str, sa.types.TypeEngine[Any]] = {
    "string": TEXT,
    "integer": sa.BigInteger(),
    "number": sa.Double(),
    "boolean": sa.Boolean(),
    "date": TEXT,
    "datetime": TEXT,
}


_JOINED = ("known_from", "tier", "state", "score", "digest")


def _history(indexed: bool = False) -> list[sa.Column[str]]:
    return [
        sa.Column("known_from", TEXT, nullable=False, index=indexed),
        sa.Column("known_to", TEXT, index=indexed),
    ]


def _one_each(name: str, *keys: str, shown: tuple[str, ...] = ()) -> list[sa.Index]:
    """At most one row of each key is current; what is `shown` of each is read from the index alone."""
    current = sa.text("known_to IS NULL")
    return [
        sa.Index(f"current_{name}", *keys, unique=True, sqlite_where=current, postgresql_where=current),
        sa.Index(f"versions_{name}", *keys, "known_to", *shown),
    ]


@cache
def feature_table(dataset_id: str) -> sa.Table:
    """Return the table of one dataset: one row a version, declared fields as columns, the shape last.

    `as_text` repeats fields, origin and source as one JSON object: what most answers are made of.
    """
    declaration: Dataset = datasets()[dataset_id]
    return sa.Table(
        f"feature_{dataset_id}",
        METADATA,
        sa.Column("pk", KEY, primary_key=True),
        sa.Column("id", TEXT, nullable=False),
        *_history(indexed=True),
        *(sa.Column(edge, sa.Double, nullable=False) for edge in ("minx", "miny", "maxx", "maxy")),
        sa.Column("origin", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        *(sa.Column(each.name, _TYPES[each.type], index=each.indexed) for each in declaration.fields),
        sa.Column("as_text", TEXT, nullable=False),
        sa.Column("geometry", sa.LargeBinary, nullable=False),
        *_one_each(dataset_id, "id"),
    )


STORE = sa.Table(
    "store",
    METADATA,
    sa.Column("identity", TEXT, primary_key=True),
    sa.Column("tables", TEXT, nullable=False),
)

REVISION = sa.Table(
    "revision",
    METADATA,
    sa.Column("name", TEXT, primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("at", TEXT, nullable=False),
)

READING = sa.Table(
    "reading",
    METADATA,
    sa.Column("pk", KEY, primary_key=True),
    sa.Column("point_id", TEXT, nullable=False),
    sa.Column("variable", TEXT, nullable=False),
    sa.Column("observed_at", TEXT, nullable=False),
    sa.Column("dataset", TEXT, nullable=False),
    sa.Column("asset_id", TEXT, nullable=False),
    sa.Column("value", sa.Double),
    sa.Column("quality", sa.Integer, nullable=False),
    sa.Column("origin", TEXT, nullable=False),
    sa.Column("source", TEXT, nullable=False),
    sa.Column("received_at", TEXT, nullable=False),
    sa.UniqueConstraint("point_id", "variable", "observed_at"),
    sa.Index("reading_asset", "dataset", "asset_id", "observed_at"),
)

QUARANTINE = sa.Table(
    "quarantine",
    METADATA,
    sa.Column("pk", KEY, primary_key=True),
    sa.Column("dataset", TEXT, nullable=False),
    sa.Column("file", TEXT, nullable=False),
    sa.Column("file_sha256", TEXT, nullable=False),
    sa.Column("row", sa.Integer, nullable=False),
    sa.Column("feature_id", TEXT, nullable=False),
    sa.Column("reasons", sa.JSON, nullable=False),
    sa.Column("values", sa.JSON, nullable=False),
    sa.Column("at", TEXT, nullable=False),
    sa.Column("released_at", TEXT),
    sa.Index("quarantine_open", "dataset", "feature_id"),
)

RUN = sa.Table(
    "run",
    METADATA,
    sa.Column("id", TEXT, primary_key=True),
    sa.Column("started_at", TEXT, nullable=False),
    sa.Column("finished_at", TEXT, nullable=False),
    sa.Column("reference_time", TEXT, nullable=False),
    sa.Column("counts", sa.JSON, nullable=False),
    sa.Column("known_from", TEXT, nullable=False, unique=True),
    sa.Column("tiers", sa.JSON, nullable=False),
    sa.Column("warnings", sa.Integer, nullable=False),
)

ARTEFACT = sa.Table(
    "artefact",
    METADATA,
    sa.Column("pk", KEY, primary_key=True),
    sa.Column("id", TEXT, nullable=False),
    sa.Column("kind", TEXT, nullable=False),
    sa.Column("layer", TEXT, nullable=False),
    sa.Column("area", TEXT, nullable=False),
    sa.Column("path", TEXT, nullable=False),
    sa.Column("sha256", TEXT, nullable=False),
    sa.Column("method", TEXT, nullable=False),
    sa.Column("parameters", sa.JSON, nullable=False),
    sa.Column("inputs", sa.JSON, nullable=False),
    sa.Column("made_at", TEXT, nullable=False),
    *_history(),
)

SNAPSHOT = sa.Table(
    "snapshot",
    METADATA,
    sa.Column("pk", KEY, primary_key=True),
    sa.Column("run_id", TEXT, nullable=False),
    sa.Column("resolution", sa.Integer, nullable=False),
    sa.Column("path", TEXT, nullable=False),
    sa.Column("sha256", TEXT, nullable=False),
    sa.Column("rows", sa.Integer, nullable=False),
    *_history(),
)

ASSESSMENT = sa.Table(
    "assessment",
    METADATA,
    sa.Column("pk", KEY, primary_key=True),
    sa.Column("dataset", TEXT, nullable=False),
    sa.Column("asset_id", TEXT, nullable=False),
    sa.Column("tier", sa.Integer, nullable=False),
    sa.Column("observed_tier", sa.Integer, nullable=False),
    sa.Column("statutory", sa.Integer, nullable=False),
    sa.Column("model", sa.Integer),
    sa.Column("satellite", sa.Integer),
    sa.Column("state", TEXT, nullable=False),
    sa.Column("score", sa.Double, nullable=False),
    sa.Column("coverage", sa.Double, nullable=False),
    sa.Column("valid_at", TEXT, nullable=False),
    sa.Column("digest", TEXT, nullable=False),
    *_history(),
    sa.Column("chain", sa.JSON, nullable=False),
    sa.Column("hysteresis", sa.JSON, nullable=False),
    *_one_each("assessment", "dataset", "asset_id", shown=_JOINED),
)

REGION_RISK = sa.Table(
    "region_risk",
    METADATA,
    sa.Column("pk", KEY, primary_key=True),
    sa.Column("code", TEXT, nullable=False),
    sa.Column("level", TEXT, nullable=False),
    sa.Column("tier", sa.Integer, nullable=False),
    sa.Column("state", TEXT, nullable=False),
    sa.Column("score", sa.Double),
    sa.Column("nemerow", sa.Double),
    sa.Column("rule_tier", sa.Integer, nullable=False),
    sa.Column("coverage", sa.Double, nullable=False),
    sa.Column("assets", sa.Integer, nullable=False),
    sa.Column("digest", TEXT, nullable=False),
    *_history(),
    sa.Column("counts", sa.JSON, nullable=False),
    sa.Column("cell_area_km2", sa.JSON, nullable=False),
    sa.Column("contributors", sa.JSON, nullable=False),
    sa.Column("chain", sa.JSON, nullable=False),
    *_one_each("region_risk", "code", shown=_JOINED),
)

WARNING_EVENT = sa.Table(
    "warning_event",
    METADATA,
    sa.Column("pk", KEY, primary_key=True),
    sa.Column("warning_id", TEXT, nullable=False, index=True),
    sa.Column("identifier", TEXT, nullable=False, unique=True),
    sa.Column("msg_type", TEXT, nullable=False),
    sa.Column("status", TEXT, nullable=False),
    sa.Column("dataset", TEXT, nullable=False),
    sa.Column("asset_id", TEXT, nullable=False, index=True),
    sa.Column("asset_name", TEXT, nullable=False),
    sa.Column("region_code", TEXT, nullable=False),
    sa.Column("tier", sa.Integer, nullable=False),
    sa.Column("previous_tier", sa.Integer, nullable=False),
    sa.Column("sent_at", TEXT, nullable=False),
    sa.Column("expires_at", TEXT, nullable=False),
    sa.Column("references", sa.JSON, nullable=False),
    sa.Column("texts", sa.JSON, nullable=False),
    sa.Column("cap", sa.JSON, nullable=False),
    sa.Column("origin", TEXT, nullable=False),
    sa.Column("geometry_wkb", sa.LargeBinary, nullable=False),
    sa.Column("known_from", TEXT, nullable=False, index=True),
)

WARNING_ACTION = sa.Table(
    "warning_action",
    METADATA,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("warning_id", TEXT, nullable=False, index=True),
    sa.Column("identifier", TEXT, nullable=False),
    sa.Column("kind", TEXT, nullable=False),
    sa.Column("who", TEXT, nullable=False),
    sa.Column("to", TEXT, nullable=False),
    sa.Column("text", TEXT, nullable=False),
    sa.Column("reason", TEXT, nullable=False),
    sa.Column("key", TEXT, nullable=False, unique=True),
    sa.Column("at", TEXT, nullable=False, index=True),
)

RULE_PACKAGE = sa.Table(
    "rule_package",
    METADATA,
    sa.Column("pk", KEY, primary_key=True),
    sa.Column("id", TEXT, nullable=False),
    sa.Column("version", TEXT, nullable=False),
    sa.Column("digest", TEXT, nullable=False, index=True),
    sa.Column("content", sa.JSON, nullable=False),
    sa.Column("text", TEXT, nullable=False),
    sa.Column("signature", sa.JSON, nullable=False),
    sa.Column("signer", TEXT, nullable=False),
    sa.Column("received_by", TEXT, nullable=False),
    sa.Column("received_at", TEXT, nullable=False),
)

RULE_BACKTEST = sa.Table(
    "rule_backtest",
    METADATA,
    sa.Column("pk", KEY, primary_key=True),
    sa.Column("digest", TEXT, nullable=False, index=True),
    sa.Column("against", TEXT, nullable=False),
    sa.Column("since", TEXT, nullable=False),
    sa.Column("until", TEXT, nullable=False),
    sa.Column("report", sa.JSON, nullable=False),
    sa.Column("made_by", TEXT, nullable=False),
    sa.Column("made_at", TEXT, nullable=False),
)

RULE_ACTIVATION = sa.Table(
    "rule_activation",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", TEXT, nullable=False),
    sa.Column("from_digest", TEXT, nullable=False),
    sa.Column("to_digest", TEXT, nullable=False),
    sa.Column("who", TEXT, nullable=False),
    sa.Column("reason", TEXT, nullable=False),
    sa.Column("at", TEXT, nullable=False),
)


def create(backend: Backend) -> str:
    """Make the tables of a new store; return its identity, a random text that it keeps.

    Raises
    ------
    StoreConflict
        If the store was made with other tables, by another version or with other dataset declarations.
    """
    tables = [feature_table(dataset_id) for dataset_id in datasets()]
    with backend.reading() as connection:
        identity = _identity(connection, backend)
    if identity:
        return identity
    with backend.writing() as connection:
        identity = _identity(connection, backend)
        if identity:  # another process was faster
            return identity
        backend.prepare(connection)
        METADATA.create_all(connection, checkfirst=False)
        for table in tables:
            backend.index_shapes(connection, table)
        identity = secrets.token_hex(8)
        connection.execute(sa.insert(STORE).values(identity=identity, tables=_fingerprint(backend)))
        made = {"name": STORE.name, "number": 1, "at": format_moment(utc_now())}
        connection.execute(sa.insert(REVISION).values(made))
    return identity


def _identity(connection: sa.Connection, backend: Backend) -> str:
    """Return the identity of the store, empty when nothing is there yet."""
    present = set(sa.inspect(connection).get_table_names())
    if not present & set(METADATA.tables):
        return ""
    row = connection.execute(sa.select(STORE)).one() if STORE.name in present else None
    if row is None or row.tables != _fingerprint(backend):
        raise StoreConflict(
            "the store was made by another version of minegis, or with other dataset declarations",
            where=backend.place,
            expected=f"tables {_fingerprint(backend)}; keep it and make a new site, then import again",
            got=f"tables {row.tables if row else 'without a fingerprint'}",
        )
    return str(row.identity)


def _fingerprint(backend: Backend) -> str:
    made: list[sa.schema.ExecutableDDLElement] = [CreateTable(table) for table in METADATA.tables.values()]
    made += [CreateIndex(index) for table in METADATA.tables.values() for index in table.indexes]
    statements = sorted(str(each.compile(dialect=backend.dialect)) for each in made)
    return hashlib.sha256("".join(statements).encode()).hexdigest()[:12]
