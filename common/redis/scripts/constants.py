"""The Lua constants of all scripts: names of keys, statuses, failures and times."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache

from common.domain.errors import (
    Busy,
    DeadlineExceeded,
    Failure,
    ForecastFailed,
    ImplausiblePrices,
    TooLittleData,
    UnknownTicker,
    WorkerCrashed,
)
from common.domain.kinds import FORECAST, KINDS
from common.redis.schema import lifetimes
from common.redis.schema.keys import KeyPrefix, SharedKey
from common.redis.schema.outcomes import COLD_BOUNDS_MS, OUTCOMES_BY_CODE
from common.redis.schema.statuses import ENDED
from common.redis.schema.stored_failures import DAMAGED, encode_failure

ABANDONED = "The service that fetches prices cannot be reached. Try again in a moment."
QUEUE_FULL = "Too many analyses wait for their turn already. Request this one again later."
_FAILURES: Mapping[str, Failure] = {
    "LATE": DeadlineExceeded(),
    "DAMAGED": ForecastFailed(DAMAGED),
    "ABANDONED": Busy(ABANDONED, retry_after_s=2),
    "CRASHED": WorkerCrashed(),
    "QUEUE_FULL": Busy(QUEUE_FULL, retry_after_s=60),
}
SHARED_FAILURES = (UnknownTicker, TooLittleData, ImplausiblePrices)
"""The failures that depend only on the data, so that joined requests share them."""
_LIMITS = (
    "MAX_ATTEMPTS",
    "KEEP_MS",
    "RESULT_MS",
    "ABANDONED_MS",
    "FURTHEST_DEADLINE_MS",
    "MOST_STORED_ATTEMPTS",
    "BATCHED_AT_ONCE",
    "BATCHES_MS",
    "MOST_LONG_WAITING",
    "MOST_LONG_WAITING_OF_CLIENT",
    "ENDS_MS",
    "OUTCOMES_MS",
    "MOST_LEDGER_ENTRIES",
    "REPEATED_MS",
    "CLOCK_NOTED_EVERY_MS",
    "CLOCK_KEPT_MS",
)


@cache
def render_constants() -> str:
    """Return the Lua text that defines the constants."""
    values: dict[str, str] = {
        "KEY": _table(_members(SharedKey)),
        "PREFIX": _table(_members(KeyPrefix)),
        "ENDED": _table(dict.fromkeys(sorted(ENDED), "true")),
        "SHARED_CODES": _table({kind.code: "true" for kind in SHARED_FAILURES}),
        "FAILURE": _table({name: _string(encode_failure(failure)) for name, failure in _FAILURES.items()}),
        "OUTCOMES": _table({code: _string(outcome) for code, outcome in OUTCOMES_BY_CODE.items()}),
        "KINDS": _table(dict.fromkeys(KINDS, "true")),
        "FORECAST": _string(FORECAST.name),
        "COLD_BOUNDS_MS": "{ " + ", ".join(map(str, COLD_BOUNDS_MS)) + " }",
        **{name: str(getattr(lifetimes, name)) for name in _LIMITS},
    }
    return "\n".join(f"local {name} = {value}" for name, value in values.items())


def _members(names: type[StrEnum]) -> dict[str, str]:
    return {member.name: _string(member.value) for member in names}


def _table(fields: Mapping[str, str]) -> str:
    return "{ " + ", ".join(f"{name} = {value}" for name, value in fields.items()) + " }"


def _string(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
