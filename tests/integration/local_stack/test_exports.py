"""The track record in a file: the same forecasts as Parquet and as CSV, and no half file."""

from __future__ import annotations

import csv
import json
import os
import resource
import signal
import subprocess
import sys
from datetime import date

import pandas as pd
import pyarrow as pa
import pytest
import sqlalchemy as sa
from flask import Flask
from pyarrow import parquet as pq

from common.domain.errors import StoreUnavailable
from common.domain.outcomes import Outcome, scored_outcome
from common.sql import schema
from common.sql.engines import make_engine
from common.sql.repositories.ledger.entries import NewOutcome, append_forecasts, append_outcomes, list_due_forecasts
from common.sql.repositories.ledger.replay import ReplayedForecast, append_replayed
from local_stack.exports import __main__ as command
from local_stack.exports import parquet
from test_support.paths import ROOT
from test_support.waiting import until
from tests.integration.common.sql.test_ledger import NOW, TARGET, finished
from webserver.track_record.routes import track_record_api


@pytest.fixture(autouse=True)
def _settings(monkeypatch, sql_url):
    monkeypatch.setenv("DATABASE_URL", sql_url)


@pytest.fixture
def record(sql_store):
    """A record of six forecasts, one scored and one without a close, and a replay of one."""
    made = [*finished(1, 2, 3, 4), *finished(5, kind="sample"), *finished(6, ticker="BRK-B")]
    sql_store.transaction(lambda c: append_forecasts(c, made, NOW))
    scored, other, *_ = sql_store.read(lambda c: list_due_forecasts(c, "AAPL", TARGET, 0, 10))
    outcomes = [
        NewOutcome(scored, scored_outcome(scored.entry, scored.entry.last_close, 99.5, "b" * 64)),
        NewOutcome(other, Outcome(status="ended")),
    ]
    sql_store.transaction(lambda c: append_outcomes(c, outcomes, NOW))
    (replayed,) = finished(7, kind="replay")
    sql_store.transaction(lambda c: append_replayed(c, [ReplayedForecast(replayed, Outcome(status="ended"))], NOW))
    return sql_store


