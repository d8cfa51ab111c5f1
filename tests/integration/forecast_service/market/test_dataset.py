"""The dataset as its users read it: by DuckDB, pandas and pyarrow."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from common.domain.prices import COLUMNS
from common.domain.stock_records import StockRecord
from common.s3.price_store import StoredSeries
from forecast_service.market.dataset.board_file import store_board
from forecast_service.market.dataset.board_row import board_row
from forecast_service.market.dataset.plan import RangeTask
from forecast_service.market.dataset.schema import PANEL_SCHEMA, SCHEMA_VERSION, board_schema, from_parquet, to_parquet
from forecast_service.market.work.range_work import store_range
from forecast_service.market.work.stock_work import StockResult, row_without_prices
from test_support.paths import ROOT
from tests.integration.forecast_service.market.conftest import DAY, FETCHED_AT, series_of

HORIZONS = (5, 21, 63)
RECORDS = {
    "A": StockRecord(forecasts=25, inside_80=21),
    "C": StockRecord(forecasts=19, inside_80=19),
    "GONE": StockRecord(forecasts=1, inside_80=0),
}


@pytest.fixture
def dataset(store, market, folder):
    """The files of three stocks in two ranges, one of which has no prices."""
    results = []
    for number, ticker in enumerate(["B", "A"]):
        one = series_of(ticker, 700, seed=number)
        one.frame.iloc[3, 0] = np.nan
        facts = store.write(one, fetched_at=FETCHED_AT, replacing=None)
        results.append(StockResult(board_row(StoredSeries(facts, one), HORIZONS, DAY), one))
    tasks = [RangeTask(DAY, number, (), HORIZONS) for number in range(2)]
    gone = StockResult(row_without_prices("C", "not_found", "Deleted."), None)
    store_range(market, tasks[0], results[:1])
    store_range(market, tasks[1], [results[1], gone])
    store_board(market, tasks, RECORDS)
    return folder(market)


def test_parts_of_another_release_may_lack_columns_and_have_others(store, market, folder):
    series = series_of("A", 700)
    facts = store.write(series, fetched_at=FETCHED_AT, replacing=None)
    task = RangeTask(DAY, 0, (), HORIZONS)
    store_range(market, task, [StockResult(board_row(StoredSeries(facts, series), HORIZONS, DAY), series)])
    part = from_parquet(market.read(task.part)).drop_columns(["record_forecasts", "volatility_pct"])
    market.put(task.part, to_parquet(part.append_column("of_later", pa.array([1]))))
    store_board(market, [task], RECORDS)
    board = pq.read_table(folder(market) / "board.parquet")
    assert board.schema.equals(board_schema(HORIZONS, DAY), check_metadata=True)
    (row,) = board.to_pylist()
    assert (row["record_forecasts"], row["volatility_pct"], row["rows"]) == (25, None, 700)


def test_duckdb_reads_both_tables_and_joins_them(dataset):
    with duckdb.connect() as connection:
        connection.read_parquet(str(dataset / "board.parquet")).create_view("board")
        connection.read_parquet(str(dataset / "panel" / "*.parquet")).create_view("panel")
        rows = connection.sql(
            """SELECT ticker, last_close, max(date), count(*), arg_max(close, date)
            FROM board JOIN panel USING (ticker) GROUP BY ALL ORDER BY ticker"""
        ).fetchall()
        version = connection.sql(
            "SELECT decode(value) FROM parquet_kv_metadata($file) WHERE decode(key) = 'stockcast.schema'",
            params={"file": str(dataset / "board.parquet")},
        ).fetchall()
    assert [(row[0], row[2], row[3]) for row in rows] == [("A", DAY, 700), ("B", DAY, 700)]
    assert [row[1] for row in rows] == [row[4] for row in rows]
    assert version == [(SCHEMA_VERSION,)]


def test_pandas_reads_the_board_with_nulls_where_there_is_no_forecast(dataset):
    board = pd.read_parquet(dataset / "board.parquet").set_index("ticker")
    assert list(board.index) == ["A", "B", "C"]
    assert board["code"].fillna("").tolist() == ["", "", "not_found"]
    assert board.loc["C"].drop(["code", "detail", "record_forecasts"]).isna().all()
    forecast = board.loc["A"]
    for horizon in HORIZONS:
        lower, price, upper = (forecast[f"{name}_{horizon}d"] for name in ("lower", "price", "upper"))
        assert 0 < lower < price < upper
        assert forecast[f"range_pct_{horizon}d"] == pytest.approx(100 * (upper - lower) / forecast["last_close"])
        assert 0 <= forecast[f"chance_loss_10_{horizon}d"] <= 1 - forecast[f"chance_up_{horizon}d"] <= 1
    assert 0 <= forecast["volatility_percentile"] <= 100
    moved = abs(np.log1p(forecast["change_pct"] / 100)) / (forecast["usual_move_pct"] / 100)
    assert forecast["usual_moves"] == pytest.approx(moved)
    # The three that may be null in a complete row: no failure, and a close inside its range.
    assert set(forecast.index[forecast.isna()]) <= {"code", "detail", "day_range_broken"}


def test_the_track_record_stands_beside_each_stock(dataset):
    board = pq.read_table(dataset / "board.parquet", columns=["ticker", "record_forecasts", "record_coverage_80"])
    assert [tuple(row.values()) for row in board.to_pylist()] == [("A", 25, 0.84), ("B", None, None), ("C", 19, None)]


def test_pyarrow_reads_the_schema_that_the_code_states(dataset):
    assert pq.read_schema(dataset / "board.parquet").equals(board_schema(HORIZONS, DAY), check_metadata=True)
    panel = pq.read_table(dataset / "panel")
    assert panel.schema.equals(PANEL_SCHEMA)
    assert panel.column_names == ["ticker", "date", *COLUMNS]
    assert panel["open"].null_count == 2


def test_every_column_is_documented():
    text = (ROOT / "docs" / "operator" / "market.md").read_text(encoding="utf-8")
    of_horizon = {name.removesuffix("_5d") + "_5d" for name in board_schema((5,), DAY).names if name.endswith("_5d")}
    plain = set(board_schema((5,), DAY).names) - of_horizon
    columns = {f"`{name}`" for name in plain} | {f"`{name.replace('_5d', '_21d')}`" for name in of_horizon}
    assert {column for column in columns | {f"`{name}`" for name in PANEL_SCHEMA.names} if column not in text} == set()
