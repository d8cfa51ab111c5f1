"""The kept sums of the track record on both databases: always those of the entries."""

from __future__ import annotations

import random
import shutil
import statistics
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from threading import Thread

import pytest
import sqlalchemy as sa

from common.domain.outcomes import Outcome, scored_outcome
from common.sql import schema
from common.sql.database_urls import DatabaseUrl
from common.sql.repositories.ledger import entries, recounts, replay, sums
from common.sql.repositories.ledger.entries import FinishedForecast, NewOutcome
from common.sql.repositories.ledger.queries import (
    Selection,
    list_forecasts,
    list_misses,
    read_forecasts,
    sum_by_target_day,
    sum_up,
)
from common.sql.repositories.ledger.recounts import SumsOfDay, count_differences, list_parts, recount
from common.sql.repositories.ledger.verification import verify_sums
from common.sql.store import SqlStore
from tests.integration.common.sql.test_ledger import NOW, TARGET, make_entry

DAYS = [TARGET + timedelta(days=day) for day in range(4)]
TICKERS = ("AAPL", "MSFT", "NVDA")


@pytest.fixture
def filled(sql_store):
    """A ledger with random entries, outcomes and corrections."""
    fill(sql_store)
    return sql_store


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def ledger(request, tmp_path_factory):
    """The same ledger for tests that only read, once of each kind."""
    if request.param == "sqlite":
        address = DatabaseUrl(path=tmp_path_factory.mktemp("ledger") / "ledger.sqlite")
        shutil.copyfile(request.getfixturevalue("migrated_file"), address.path)
    else:
        address = request.getfixturevalue("make_postgresql_address")()
    with closing(SqlStore(address)) as store:
        fill(store)
        yield store


def fill(sql_store):
    draw = random.Random(1)
    made = [random_forecast(number, draw) for number in range(1, 121)]
    for start in range(0, len(made), 20):
        batch = made[start : start + 25]  # the last five come again
        sql_store.transaction(lambda c, batch=batch: entries.append_forecasts(c, batch, NOW))
    for ticker in TICKERS:
        waiting = sql_store.read(lambda c, t=ticker: entries.list_due_forecasts(c, t, DAYS[-1], 0, 1000))
        chosen = [NewOutcome(one, random_outcome(one.entry, draw)) for one in waiting if draw.random() < 0.8]
        sql_store.transaction(lambda c, new=chosen: entries.append_outcomes(c, new, NOW))
        correct(sql_store, ticker, draw)
        correct(sql_store, ticker, draw)


def random_forecast(number, draw, **values):
    entry = make_entry(
        number,
        **{
            "kind": draw.choice(["live", "live", "stale"]),
            "ticker": draw.choice(TICKERS),
            "days": draw.choice([7, 30, 45]),
            "model": draw.choice(["blend", "prophet"]),
            "target_date": draw.choice(DAYS),
        }
        | values,
    )
    return FinishedForecast(entry.encode(), entry, NOW)


def random_outcome(entry, draw):
    if draw.random() < 0.2:
        return Outcome(status=draw.choice(["no_close", "ended"]))
    return scored_outcome(entry, entry.last_close, entry.last_close * draw.uniform(0.6, 1.4), "b" * 64)


def correct(store, ticker, draw):
    recent = store.read(lambda c: entries.list_recent_outcomes(c, ticker, DAYS[0]))
    new = [
        NewOutcome(forecast, random_outcome(forecast.entry, draw), recorded)
        for forecast, recorded in recent
        if draw.random() < 0.3
    ]
    assert len(store.transaction(lambda c: entries.append_outcomes(c, new, NOW))) == len(new) > 0


def kept_and_counted(store):
    """Return the kept sums, and those of the entries."""

    def read(connection, function):
        days = [part for part in list_parts(connection) if isinstance(part, SumsOfDay)]
        return {key: figures for part in days for key, figures in function(connection, part).items()}

    return tuple(
        store.read(lambda c, function=function: read(c, function))
        for function in (recounts.read_kept, lambda connection, part: part.count(connection))
    )


