"""The ledger of the track record on both databases: entries once, in a chain, and a check that shows every change."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from common.domain.outcomes import Outcome, scored_outcome
from common.domain.track_record import LEVELS, LedgerEntry
from common.sql import schema
from common.sql.repositories.ledger import entries
from common.sql.repositories.ledger.chain import GENESIS, read_head
from common.sql.repositories.ledger.entries import FinishedForecast, NewOutcome
from common.sql.repositories.ledger.stocks import list_tickers_with_outcomes
from common.sql.repositories.ledger.verification import verify_chain
from common.sql.store import SqlStore

NOW = datetime(2026, 5, 4, 3, 2, 1, 654321, tzinfo=UTC)
TARGET = date(2026, 6, 3)


def make_entry(number=1, **values):
    """Return an entry; entries of different numbers differ in their last close."""
    last = 100.0 + number
    return LedgerEntry(
        **{
            "kind": "live",
            "ticker": "AAPL",
            "days": 30,
            "model": "blend",
            "engine": "stockcast-6",
            "source": "yahoo",
            "prices_version": "a" * 64,
            "currency": "USD",
            "as_of": date(2026, 5, 1),
            "last_close": last,
            "counted_from": date(2026, 5, 4),
            "target_date": TARGET,
            "trading_days": 21,
            "quantiles": [last * (0.8 + 0.4 * level) for level in LEVELS],
            "chance_up": 0.5,
            "chance_gain_over_10_pct": 0.1,
            "chance_loss_over_10_pct": 0.1,
        }
        | values
    )


def finished(*numbers, **values):
    entries = [make_entry(number, **values) for number in numbers]
    return [FinishedForecast(entry.encode(), entry, NOW) for entry in entries]


@pytest.fixture
def append(sql_store):
    """Appends forecasts in a transaction of its own."""
    return lambda forecasts: sql_store.transaction(lambda c: entries.append_forecasts(c, forecasts, NOW))


@pytest.fixture
def score(sql_store):
    return lambda outcomes: len(sql_store.transaction(lambda c: entries.append_outcomes(c, outcomes, NOW)))


@pytest.fixture
def problems(sql_store):
    """Returns what the check of a chain finds."""
    return lambda name="forecasts": list(sql_store.read(lambda c: verify_chain(c, name)).problems)


@pytest.fixture
def ended(sql_store, append, score):
    """Records a forecast of a stock that ended before its target day."""

    def record(**values):
        append(finished(1, **values))
        score([NewOutcome(one, Outcome(status="ended")) for one in due(sql_store)])

    return record


@pytest.fixture
def execute(sql_store):
    """Runs statements as an intruder would."""
    return lambda *statements: sql_store.transaction(lambda c: [c.execute(each) for each in statements])


def due(sql_store, ticker="AAPL", until=TARGET, after=0, most=100):
    return sql_store.read(lambda c: entries.list_due_forecasts(c, ticker, until, after, most))


def test_an_empty_ledger_is_sound(sql_store, problems):
    assert sql_store.read(lambda c: read_head(c, "forecasts")).chain_hash == GENESIS
    assert problems() == problems("outcomes") == []


def test_a_forecast_is_recorded_once_by_its_content(sql_store, append, problems):
    assert append(finished(1, 2)) == 2
    assert append(finished(2, 3, 3)) == 1
    assert append([]) == 0
    recorded = due(sql_store)
    assert [(one.number, one.entry) for one in recorded] == [(n, make_entry(n)) for n in (1, 2, 3)]
    assert sql_store.read(lambda c: read_head(c, "forecasts")).number == 3
    assert problems() == []


def test_an_entry_of_a_newer_version_keeps_its_fields(sql_store, append, problems):
    content = make_entry().encode()[:-1] + b',"zz_new":1}'
    append([FinishedForecast(content, LedgerEntry.model_validate_json(content), NOW)])
    stored = sql_store.read(lambda c: c.execute(sa.select(schema.ledger_forecasts.c.content)).scalar_one())
    assert stored.encode() == content
    assert problems() == []


def test_an_exception_leaves_nothing_and_breaks_no_chain(sql_store, append, problems):
    def work(connection):
        entries.append_forecasts(connection, finished(1, 2), NOW)
        raise KeyError

    with pytest.raises(KeyError):
        sql_store.transaction(work)
    assert append(finished(1)) == 1
    assert problems() == []


def test_writers_at_once_make_one_chain(sql_address, problems, sql_store):
    def write(writer):
        store = SqlStore(sql_address)
        try:
            return sum(
                store.transaction(lambda c, n=number: entries.append_forecasts(c, finished(n, n + 1), NOW))
                for number in range(writer, writer + 12)
            )
        finally:
            store.close()

    with ThreadPoolExecutor(4) as threads:
        written = list(threads.map(write, range(4)))
    assert sum(written) == sql_store.read(lambda c: read_head(c, "forecasts")).number == 16
    assert problems() == []


FORECASTS = schema.ledger_forecasts


@pytest.mark.parametrize(
    ("intrusion", "problem"),
    [
        (sa.delete(FORECASTS).where(FORECASTS.c.number == 2), "entry 2 is missing"),
        (sa.delete(FORECASTS).where(FORECASTS.c.number.in_([2, 3])), "entries 2 to 3 are missing"),
        (sa.delete(FORECASTS).where(FORECASTS.c.number == 4), "entry 4 is missing"),
        (
            sa.update(FORECASTS).where(FORECASTS.c.number == 2).values(content="{}"),
            "the content of entry 2 was changed",
        ),
        (
            sa.update(FORECASTS).where(FORECASTS.c.number == 2).values(kind="sample"),
            "the columns of entry 2 differ from its content",
        ),
        (
            sa.update(FORECASTS).where(FORECASTS.c.number == 2).values(made_at=NOW - timedelta(days=9)),
            "entry 2 does not follow from the one before: its hash or its times were changed",
        ),
        (
            sa.update(FORECASTS).where(FORECASTS.c.number == 4).values(number=5),
            "entry 4 is missing",
        ),
        (
            sa.update(schema.ledger_heads).values(number=3),
            "entry 3 is not the last one that was written",
        ),
    ],
)
def test_a_change_by_hand_shows(append, execute, problems, intrusion, problem):
    append(finished(1, 2, 3, 4))
    execute(intrusion)
    assert problems()[0] == problem


OUTCOMES, DUE = schema.ledger_outcomes, schema.ledger_due


@pytest.mark.parametrize(
    "changed",
    [{"kind": "live"}, {"ticker": "MSFT"}, {"days": 31}, {"model": "prophet"}, {"target_date": TARGET + timedelta(1)}],
)
def test_an_outcome_that_is_moved_to_other_forecasts_shows(ended, execute, problems, changed):
    ended(kind="sample")
    assert problems() == problems("outcomes") == []
    execute(sa.update(OUTCOMES).values(changed))
    assert problems("outcomes") == ["the columns of entry 1 differ from its forecast"]


def test_an_outcome_of_another_forecast_shows(ended, execute, problems):
    ended()
    execute(sa.update(FORECASTS).values(hash="b" * 64))
    assert problems("outcomes") == ["the forecast of entry 1 was changed"]


@pytest.mark.parametrize(
    "intrusion",
    [
        sa.delete(DUE).where(DUE.c.forecast_number == 2),
        sa.update(DUE).where(DUE.c.forecast_number == 2).values(ticker="MSFT"),
        sa.update(DUE).where(DUE.c.forecast_number == 2).values(target_date=TARGET + timedelta(days=9999)),
    ],
)
def test_a_forecast_that_would_never_be_scored_shows(append, execute, problems, intrusion):
    append(finished(1, 2, 3))
    execute(intrusion)
    assert problems() == ["entry 2 has no outcome, and the queue of due forecasts lacks it"]


def test_a_scored_forecast_that_waits_shows(ended, execute, problems):
    ended()
    execute(sa.insert(DUE).values(forecast_number=1, ticker="AAPL", target_date=TARGET))
    assert problems() == ["entry 1 has an outcome, and the queue of due forecasts has it too"]


def test_a_removed_head_shows(append, execute, problems):
    append(finished(1))
    execute(sa.delete(schema.ledger_heads))
    assert problems() == ["the table ledger_heads does not name the last entry"]


def test_an_inserted_entry_shows(append, execute, problems, sql_store):
    append(finished(1, 2))
    row = sql_store.read(lambda c: dict(c.execute(sa.select(FORECASTS)).mappings().first()))
    execute(sa.insert(FORECASTS).values(row | {"number": 3, "hash": "b" * 64}))
    assert problems() == ["there are entries after the last one, 2"]


def test_only_the_first_problems_are_listed(append, execute, problems):
    append(finished(*range(1, 31)))
    execute(sa.update(FORECASTS).values(content="{}"))
    assert len(problems()) == 10


def test_due_forecasts_are_listed_by_ticker_and_page(sql_store, append):
    append([*finished(1, 2, 3), *finished(1, ticker="MSFT"), *finished(5, target_date=TARGET + timedelta(days=1))])
    assert sql_store.read(lambda c: entries.list_due_tickers(c, TARGET)) == ["AAPL", "MSFT"]
    assert sql_store.read(lambda c: entries.list_due_tickers(c, TARGET - timedelta(days=1))) == []
    assert [one.number for one in due(sql_store, after=1, most=1)] == [2]


def test_an_outcome_ends_the_wait_of_its_forecast_and_is_appended_once(sql_store, append, score, problems):
    append(finished(1, 2))
    first, second = due(sql_store)
    outcome = scored_outcome(first.entry, first.entry.last_close, 105.0, "b" * 64)
    assert score([NewOutcome(first, outcome)]) == 1
    assert score([NewOutcome(first, outcome), NewOutcome(second, Outcome(status="ended"))]) == 1
    assert due(sql_store) == []
    assert problems("outcomes") == []


def test_a_correction_is_a_second_entry_that_points_to_the_first(sql_store, append, score, problems):
    append(finished(1))
    (forecast,) = due(sql_store)
    wrong = scored_outcome(forecast.entry, forecast.entry.last_close, 105.0, "b" * 64)
    right = scored_outcome(forecast.entry, forecast.entry.last_close, 99.0, "c" * 64)
    assert right.differs_from(wrong)
    score([NewOutcome(forecast, wrong)])
    ((_, recorded),) = sql_store.read(lambda c: entries.list_recent_outcomes(c, "AAPL", TARGET))
    assert score([NewOutcome(forecast, right, recorded)]) == 1
    assert score([NewOutcome(forecast, right, recorded)]) == 0
    ((_, present),) = sql_store.read(lambda c: entries.list_recent_outcomes(c, "AAPL", TARGET))
    assert (present.revision, present.outcome) == (1, right)
    stored = sql_store.read(lambda c: c.execute(sa.select(schema.ledger_outcomes.c.content)).scalars().all())
    assert '"corrects":1' in stored[1]
    assert sql_store.read(lambda c: list_tickers_with_outcomes(c, TARGET)) == ["AAPL"]
    assert problems("outcomes") == []


def test_no_function_of_the_ledger_changes_or_deletes_an_entry():
    """Only the head and the queue of due forecasts change."""
    for module in ("entries", "chain", "verification"):
        text = (Path(entries.__file__).parent / f"{module}.py").read_text(encoding="utf-8")
        for verb in ("sa.update(", "sa.delete("):
            for part in text.split(verb)[1:]:
                assert part.partition(")")[0] in {"heads", "due"}
