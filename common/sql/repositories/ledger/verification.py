"""The check of the track record: no entry was changed, removed, inserted or reordered, and the sums are theirs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import sqlalchemy as sa
from pydantic import ValidationError

from common.domain.track_record import REPLAYS, LedgerEntry, content_hash
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
from common.sql.repositories.ledger.entries import forecast_columns, outcome_columns
from common.sql.repositories.ledger.recounts import count_differences, list_parts

MOST_PROBLEMS = 10


@dataclass(frozen=True)
class ChainReport:
    """The head of a chain and the first problems of it."""

    head: Head
    problems: tuple[str, ...]


def verify_chain(connection: sa.Connection, name: ChainName) -> ChainReport:
    """Check every entry of a chain."""
    head = read_head(connection, name)
    return ChainReport(head, tuple(islice(_problems(connection, name, head), MOST_PROBLEMS)))


def verify_sums(connection: sa.Connection) -> tuple[str, ...]:
    """Compare the kept sums with the entries, and return the first differences."""
    differences = (problem for part in list_parts(connection) for problem in count_differences(connection, part))
    return tuple(islice(differences, MOST_PROBLEMS))


def _problems(connection: sa.Connection, name: ChainName, head: Head) -> Iterator[str]:
    previous, expected = GENESIS, number_before(name) + 1
    for row in read_chain(connection, name, head.number):
        number = row["number"]
        if number != expected:
            yield f"{_range(expected, number - 1)} missing"
        elif row["chain_hash"] != chain_hash(previous, row):
            yield f"entry {number} does not follow from the one before: its hash or its times were changed"
        if row["hash"] != content_hash(row["content"].encode()):
            yield f"the content of entry {number} was changed"
        elif not _columns_agree(name, row):
            yield f"the columns of entry {number} differ from its content"
        elif (row["kind"] in REPLAYS) is not (name in REPLAY_CHAINS):
            yield f"entry {number} has the kind {row['kind']}, which is one of the other ledger"
        previous, expected = row["chain_hash"], number + 1
    if expected <= head.number:
        yield f"{_range(expected, head.number)} missing"
    elif previous != head.chain_hash:
        yield f"entry {head.number} is not the last one that was written"
    if count_after(connection, name, head.number):
        yield f"there are entries after the last one, {head.number}"


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