SELECTIONS = [
    {},
    {"model": "prophet"},
    {"days": 30},
    {"days_from": 15, "days_until": 60},
    {"since": DAYS[1]},
    {"since": DAYS[1], "until": DAYS[2], "model": "blend"},
    {"until": DAYS[0], "days": 7},
    {"ticker": "MSFT"},
    {"ticker": "MSFT", "days": 45, "since": DAYS[2]},
    {"kind": "stale"},
    {"kind": "uploaded"},
    {"since": DAYS[-1] + timedelta(days=1)},
]


def is_of(entry, selection):
    return (
        entry.kind == selection.kind
        and all(getattr(selection, name) in {None, getattr(entry, name)} for name in ("ticker", "days", "model"))
        and (selection.days_from or 0) <= entry.days <= (selection.days_until or 9999)
        and (selection.since or DAYS[0]) <= entry.target_date <= (selection.until or entry.target_date)
    )


@pytest.fixture(scope="module")
def rows(ledger):
    """All forecasts with their present outcomes, by number."""
    return ledger.read(lambda c: read_forecasts(c, Selection(None), 1000, 0))


@pytest.mark.parametrize("chosen", SELECTIONS)
def test_figures_are_those_of_the_entries(ledger, rows, chosen):
    selection = Selection(**{"kind": "live"} | chosen)
    found = ledger.read(lambda c: sum_up(c, selection))
    of_selection = [row for row in rows if is_of(row.entry, selection)]
    outcomes = [row.outcome for row in of_selection if row.outcome]
    scored = [row for row in of_selection if row.outcome and row.outcome.status == "scored"]
    assert found.forecasts == len(of_selection)
    statuses = [one.status for one in outcomes]
    assert found.outcomes == {status: statuses.count(status) for status in set(statuses)}
    assert found.tickers == len({row.entry.ticker for row in scored})
    assert found.target_days == len({row.entry.target_date for row in scored})
    for percent in (50, 80, 95):
        assert found.inside[percent] == sum(getattr(row.outcome, f"inside_{percent}") for row in scored)
    tenths = [min(int(row.outcome.pit * 10), 9) for row in scored]
    assert list(found.pit) == [tenths.count(tenth) for tenth in range(10)]
    means = {
        "abs_error_pct": [abs(row.outcome.error_pct) for row in scored],
        "error_pct": [row.outcome.error_pct for row in scored],
        "crps_pct": [row.outcome.crps_pct for row in scored],
        "brier_up": [row.outcome.brier_up for row in scored],
        "last_price_abs_error_pct": [abs(row.outcome.last_price_error_pct) for row in scored],
        "last_price_crps_pct": [row.outcome.last_price_crps_pct for row in scored],
    }
    expected = {name: statistics.fmean(values) if values else None for name, values in means.items()}
    assert found.means == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("chosen", SELECTIONS)
def test_lists_are_those_of_the_entries(ledger, rows, chosen):
    selection = Selection(**{"kind": "live"} | chosen)
    of_selection = [row for row in rows if is_of(row.entry, selection)]
    newest = [row.number for row in reversed(of_selection)]
    first = ledger.read(lambda c: list_forecasts(c, selection, 10))
    assert [row.number for row in first] == newest[:10]
    if newest[10:]:
        second = ledger.read(lambda c: list_forecasts(c, selection, 10, before=newest[9]))
        assert [row.number for row in second] == newest[10:20]
    scored = [row for row in of_selection if row.outcome and row.outcome.status == "scored"]
    worst = sorted(scored, key=lambda row: (-abs(row.outcome.error_pct), row.number))
    assert ledger.read(lambda c: list_misses(c, selection, 10)) == worst[:10]


