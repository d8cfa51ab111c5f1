"""The nightly run on this machine: a complete dataset, once, and only what is missing after a second start."""

from __future__ import annotations

import re

import pytest

from common.redis.market_runs import MarketRuns
from common.s3.market_objects import MarketDay, list_market_dates
from forecast_service.market.dataset.plan import PlanMismatch, RangeTask, plan_day
from forecast_service.market.dataset.schema import from_parquet
from forecast_service.market.work.range_work import store_range
from forecast_service.market.work.stock_work import StockResult
from tests.integration.forecast_service.market.conftest import DAY, FETCHED_AT, series_of


def etags(market):
    listed = market._client.list_objects_v2(Bucket=market._bucket, Prefix=f"market/{DAY}/").get("Contents", [])
    return {entry["Key"]: (entry["ETag"], entry["LastModified"]) for entry in listed}


def test_every_stored_stock_has_a_row_and_a_bad_series_costs_only_itself(run, stored, market, redis_client):
    market._client.put_object(
        Bucket=market._bucket, Key="prices/daily/BAD.csv", Body=b"no prices", Metadata={"version": "x"}
    )
    done = run()
    assert done.returncode == 0, done.stderr
    *failed, line = done.stdout.splitlines()[-3:]
    assert [row.split() for row in failed] == [["BAD", "damaged_prices"], ["NEW", "too_little_data"]]
    assert re.fullmatch(rf"{DAY}: 8 stocks in [\d.]+ s: 6 done, 1 damaged_prices, 1 too_little_data", line)
    board = from_parquet(market.read("board.parquet"))
    assert board["ticker"].to_pylist() == sorted(["BAD", *stored])
    assert board["price_63d"].null_count == 2
    assert len(market.list_names("parts/")) == len(market.list_names("panel/")) == 4
    last = MarketRuns(redis_client).last()
    assert (last.day, last.stocks, last.done, last.failed) == (DAY, 8, 8, 2)
    assert last.completed == last.finished > last.started


def test_a_second_start_does_what_is_missing_and_new_stocks_only(run, stored, market, store):
    assert run().returncode == 0
    names = etags(market)
    assert run().stdout == f"The dataset of {DAY} is complete already.\n"
    assert etags(market) == names
    lost = f"market/{DAY}/parts/000001.parquet"
    for key in (lost, f"market/{DAY}/board.parquet"):
        market._client.delete_object(Bucket=market._bucket, Key=key)
    store.write(series_of("LATE"), fetched_at=FETCHED_AT, replacing=None)
    done = run()
    assert done.returncode == 0, done.stderr
    after = etags(market)
    assert after.keys() - names.keys() == {
        f"market/{DAY}/{name}" for name in ("plan/0001.json", "parts/000004.parquet", "panel/000004.parquet")
    }
    again = {key for key in names if after[key] != names[key]}
    assert again == {lost, f"market/{DAY}/panel/000001.parquet", f"market/{DAY}/board.parquet"}
    assert from_parquet(market.read("board.parquet"))["ticker"].to_pylist() == sorted([*stored, "LATE"])


def test_a_continued_run_counts_the_failures_of_the_earlier_one(run, stored, market, redis_client):
    tasks = plan_day(market, DAY, stored, (5, 21, 63), 2)
    store_range(market, tasks[0], [StockResult({"ticker": ticker, "code": "x"}, None) for ticker in tasks[0].tickers])
    done = run()
    assert done.returncode == 0, done.stderr
    last = MarketRuns(redis_client).last()
    assert (last.stocks, last.done, last.failed) == (7, 7, 2)


def test_a_range_that_is_stored_twice_has_one_effect(market):
    task = RangeTask(DAY, 0, ("A",), (5,))
    store_range(market, task, [StockResult({"ticker": "A", "code": "first"}, series_of("A"))])
    stored = etags(market)
    store_range(market, task, [StockResult({"ticker": "A", "code": "second"}, series_of("A", seed=2))])
    assert etags(market) == stored
    assert from_parquet(market.read(task.part))["code"].to_pylist() == ["first"]