@pytest.mark.usefixtures("record")
def test_a_parquet_file_has_typed_columns(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(command, "ROWS_AT_ONCE", 2)
    monkeypatch.setattr(parquet, "ROWS_OF_GROUP", 4)
    path = tmp_path / "record.parquet"
    assert command.main([str(path)]) == 0
    assert capsys.readouterr().out == f"{path} holds 6 forecasts.\n"
    file = pq.ParquetFile(path)
    assert [file.metadata.row_group(index).num_rows for index in range(file.num_row_groups)] == [4, 2]
    types = {field.name: field.type for field in file.schema_arrow}
    assert {types["as_of"], types["target_date"]} == {pa.date32()}
    assert {types[f"{name}_at"] for name in ("made", "recorded", "outcome_recorded")} == {pa.timestamp("us", tz="UTC")}
    assert {types[name] for name in ("number", "days", "outcome_number", "outcome_revision")} == {pa.int64()}
    assert {types[name] for name in ("last_close", "median", "actual", "crps_pct", "pit")} == {pa.float64()}
    assert (types["inside_80"], types["ticker"]) == (pa.bool_(), pa.string())
    rows = file.read().to_pylist()
    first, second, third = rows[:3]
    assert [row["number"] for row in rows] == [1, 2, 3, 4, 5, 6]
    assert (first["made_at"], first["as_of"], first["target_date"]) == (NOW, date(2026, 5, 1), TARGET)
    assert (first["status"], first["actual"], first["inside_80"]) == ("scored", 99.5, True)
    assert (second["status"], second["actual"], second["outcome_number"]) == ("ended", None, 2)
    assert (third["status"], third["outcome_number"], third["outcome_content"]) == (None, None, None)
    assert first["quantiles"] == json.loads(first["content"])["quantiles"]
    assert rows[5]["ticker"] == "BRK-B"


def test_a_damaged_entry_is_exported_as_it_is(tmp_path, record):
    forecasts = schema.ledger_forecasts
    damaged = sa.update(forecasts).where(forecasts.c.number == 2).values(content="{}")
    record.transaction(lambda c: c.execute(damaged))
    path = tmp_path / "record.parquet"
    assert command.main([str(path)]) == 0
    rows = pq.read_table(path).to_pylist()
    assert [row["number"] for row in rows] == [1, 2, 3, 4, 5, 6]
    assert (rows[1]["content"], rows[1]["ticker"], rows[1]["quantiles"]) == ("{}", None, None)


def test_both_formats_have_the_same_values_as_the_api(tmp_path, record):
    app = Flask(__name__)
    app.register_blueprint(track_record_api(record))
    for name in ("record.parquet", "record.CSV"):
        assert command.main([str(tmp_path / name)]) == 0
    written = (tmp_path / "record.CSV").read_bytes()
    assert written == app.test_client().get("/api/v1/track-record/export").data
    frame = pd.read_parquet(tmp_path / "record.parquet").drop(columns="quantiles")
    assert str(frame["made_at"].dtype) == "datetime64[us, UTC]"
    rows = list(csv.DictReader(written.decode().splitlines()))
    assert list(frame.columns) == list(rows[0])
    for column in ("hash", "chain_hash", "content", "ticker", "model"):
        assert list(frame[column]) == [row[column] for row in rows]
    for column in ("last_close", "median", "days", "number"):
        assert list(frame[column]) == [float(row[column]) for row in rows]
    assert [str(day) for day in frame["as_of"]] == [row["as_of"] for row in rows]
    assert [time.isoformat() for time in frame["made_at"]] == [row["made_at"] for row in rows]


@pytest.mark.usefixtures("record")
@pytest.mark.parametrize(("kind", "numbers"), [("sample", [5]), ("replay", [10**12 + 1]), ("stale", [])])
def test_a_kind_has_a_file_of_its_own(tmp_path, kind, numbers):
    path = tmp_path / "record.parquet"
    assert command.main([str(path), f"--kind={kind}"]) == 0
    assert pq.read_table(path)["number"].to_pylist() == numbers


def test_an_empty_record_is_an_empty_table(tmp_path, sql_store):
    path = tmp_path / "record.parquet"
    assert command.main([str(path)]) == 0
    assert pq.read_table(path).schema == parquet.SCHEMA
    assert len(pd.read_parquet(path)) == 0


@pytest.mark.usefixtures("record")
def test_a_file_is_readable_like_any_other_and_replaces_an_earlier_one(tmp_path):
    path = tmp_path / "record.csv"
    path.write_text("earlier")
    before = os.umask(0o022)
    try:
        assert command.main([str(path)]) == 0
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o644
    assert path.read_text().startswith("number,hash,")


@pytest.mark.usefixtures("record")
@pytest.mark.parametrize("name", ["record.csv", "record.parquet"])
def test_a_failure_leaves_an_earlier_file_and_no_other(tmp_path, monkeypatch, capsys, name):
    path = tmp_path / "folder" / name
    assert command.main([str(path)]) == 2
    assert capsys.readouterr().err.startswith(f"error: {path} cannot be written: No such file or directory. ")
    path.parent.mkdir()
    path.write_text("earlier")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, hard))
    try:
        assert command.main([str(path)]) == 2
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "cannot be written: File too large" in capsys.readouterr().err
    monkeypatch.setattr(command, "ROWS_AT_ONCE", 2)
    read = command.read_forecasts

    def fail(connection, selection, most, after):
        if after == 4:
            raise StoreUnavailable
        return read(connection, selection, most, after)

    monkeypatch.setattr(command, "read_forecasts", fail)
    assert command.main([str(path)]) == 2
    assert capsys.readouterr().err.startswith("error: ")
    assert [(one.name, one.read_text()) for one in path.parent.iterdir()] == [(name, "earlier")]


def test_a_file_needs_the_name_of_a_format(tmp_path, capsys):
    assert command.main([str(tmp_path / "record.txt")]) == 2
    assert capsys.readouterr().err == "error: record.txt names no format. End it with .parquet or .csv.\n"
    assert list(tmp_path.glob("*record*")) == []


@pytest.mark.usefixtures("record")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("name", ["record.csv", "record.parquet"])
@pytest.mark.parametrize("sql_address", ["postgresql"], indirect=True)
def test_an_interrupted_export_leaves_nothing(tmp_path, sql_address, name, sent):
    engine = make_engine(sql_address)
    with engine.begin() as connection:  # the export waits for this transaction
        connection.execute(sa.text(f"LOCK TABLE {schema.ledger_forecasts.name} IN ACCESS EXCLUSIVE MODE"))
        process = subprocess.Popen([sys.executable, "-m", "local_stack.exports", str(tmp_path / name)], cwd=ROOT)
        until(lambda: any(tmp_path.iterdir()))
        process.send_signal(sent)
        assert process.wait() == 130
    engine.dispose()
    assert list(tmp_path.iterdir()) == []