@pytest.mark.parametrize("chosen", SELECTIONS)
def test_sums_of_target_days_are_those_of_the_entries(ledger, rows, chosen):
    selection = Selection(**{"kind": "live"} | chosen)
    scored = [row for row in rows if is_of(row.entry, selection) and row.outcome and row.outcome.status == "scored"]
    found = ledger.read(lambda c: sum_by_target_day(c, selection))
    assert [one.target_date for one in found] == sorted({row.entry.target_date for row in scored})
    for one in found:
        of_day = [row for row in scored if row.entry.target_date == one.target_date]
        assert one.forecasts == len(of_day)
        assert one.crps == pytest.approx(sum(row.outcome.crps_pct for row in of_day))
        assert one.last_price_crps == pytest.approx(sum(row.outcome.last_price_crps_pct for row in of_day))
        weighted = sum(row.outcome.last_price_crps_pct * row.entry.days for row in of_day)
        assert one.weighted_days == pytest.approx(weighted)


def test_kept_sums_are_those_of_the_entries(filled):
    kept, counted = kept_and_counted(filled)
    assert kept == counted
    assert {key[-1] for key in kept} == {"waiting", "scored", "no_close", "ended"}
    assert filled.read(verify_sums) == ()


SUMS, STOCKS = schema.ledger_sums, schema.ledger_stocks
ROW = {"kind": "live", "model": "blend", "days": 30, "target_date": DAYS[1], "status": "scored"}
STOCK = {"kind": "live", "ticker": "AAPL", "model": "blend", "days": 30}


def of(table, row):
    return sa.and_(*(table.c[name] == value for name, value in row.items()))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (
            sa.update(SUMS).where(of(SUMS, ROW)).values(crps_pct=SUMS.c.crps_pct + 1),
            "crps_pct of kind live, model blend, days 30, target_date 2026-06-04, status scored is ",
        ),
        (
            sa.delete(SUMS).where(SUMS.c.status == "waiting"),
            "entries of kind live, model blend, days ",
        ),
        (
            sa.insert(SUMS).values(dict.fromkeys(sums.FIGURES, 0) | ROW | {"days": 99, "entries": 3}),
            "entries of kind live, model blend, days 99, target_date 2026-06-04, status scored is 3, but ",
        ),
        (
            sa.update(SUMS).where(of(SUMS, ROW)).values(target_date=DAYS[-1] + timedelta(days=9)),
            "entries of kind live, model blend, days 30, target_date 2026-06-04, status scored is 0, but ",
        ),
        (
            sa.update(STOCKS).where(of(STOCKS, STOCK)).values(scored=STOCKS.c.scored - 1),
            "scored of kind live, ticker AAPL, model blend, days 30 is ",
        ),
        (
            sa.insert(STOCKS).values(STOCK | {"ticker": "ZZZ", "scored": 2, "inside_80": 0}),
            "scored of kind live, ticker ZZZ, model blend, days 30 is 2, but 0 by the entries",
        ),
    ],
)
def test_a_damaged_sum_is_named_and_made_anew(filled, damage, words):
    before = filled.read(lambda c: [c.execute(sa.select(table)).all() for table in (SUMS, STOCKS)])
    filled.transaction(lambda c: c.execute(damage))
    assert any(one.startswith(words) for one in filled.read(verify_sums))
    for part in filled.read(list_parts):
        if filled.read(lambda c, part=part: count_differences(c, part)):
            filled.transaction(lambda c, part=part: recount(c, part))
    assert filled.read(verify_sums) == ()
    after = filled.read(lambda c: [c.execute(sa.select(table)).all() for table in (SUMS, STOCKS)])
    assert [without_zeros(rows) for rows in after] == [without_zeros(rows) for rows in before]


def without_zeros(rows):
    """Return rows whose first figure is not 0. A status that no forecast has any more leaves a row of zeros."""
    return sorted(row for row in rows if row._mapping.get("entries", row[-1]))