def test_a_range_repeated_after_a_kill_has_the_bars_of_its_rows(market):
    class KilledMarket(MarketDay):
        """The process is killed between the two files."""

        def put_once(self, name, body):
            if name == task.part:
                raise KeyboardInterrupt
            return super().put_once(name, body)

    task = RangeTask(DAY, 0, ("A",), (5,))
    killed = KilledMarket(market._client, market._bucket, DAY)
    with pytest.raises(KeyboardInterrupt):
        store_range(killed, task, [StockResult({"ticker": "A", "prices_version": "old"}, series_of("A"))])
    assert market.exists(task.panel)
    newer = series_of("A", seed=2)
    store_range(market, task, [StockResult({"ticker": "A", "prices_version": "new"}, newer)])
    assert from_parquet(market.read(task.part))["prices_version"].to_pylist() == ["new"]
    assert from_parquet(market.read(task.panel))["close"].to_pylist() == newer.frame["close"].to_list()


def test_two_runs_that_plan_at_once_have_one_plan(market):
    class SlowerMarket(MarketDay):
        """Another run stores its plan just before this one."""

        def put_once(self, name, body):
            if name == "plan/0000.json":
                plan_day(market, DAY, ["A", "B", "C"], (5,), 2)
            return super().put_once(name, body)

    slower = SlowerMarket(market._client, market._bucket, DAY)
    tasks = plan_day(slower, DAY, ["B", "C", "D"], (5,), 3)
    assert [task.tickers for task in tasks] == [("A", "B"), ("C",), ("D",)]
    assert plan_day(market, DAY, ["A", "B", "C", "D"], (5,), 7) == tasks


def test_the_last_ranges_are_small_so_that_all_workers_end_together(market):
    tickers = [f"S{number:04}" for number in range(1000)]
    ranges = [task.tickers for task in plan_day(market, DAY, tickers, (5,), 40)]
    assert [ticker for one in ranges for ticker in one] == tickers
    sizes = [len(one) for one in ranges]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == 40
    after = [sum(sizes[number:]) for number in range(len(sizes))]
    assert all(size <= max(4, left // 16) for size, left in zip(sizes, after, strict=True))
    assert len(ranges) < 80


def test_a_run_with_other_horizons_is_refused_until_the_dataset_is_made_anew(run, stored, market):
    plan_day(market, DAY, stored, (5, 21, 63), 2)
    with pytest.raises(PlanMismatch):
        plan_day(market, DAY, stored, (5,), 2)
    done = run("--horizons", "5,10")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--anew removes it first" in done.stderr
    done = run("--horizons", "5,10", "--anew")
    assert done.returncode == 0, done.stderr
    assert "price_10d" in from_parquet(market.read("board.parquet")).column_names


def test_a_scheduler_that_needs_certificates_is_refused_without_them(run, stored):
    done = run("--scheduler", "tls://127.0.0.1:1")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1].startswith(
        "error: tls://127.0.0.1:1 needs certificates. Set DASK_DISTRIBUTED__"
    )


def test_old_dates_are_deleted_after_a_complete_run(run, stored, s3, s3_bucket):
    for day in ("2026-11-17", "2026-11-18", "2026-11-19", "2026-11-21"):
        for name in ("board.parquet", "panel/000000.parquet"):
            s3.put_object(Bucket=s3_bucket, Key=f"market/{day}/{name}", Body=b"x")
    done = run("--keep", "2")
    assert done.stdout.splitlines()[-2:] == [f"The dataset of 2026-11-{day} was deleted." for day in (17, 18)]
    assert [day.day for day in list_market_dates(s3, s3_bucket)] == [19, 20, 21]


def test_nothing_stored_is_no_failure_and_the_run_says_how_to_store_prices(run, market):
    done = run()
    assert (done.returncode, done.stdout) == (
        0,
        "No prices are stored, so there is no board to make. Ask for a forecast of a stock, or track, refresh or "
        "upload stocks, and start the run again.\n",
    )
    assert market.list_names("") == []
