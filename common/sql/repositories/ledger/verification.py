"""The check of the track record: no entry was changed, removed, inserted or reordered, and the sums are theirs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import sqlalchemy as sa
from pydantic import ValidationError
from sqlalchemy.exc import NoResultFound

from common.domain.track_record import REPLAYS, LedgerEntry, content_hash
from common.sql import schema
from common.sql.repositories.ledger.chain import (
    GENESIS,
    REPLAY_CHAINS,
    ChainName,
    Head,
    chain_hash,
    count_after,
    number_before,
    read_chain,
    read_head,
)
from common.sql.repositories.ledger.entries import SUBJECT, forecast_columns, outcome_columns
from common.sql.repositories.ledger.recounts import count_differences, list_parts

MOST_PROBLEMS = 10
_FORECASTS, _OUTCOMES, _DUE = schema.ledger_forecasts, schema.ledger_outcomes, schema.ledger_due


@dataclass(frozen=True)
class ChainReport:
    """The head of a chain and the first problems of it."""

    head: Head
    problems: tuple[str, ...]


def verify_chain(connection: sa.Connection, name: ChainName) -> ChainReport:
    """Check every entry of a chain."""
    try:
        head = read_head(connection, name)
    except NoResultFound:
        nothing = Head(number_before(name), GENESIS)
        return ChainReport(nothing, ("the table ledger_heads does not name the last entry",))
    return ChainReport(head, tuple(islice(_problems(connection, name, head), MOST_PROBLEMS)))


def verify_sums(connection: sa.Connection) -> tuple[str, ...]:
    """Compare the kept sums with the entries, and return the first differences."""
    differences = (problem for part in list_parts(connection) for problem in count_differences(connection, part))
    return tuple(islice(differences, MOST_PROBLEMS))


def _problems(connection: sa.Connection, name: ChainName, head: Head) -> Iterator[str]:
    previous, expected = GENESIS, number_before(name) + 1
    for page in read_chain(connection, name, head.number):
        elsewhere = _problems_elsewhere(connection, name, page)
        for row in page:
            number = row["number"]
            if number != expected:
                yield f"{_range(expected, number - 1)} missing"
            elif row["chain_hash"] != chain_hash(previous, row):
                yield f"entry {number} does not follow from the one before: its hash or its times were changed"
            problem = _problem_of(name, row) or elsewhere.get(number)
            if problem is not None:
                yield problem
            previous, expected = row["chain_hash"], number + 1
    if expected <= head.number:
        yield f"{_range(expected, head.number)} missing"
    elif previous != head.chain_hash:
        yield f"entry {head.number} is not the last one that was written"
    if count_after(connection, name, head.number):
        yield f"there are entries after the last one, {head.number}"


def _problem_of(name: ChainName, row: Mapping[str, Any]) -> str | None:
    """Return what is wrong within an entry."""
    number = row["number"]
    if row["hash"] != content_hash(row["content"].encode()):
        return f"the content of entry {number} was changed"
    if not _columns_agree(name, row):
        return f"the columns of entry {number} differ from its content"
    if (row["kind"] in REPLAYS) is not (name in REPLAY_CHAINS):
        return f"entry {number} has the kind {row['kind']}, which is one of the other ledger"
    return None


def _problems_elsewhere(
    connection: sa.Connection, name: ChainName, page: Sequence[Mapping[str, Any]]
) -> Mapping[int, str]:
    """Return what other tables have against the entries of a page, by number."""
    if name in {"forecasts", "replayed_forecasts"}:
        return _outcome_problems(connection, page)
    return _forecast_problems(connection, page)


def _outcome_problems(connection: sa.Connection, page: Sequence[Mapping[str, Any]]) -> Mapping[int, str]:
    """Return which forecasts never get an outcome, or get a second first one: the queue has them wrongly."""
    first, last = page[0]["number"], page[-1]["number"]
    waiting = connection.execute(sa.select(_DUE).where(_DUE.c.forecast_number.between(first, last)))
    days = {row.forecast_number: (row.ticker, row.target_date) for row in waiting}
    of = _OUTCOMES.c.forecast_number
    have_outcomes = set(connection.execute(sa.select(of).where(of.between(first, last))).scalars())
    found = {}
    for row in page:
        number, queued = row["number"], days.get(row["number"])
        if number in have_outcomes:
            if queued is not None:
                found[number] = f"entry {number} has an outcome, and the queue of due forecasts has it too"
        elif queued != (row["ticker"], row["target_date"]):
            found[number] = f"entry {number} has no outcome, and the queue of due forecasts lacks it"
    return found


def _forecast_problems(connection: sa.Connection, page: Sequence[Mapping[str, Any]]) -> Mapping[int, str]:
    """Return which outcomes are not of the forecast that their number names. A missing forecast shows in its chain."""
    columns = [_FORECASTS.c[name] for name in ("number", "hash", *SUBJECT)]
    chosen = sa.select(*columns).where(_FORECASTS.c.number.in_([row["forecast_number"] for row in page]))
    forecasts = {row["number"]: row for row in connection.execute(chosen).mappings()}
    found = {}
    for row in page:
        forecast = forecasts.get(row["forecast_number"])
        if forecast is None:
            continue
        if any(row[name] != forecast[name] for name in SUBJECT):
            found[row["number"]] = f"the columns of entry {row['number']} differ from its forecast"
        elif f'"forecast_hash":"{forecast["hash"]}"' not in row["content"]:
            found[row["number"]] = f"the forecast of entry {row['number']} was changed"
    return found


def _range(first: int, last: int) -> str:
    return f"entry {first} is" if first == last else f"entries {first} to {last} are"


def _columns_agree(name: ChainName, row: Mapping[str, Any]) -> bool:
    try:
        if name in {"forecasts", "replayed_forecasts"}:
            columns = forecast_columns(LedgerEntry.model_validate_json(row["content"]))
        else:
            columns = outcome_columns(json.loads(row["content"]))
    except (ValidationError, ValueError, KeyError):
        return False
    return all(row[column] == value for column, value in columns.items())