def test_the_check_of_the_sums_sees_one_state_of_the_store(filled):
    draw = random.Random(5)
    late = [random_forecast(700, draw, kind="live", target_date=DAYS[0])]

    def check(connection):
        list_parts(connection)
        thread = Thread(target=lambda: filled.transaction(lambda c: entries.append_forecasts(c, late, NOW)))
        thread.start()
        thread.join()
        return [difference for part in list_parts(connection) for difference in count_differences(connection, part)]

    forecasts = filled.read(lambda c: sum_up(c, Selection("live"))).forecasts
    assert filled.read(check) == []
    assert filled.read(lambda c: sum_up(c, Selection("live"))).forecasts == forecasts + 1


def test_forecasts_that_end_while_sums_are_made_anew_are_counted_once(filled):
    draw = random.Random(6)
    made = [random_forecast(number, draw) for number in range(800, 880)]

    def append():
        for start in range(0, len(made), 4):
            filled.transaction(lambda c, start=start: entries.append_forecasts(c, made[start : start + 4], NOW))

    with ThreadPoolExecutor(1) as threads:
        appending = threads.submit(append)
        while not appending.done():
            for part in filled.read(list_parts):
                # The command compares first. SQLite queues no writer, so one that waits needs a time without a lock.
                filled.read(lambda c, part=part: count_differences(c, part))
                filled.transaction(lambda c, part=part: recount(c, part))
        appending.result()
    assert filled.read(verify_sums) == ()


def test_a_failed_transaction_leaves_the_sums_as_they_were(filled):
    kept, _ = kept_and_counted(filled)
    draw = random.Random(2)

    def fail(connection):
        entries.append_forecasts(connection, [random_forecast(500, draw)], NOW)
        raise KeyError

    with pytest.raises(KeyError):
        filled.transaction(fail)
    assert kept_and_counted(filled) == (kept, kept)


def test_transactions_at_once_lose_no_sum(sql_store):
    draw = random.Random(3)
    made = [random_forecast(number, draw) for number in range(1, 81)]

    def record(start):
        batch = made[start : start + 10]
        sql_store.transaction(lambda c: entries.append_forecasts(c, batch, NOW))
        ticker = draw.choice(TICKERS)
        due = sql_store.read(lambda c: entries.list_due_forecasts(c, ticker, DAYS[-1], 0, 1000))
        new = [NewOutcome(one, random_outcome(one.entry, draw)) for one in due]
        sql_store.transaction(lambda c: entries.append_outcomes(c, new, NOW))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(record, range(0, len(made), 10)))
    kept, counted = kept_and_counted(sql_store)
    assert kept == counted
    assert sum(figures["entries"] for figures in kept.values()) == len(made)


def test_an_absurd_error_does_not_overflow_a_sum(sql_store):
    made = [random_forecast(number, random, kind="live", ticker="AAPL", last_close=1e-9) for number in range(1, 12)]
    sql_store.transaction(lambda c: entries.append_forecasts(c, made, NOW))
    due = sql_store.read(lambda c: entries.list_due_forecasts(c, "AAPL", DAYS[-1], 0, 100))
    new = [NewOutcome(one, scored_outcome(one.entry, 1e-9, 1e9, "b" * 64)) for one in due]
    sql_store.transaction(lambda c: entries.append_outcomes(c, new, NOW))
    kept, counted = kept_and_counted(sql_store)
    assert kept == counted
    assert sql_store.read(lambda c: sum_up(c, Selection("live"))).means["error_pct"] == -1e9


def test_the_replay_has_sums_of_its_own_that_end_with_it(filled):
    live, _ = kept_and_counted(filled)
    draw = random.Random(4)
    made = [random_forecast(number, draw, kind="replay", ticker="AAPL", days=number) for number in range(600, 620)]
    replayed = [replay.ReplayedForecast(one, random_outcome(one.entry, draw)) for one in made]
    assert filled.transaction(lambda c: replay.append_replayed(c, replayed, NOW)) == 20
    kept, counted = kept_and_counted(filled)
    assert kept == counted
    assert sum(figures["entries"] for key, figures in kept.items() if key[0] == "replay") == 20
    filled.transaction(replay.remove_replay)
    assert kept_and_counted(filled) == (live, live)
