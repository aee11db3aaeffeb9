"""The tables of the truth store, made from the dataset declarations."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import CreateTable

from data_catalog.dataset import Dataset, datasets
from minegis.errors import StoreConflict

METADATA = sa.MetaData()

_TYPES: dict[str, type[sa.types.TypeEngine[Any]]] = {
    "string": sa.String,
    "integer": sa.Integer,
    "number": sa.Float,
    "boolean": sa.Boolean,
    "date": sa.String,
    "datetime": sa.String,
}


def _history() -> list[sa.Column[str]]:
    return [
        sa.Column("known_from", sa.String, nullable=False),
        sa.Column("known_to", sa.String, index=True),
    ]


@cache
def feature_table(dataset_id: str) -> sa.Table:
    """Return the table of one dataset: one row a version, declared fields as columns."""
    declaration: Dataset = datasets()[dataset_id]
    return sa.Table(
        f"feature_{dataset_id}",
        METADATA,
        sa.Column("pk", sa.Integer, primary_key=True),
        sa.Column("id", sa.String, nullable=False),
        *(sa.Column(field.name, _TYPES[field.type]) for field in declaration.fields),
        sa.Column("geometry", sa.LargeBinary, nullable=False),
        *(sa.Column(edge, sa.Float, nullable=False) for edge in ("minx", "miny", "maxx", "maxy")),
        sa.Column("origin", sa.String, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        *_history(),
        sa.Index(
            f"current_{dataset_id}",
            "id",
            unique=True,
            sqlite_where=sa.text("known_to IS NULL"),
            postgresql_where=sa.text("known_to IS NULL"),
        ),
    )


REVISION = sa.Table(
    "revision",
    METADATA,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("number", sa.Integer, nullable=False),
)

READING = sa.Table(
    "reading",
    METADATA,
    sa.Column("pk", sa.Integer, primary_key=True),
    sa.Column("point_id", sa.String, nullable=False),
    sa.Column("variable", sa.String, nullable=False),
    sa.Column("observed_at", sa.String, nullable=False),
    sa.Column("dataset", sa.String, nullable=False),
    sa.Column("asset_id", sa.String, nullable=False),
    sa.Column("value", sa.Float),
    sa.Column("quality", sa.Integer, nullable=False),
    sa.Column("origin", sa.String, nullable=False),
    sa.Column("source", sa.String, nullable=False),
    sa.Column("received_at", sa.String, nullable=False),
    sa.UniqueConstraint("point_id", "variable", "observed_at"),
    sa.Index("reading_asset", "dataset", "asset_id", "observed_at"),
)

QUARANTINE = sa.Table(
    "quarantine",
    METADATA,
    sa.Column("pk", sa.Integer, primary_key=True),
    sa.Column("dataset", sa.String, nullable=False),
    sa.Column("file", sa.String, nullable=False),
    sa.Column("file_sha256", sa.String, nullable=False),
    sa.Column("row", sa.Integer, nullable=False),
    sa.Column("feature_id", sa.String, nullable=False),
    sa.Column("reasons", sa.JSON, nullable=False),
    sa.Column("values", sa.JSON, nullable=False),
    sa.Column("at", sa.String, nullable=False),
    sa.Column("released_at", sa.String),
    sa.Index("quarantine_open", "dataset", "feature_id"),
)

RUN = sa.Table(
    "run",
    METADATA,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("started_at", sa.String, nullable=False),
    sa.Column("finished_at", sa.String, nullable=False),
    sa.Column("reference_time", sa.String, nullable=False),
    sa.Column("counts", sa.JSON, nullable=False),
)

ARTEFACT = sa.Table(
    "artefact",
    METADATA,
    sa.Column("pk", sa.Integer, primary_key=True),
    sa.Column("id", sa.String, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("layer", sa.String, nullable=False),
    sa.Column("area", sa.String, nullable=False),
    sa.Column("path", sa.String, nullable=False),
    sa.Column("sha256", sa.String, nullable=False),
    sa.Column("method", sa.String, nullable=False),
    sa.Column("parameters", sa.JSON, nullable=False),
    sa.Column("inputs", sa.JSON, nullable=False),
    sa.Column("made_at", sa.String, nullable=False),
    *_history(),
)

SNAPSHOT = sa.Table(
    "snapshot",
    METADATA,
    sa.Column("pk", sa.Integer, primary_key=True),
    sa.Column("run_id", sa.String, nullable=False),
    sa.Column("resolution", sa.Integer, nullable=False),
    sa.Column("path", sa.String, nullable=False),
    sa.Column("sha256", sa.String, nullable=False),
    sa.Column("rows", sa.Integer, nullable=False),
    *_history(),
)

ASSESSMENT = sa.Table(
    "assessment",
    METADATA,
    sa.Column("pk", sa.Integer, primary_key=True),
    sa.Column("dataset", sa.String, nullable=False),
    sa.Column("asset_id", sa.String, nullable=False),
    sa.Column("tier", sa.Integer, nullable=False),
    sa.Column("observed_tier", sa.Integer, nullable=False),
    sa.Column("statutory", sa.Integer, nullable=False),
    sa.Column("model", sa.Integer),
    sa.Column("satellite", sa.Integer),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("score", sa.Float, nullable=False),
    sa.Column("coverage", sa.Float, nullable=False),
    sa.Column("valid_at", sa.String, nullable=False),
    sa.Column("chain", sa.JSON, nullable=False),
    sa.Column("hysteresis", sa.JSON, nullable=False),
    sa.Column("digest", sa.String, nullable=False),
    *_history(),
    sa.Index("assessment_asset", "dataset", "asset_id", "known_to"),
)

REGION_RISK = sa.Table(
    "region_risk",
    METADATA,
    sa.Column("pk", sa.Integer, primary_key=True),
    sa.Column("code", sa.String, nullable=False),
    sa.Column("level", sa.String, nullable=False),
    sa.Column("tier", sa.Integer, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("score", sa.Float),
    sa.Column("nemerow", sa.Float),
    sa.Column("rule_tier", sa.Integer, nullable=False),
    sa.Column("coverage", sa.Float, nullable=False),
    sa.Column("assets", sa.Integer, nullable=False),
    sa.Column("counts", sa.JSON, nullable=False),
    sa.Column("cell_area_km2", sa.JSON, nullable=False),
    sa.Column("contributors", sa.JSON, nullable=False),
    sa.Column("chain", sa.JSON, nullable=False),
    sa.Column("digest", sa.String, nullable=False),
    *_history(),
    sa.Index("region_risk_code", "code", "known_to"),
)

WARNING_EVENT = sa.Table(
    "warning_event",
    METADATA,
    sa.Column("pk", sa.Integer, primary_key=True),
    sa.Column("warning_id", sa.String, nullable=False, index=True),
    sa.Column("identifier", sa.String, nullable=False, unique=True),
    sa.Column("msg_type", sa.String, nullable=False),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("dataset", sa.String, nullable=False),
    sa.Column("asset_id", sa.String, nullable=False),
    sa.Column("asset_name", sa.String, nullable=False),
    sa.Column("region_code", sa.String, nullable=False),
    sa.Column("tier", sa.Integer, nullable=False),
    sa.Column("previous_tier", sa.Integer, nullable=False),
    sa.Column("sent_at", sa.String, nullable=False),
    sa.Column("expires_at", sa.String, nullable=False),
    sa.Column("references", sa.JSON, nullable=False),
    sa.Column("texts", sa.JSON, nullable=False),
    sa.Column("cap", sa.JSON, nullable=False),
    sa.Column("origin", sa.String, nullable=False),
    sa.Column("geometry_wkb", sa.LargeBinary, nullable=False),
    sa.Column("known_from", sa.String, nullable=False),
)


def create(engine: sa.Engine) -> None:
    """Create what is missing: every table, and on SQLite an R*Tree beside each feature table.

    Raises
    ------
    StoreConflict
        If the store was made with other tables, by another version or with other dataset declarations.
    """
    for dataset_id in datasets():
        feature_table(dataset_id)
    if engine.dialect.name == "sqlite":
        _claim(engine)
    METADATA.create_all(engine)
    if engine.dialect.name != "sqlite":
        return
    with engine.begin() as connection:
        for dataset_id in datasets():
            connection.exec_driver_sql(
                f"CREATE VIRTUAL TABLE IF NOT EXISTS rtree_{dataset_id} "
                "USING rtree(pk, minx, maxx, miny, maxy)"
            )


def _claim(engine: sa.Engine) -> None:
    """Write the fingerprint of the tables into a new store; refuse one that bears another."""
    statements = sorted(str(CreateTable(table).compile(engine)) for table in METADATA.tables.values())
    ours = int(hashlib.sha256("".join(statements).encode()).hexdigest()[:7], 16) or 1
    with engine.connect().execution_options(write=True) as connection, connection.begin():
        empty = not sa.inspect(connection).get_table_names()
        theirs = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        if empty:
            connection.exec_driver_sql(f"PRAGMA user_version = {ours}")
        elif theirs != ours:
            raise StoreConflict(
                "the store was made by another version of minegis, or with other dataset declarations",
                where=str(engine.url.database),
                expected=f"tables {ours:07x}; keep the folder and make a new site, then import again",
                got=f"tables {theirs:07x}",
            )
