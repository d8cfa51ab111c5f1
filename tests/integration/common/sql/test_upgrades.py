"""A store with rows in every table is upgraded through every revision, on both databases, and keeps its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory

from common.sql.database_urls import DatabaseUrl
from common.sql.engines import make_engine
from common.sql.migrate import configuration, migrate
from common.sql.revision import HEAD, VERSION_TABLE
from common.sql.schema import schema_support
from common.sql.store import read_revision
from test_support.paths import ROOT
from test_support.stacks.last_release import file_of_last_release
from test_support.stores.postgres import RunningPostgres

SCRIPTS = ScriptDirectory.from_config(configuration())
REVISIONS = [script.revision for script in SCRIPTS.walk_revisions()][::-1]
"""From the first to the newest."""
TIME = datetime(2026, 11, 28, 12, tzinfo=UTC)
VALUES: list[tuple[type[sa.types.TypeEngine[Any]], Callable[[sa.Column[Any]], Any]]] = [
    (sa.Boolean, lambda _: True),
    (sa.Integer, lambda _: 7),
    (sa.Float, lambda _: 0.25),
    (sa.DateTime, lambda _: TIME),
    (sa.Date, lambda _: date(2026, 11, 27)),
    (sa.JSON, lambda _: {"kept": "äß"}),
    (sa.LargeBinary, lambda _: b"kept"),
    (sa.String, lambda column: f"{column.name} äß"[: getattr(column.type, "length", None)]),
]
"""A value for a column of each type. Subclasses come before their base."""


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[sa.Engine]:
    """An engine on an empty database."""
    if request.param == "sqlite":
        address = DatabaseUrl(path=tmp_path / "upgraded.sqlite")
    else:
        server: RunningPostgres = request.getfixturevalue("postgres_server")
        address = DatabaseUrl.parse(server.create_database(f"upgraded_from_{request.node.callspec.params['first']}"))
    made = make_engine(address, create=True)
    made.address = address  # type: ignore[attr-defined]
    yield made
    made.dispose()


def stored_tables(connection: sa.Connection) -> list[sa.Table]:
    """Return the tables of the database as they are now, each after those that it refers to."""
    metadata = sa.MetaData()
    metadata.reflect(connection)
    return [table for table in metadata.sorted_tables if table.name != VERSION_TABLE]


def value_of(column: sa.Column[Any], referred: dict[str, Any]) -> Any:
    if column.foreign_keys:
        (key,) = column.foreign_keys
        return referred[f"{key.column.table.name}.{key.column.name}"]
    for kind, make in VALUES:
        if isinstance(column.type, kind):
            return make(column)
    raise AssertionError(f"no value for {column} of {column.type!r}")


def fill(connection: sa.Connection) -> dict[str, dict[str, Any]]:
    """Put one row into each table; return the rows."""
    rows: dict[str, dict[str, Any]] = {}
    referred: dict[str, Any] = {}
    for table in stored_tables(connection):
        row = {column.name: value_of(column, referred) for column in table.columns}
        connection.execute(sa.insert(table).values(row))
        referred |= {f"{table.name}.{name}": value for name, value in row.items()}
        rows[table.name] = dict(connection.execute(_find(table, row)).mappings().one())
    return rows


def _find(table: sa.Table, row: dict[str, Any]) -> sa.Select[Any]:
    return sa.select(table).where(*(column == row[column.name] for column in table.primary_key.columns))


@pytest.mark.parametrize("first", REVISIONS)
def test_rows_of_each_revision_survive_the_way_to_the_newest(engine: sa.Engine, first: str) -> None:
    with engine.begin() as connection:
        command.upgrade(configuration(connection), first)
        rows = fill(connection)
        assert read_revision(connection) == first
    assert migrate(engine.address) == first  # type: ignore[attr-defined]
    with engine.begin() as connection:
        assert read_revision(connection) == HEAD
        for table in stored_tables(connection):
            if table.name in rows:
                after = dict(connection.execute(_find(table, rows[table.name])).mappings().one())
                kept = after.keys() & rows[table.name].keys()
                assert {name: after[name] for name in kept} == {name: rows[table.name][name] for name in kept}


def test_every_revision_has_exactly_one_successor() -> None:
    assert len(SCRIPTS.get_heads()) == len(SCRIPTS.get_bases()) == 1
    assert REVISIONS[-1] == HEAD


def find_breaks(before: sa.MetaData, after: sa.MetaData) -> list[str]:
    """Return what would stop code that was written for ``before`` from reading and writing ``after``."""
    found = []
    for name, table in before.tables.items():
        later = after.tables.get(name)
        if later is None:
            found.append(f"no table {name}")
            continue
        found += [
            f"no column {name}.{column}"
            for column in (column.name for column in table.columns)
            if column not in later.columns
        ]
        for column in later.columns:
            earlier = table.columns.get(column.name)
            must_be_written = not column.nullable and column.server_default is None
            if must_be_written and (earlier is None or earlier.nullable):
                found.append(f"{name}.{column.name} must be written")
    return found


def test_a_revision_that_supports_the_code_before_takes_nothing_from_it(tmp_path: Any) -> None:
    address = DatabaseUrl(path=tmp_path / "every.sqlite")
    engine = make_engine(address, create=True)
    before, support = sa.MetaData(), REVISIONS[0]
    for revision in REVISIONS:
        with engine.begin() as connection:
            command.upgrade(configuration(connection), revision)
            after = sa.MetaData()
            after.reflect(connection)
            (support,) = connection.execute(sa.select(schema_support.c.oldest_revision)).scalars()
        if support < revision:
            assert find_breaks(before, after) == [], f"set schema_support.oldest_revision to {revision}"
        before = after
    engine.dispose()
    assert support <= HEAD


def test_breaks_for_earlier_code_are_found() -> None:
    before, after = sa.MetaData(), sa.MetaData()
    sa.Table("gone", before, sa.Column("id", sa.Integer))
    sa.Table("kept", before, sa.Column("a", sa.Integer), sa.Column("b", sa.Integer), sa.Column("c", sa.Integer))
    sa.Table("made", after, sa.Column("id", sa.Integer, nullable=False))
    sa.Table(
        "kept",
        after,
        sa.Column("a", sa.Integer),
        sa.Column("b", sa.Integer, nullable=False),
        sa.Column("d", sa.Integer, nullable=False),
        sa.Column("e", sa.Integer, nullable=False, server_default="1"),
        sa.Column("f", sa.Integer),
    )
    assert find_breaks(before, after) == [
        "no table gone",
        "no column kept.c",
        "kept.b must be written",
        "kept.d must be written",
    ]
    assert find_breaks(before, before) == []


def test_no_revision_of_the_last_release_has_changed() -> None:
    for script in SCRIPTS.walk_revisions():
        path = Path(script.path).relative_to(ROOT)
        released = file_of_last_release(str(path))
        assert released in {None, (ROOT / path).read_bytes()}, f"{path} is released: add a revision instead"
