"""The names of all keys in Redis; docs/contributor/redis-keys.md has a table of them."""

from __future__ import annotations

import hashlib
from datetime import date
from enum import StrEnum

from common.domain.kinds import kind_of
from common.domain.questions import ForecastQuestion, Question
from common.domain.results import ENGINE


class SharedKey(StrEnum):
    """The keys that exist once."""

    ALERTS_RUN = "alerts_run"
    BACKUP_RUN = "backup_run"
    BATCHED = "batched"
    BATCH_CLIENTS = "batch_clients"
    BATCH_QUEUE = "batch_queue"
    BATCH_WAITING = "batch_waiting"
    CALIBRATION = "calibration"
    CAPACITIES = "rooms"
    CLOCK = "clock"
    ENDS = "ends"
    LEASES = "leases"
    LEDGER_OUTBOX = "ledger_outbox"
    LONG_BEGUN = "long_begun"
    LONG_CAPACITIES = "long_rooms"
    LONG_CLIENTS = "long_clients"
    LONG_WAITING = "long_waiting"
    MARKET_RUN = "market_run"
    OUTCOMES = "request_outcomes"
    PROBE = "probe"
    STOCK_RECORDS = "stock_records"
    USER_MODELS = "user_models"


class KeyPrefix(StrEnum):
    """The prefixes of keys that exist for each request, ticker, account and so on."""

    ANSWER = "answer:"
    BATCH = "batch:"
    BATCH_REQUESTS = "batch_requests:"
    BUDGET = "budget:"
    CIRCUIT = "aside:"
    CLIENT_BATCHES = "client_batches:"
    CLIENT_LONG = "client_long:"
    FAILURES = "failures:"
    FOLLOWERS = "followers:"
    INVALID_PRICES = "distrusted:"
    KEY_TURN = "key_turn:"
    LONG_REQUESTS = "long_requests:"
    MODEL_TEXT = "model_text:"
    MODEL_TOKENS = "model_tokens:"
    NEWS = "news:"
    NEWS_LOCK = "fetching_news:"
    NO_PRICES = "nothing:"
    PRICES_POINTER = "prices:"
    QUOTA = "rate:"
    REFRESH_LOCK = "refreshing:"
    REFRESH_RUN = "refresh_run:"
    REPEATED = "repeated:"
    REQUEST = "request:"
    RESULT = "result:"
    UNDER_WAY = "underway:"
    WRITING_LOCK = "writing:"

    def key(self, name: str) -> str:
        """Return the key of one request, ticker, account and so on."""
        return f"{self.value}{name}"


def result_key(
    question: Question, version: str, counted_from: date, body: bytes = b"", *, is_reusable: bool = True
) -> str:
    """Return the key of a result.

    Args:
        question: the question.
        version: the revision of the prices.
        counted_from: the day from which the horizon is counted.
        body: the result. If no later request may get it, its hash is part of the key: a result never changes under its
            key.
        is_reusable: whether a later request may get it if the question allows that.
    """
    before, after = _parts(question)
    key = f"{before}{version}{after}{counted_from.isoformat()}"
    return key if question.has_reusable_result and is_reusable else f"{key}:{hashlib.sha256(body).hexdigest()[:32]}"


def reusable_key_parts(question: Question) -> tuple[str, str]:
    """Return the parts of the key of a result that a later request gets.

    Returns:
        The part before the revision of the prices, and that between the revision and the day. Both are empty for a
        question whose results no later request gets.
    """
    return _parts(question) if question.has_reusable_result else ("", "")


def _parts(question: Question) -> tuple[str, str]:
    if not isinstance(question, ForecastQuestion):
        kind = kind_of(question)
        return KeyPrefix.RESULT.key(f"{question.ticker}:"), f":{kind.name}:{question.key}:{kind.engine}:"
    # Only the hash covers the fields that later versions added to a question.
    later = "" if question.older_key else f"{question.key}:"
    return (
        KeyPrefix.RESULT.key(f"{question.ticker}:"),
        f":{question.days}:{question.model}:{question.level!r}:{later}{ENGINE}:",
    )
