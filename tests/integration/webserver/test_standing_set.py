"""The standing set on both databases: each of its stocks is forecast once for each close, whatever fails or dies."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from common.domain.errors import NotFound, ProviderUnavailable, StoreUnavailable, UnknownTicker
from common.sql import schema
from common.sql.repositories import standing_set as repository
from tests.integration.webserver.test_prices_api import check_problem, web
from webserver.track_record import __main__ as command
from webserver.track_record.standing_forecasts import HORIZONS, StandingForecasts, summary
from webserver.track_record.standing_set import StandingSet

NOW = datetime(2026, 6, 3, 22, tzinfo=UTC)
CLOSE = date(2026, 6, 3)
SET = "/api/v1/track-record/standing-set"


class Died(BaseException):
    """The process was killed."""


@dataclass
class Market:
    """Stored prices, and a service that forecasts from them; both record what they were asked."""

    sources: dict[str, str] = field(default_factory=dict)
    last: date = CLOSE
    asked: list[tuple[str, int]] = field(default_factory=list)
    failures: dict[str, BaseException] = field(default_factory=dict)
    dies_after: int = 1000

    def fetch(self, ticker):
        if ticker not in self.sources:
            raise UnknownTicker

    def read_facts(self, ticker):
        return SimpleNamespace(source=self.sources[ticker], last=self.last)

    def forecast(self, question):
        if failure := self.failures.get(question.ticker):
            raise failure
        if len(self.asked) == self.dies_after:
            raise Died
        self.asked.append((question.ticker, question.days))
        return SimpleNamespace(as_of=self.last)


@pytest.fixture
def market():
    return Market({"AAPL": "yahoo", "MSFT": "yahoo"})


@pytest.fixture
def track(sql_store):
    """Makes the standing set what is given."""

    def track(*tickers):
        service = StandingSet(sql_store, lambda: NOW)
        service.remove([stock.ticker for stock in service.list_all()])
        return service.add(tickers)

    return track


@pytest.fixture
def run(sql_store, market, track):
    track("AAPL", "MSFT")
    return StandingForecasts(sql_store, market.fetch, market, market.forecast, lambda: NOW).run


def of(*tickers):
    return [(ticker, days) for ticker in tickers for days in HORIZONS]


def test_fifty_large_stocks_are_the_set_of_a_new_store(sql_store):
    stocks = sql_store.read(repository.list_standing_set)
    assert len(stocks) == 50
    assert {"AAPL", "MSFT", "WMT"} < {stock.ticker for stock in stocks}
    assert {stock.as_of for stock in stocks} == {None}


def test_each_stock_is_forecast_once_for_each_close(run, market, sql_store):
    report = run()
    assert (report.forecasts, report.stocks) == (6, {"forecast": 2})
    assert run().stocks == {"known": 2}
    assert market.asked == of("AAPL", "MSFT")
    assert [stock.as_of for stock in sql_store.read(repository.list_standing_set)] == [CLOSE] * 2
    market.last = CLOSE + timedelta(days=1)
    assert run().forecasts == 6


def test_a_killed_run_is_continued_and_asks_nothing_twice(run, market):
    market.dies_after = 2
    with pytest.raises(Died):
        run()
    market.dies_after = 1000
    assert run().forecasts == 4
    assert market.asked == of("AAPL", "MSFT")


def test_a_stock_that_fails_stops_no_other_and_is_tried_again(run, market):
    market.failures["AAPL"] = ProviderUnavailable()
    assert run().stocks == {"failed": 1, "forecast": 1}
    market.failures.clear()
    assert run().stocks == {"forecast": 1, "known": 1}


def test_an_outage_of_the_store_ends_the_run(run, market):
    market.failures["AAPL"] = StoreUnavailable()
    with pytest.raises(StoreUnavailable):
        run()


@pytest.mark.parametrize("source", ["sample", "upload"])
def test_the_sample_and_an_uploaded_series_do_not_count(run, market, source):
    market.sources = {"AAPL": source}
    report = run()
    assert (report.forecasts, report.stocks, market.asked) == (0, {"without_source": 2}, [])
    assert summary(report).startswith("Nothing was forecast: no price source has a stock of the standing set.")


def test_stale_prices_are_not_forecast(run, market):
    market.last = CLOSE - timedelta(days=8)
    assert run().stocks == {"stale": 2}
    assert summary(run()) == "0 forecasts of 0 stocks; 0 have no new close, 0 no source, 2 stale prices; 0 failed"


def test_prices_that_disappear_are_no_failure(run, market):
    market.failures = {"AAPL": NotFound(), "MSFT": NotFound()}
    assert run().stocks == {"without_source": 2}


def test_a_removed_stock_is_forecast_no_longer_and_not_twice_after_it_comes_back(run, market, track):
    run()
    track("MSFT")
    assert run().stocks == {"known": 1}
    track("AAPL", "MSFT")
    assert run().stocks == {"known": 2}


@pytest.fixture
def client(redis_url, s3_bucket, sql_store, monkeypatch):
    monkeypatch.setattr("webserver.app.SqlStore", lambda *_: sql_store)
    with web(redis_url, s3_bucket) as made:
        yield made


def test_the_set_is_read_and_changed_over_http(client, track):
    track("AAPL")
    assert [client.put(f"{SET}/brk-b").status_code for _ in range(2)] == [204, 204]
    assert client.delete(f"{SET}/AAPL").status_code == 204
    found = client.get(SET).json
    assert found["days"] == list(HORIZONS)
    assert [(stock["ticker"], stock["as_of"]) for stock in found["stocks"]] == [("BRK-B", None)]
    check_problem(client.delete(f"{SET}/AAPL"), 404, "not_found")
    check_problem(client.put(f"{SET}/A..B"), 400, "invalid_ticker")


def test_the_set_has_a_most(client, track, monkeypatch):
    track("AAPL")
    monkeypatch.setattr(repository, "MOST_STOCKS", 1)
    assert client.put(f"{SET}/AAPL").status_code == 204
    check_problem(client.put(f"{SET}/MSFT"), 400, "invalid_request")


@pytest.fixture
def run_command(sql_address, redis_url, s3_bucket, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", str(sql_address.postgresql or f"sqlite:///{sql_address.path}"))
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.setenv("S3_BUCKET", s3_bucket)
    monkeypatch.setattr(command, "log_to_stdout", lambda *_: None)
    return lambda *arguments: command.main(arguments)


def test_the_commands_change_and_list_the_set(run_command, sql_store, capsys):
    sql_store.transaction(lambda connection: connection.execute(sa.delete(schema.standing_set)))
    assert run_command("tracked") == run_command("forecast") == 0
    assert capsys.readouterr().out == (
        "The standing set is empty.\nThe standing set is empty; ./run_app.sh track-record track AAPL adds a stock.\n"
    )
    assert run_command("track", "msft", "AAPL", "AAPL") == run_command("untrack", "MSFT", "IBM") == 0
    assert run_command("tracked") == 0
    assert capsys.readouterr().out == (
        "2 stocks added; the evening's job forecasts them from their next close.\n"
        "1 stock removed; their recorded forecasts stay.\n"
        "AAPL                     not forecast yet\n"
    )
    assert run_command("track", "A..B") == 2
    assert "error: " in capsys.readouterr().err
