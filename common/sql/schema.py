"""All tables. A change here needs a migration; a test compares the two on both databases."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from common.sql.column_types import HASH_TEXT, SEQUENCE, UUID_TEXT, UtcDateTime

METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

COUNTED_LEVELS = (50, 80, 95)
"""The intervals, in percent, of which the closes inside are counted."""
PIT_BINS = 10
SUMMED_SCORES = (
    *("abs_error_pct", "error_pct", "crps_pct", "brier_up"),
    *("last_price_abs_error_pct", "last_price_crps_pct"),
)
"""The scores that are summed up, in millionths. ``abs_`` sums up absolute values."""


def _id() -> Column[Any]:
    return Column("id", UUID_TEXT, primary_key=True)


def _account(*, name: str = "account_id") -> Column[Any]:
    """Return the column of the account to which a row belongs. The row ends with the account."""
    return Column(name, UUID_TEXT, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False)


def _time(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, UtcDateTime(), nullable=nullable)


schema_support = Table(
    "schema_support",
    METADATA,
    # One row: the revision of the oldest code that can use these tables.
    Column("oldest_revision", String(32), primary_key=True),
)

accounts = Table(
    "accounts",
    METADATA,
    _id(),
    Column("email", String(320), nullable=True, unique=True),
    Column("password_hash", Text, nullable=True),
    Column("is_admin", Boolean, nullable=False),
    _time("created_at"),
    _time("disabled_at", nullable=True),
    _time("password_changed_at", nullable=True),
    _time("email_verified_at", nullable=True),
)

external_identities = Table(
    "external_identities",
    METADATA,
    Column("issuer", String(500), primary_key=True),
    Column("subject", String(255), primary_key=True),
    _account(),
    Index(None, "account_id"),
)

sessions = Table(
    "sessions",
    METADATA,
    Column("hash", HASH_TEXT, primary_key=True),
    _account(),
    _time("created_at"),
    _time("last_seen_at"),
    _time("expires_at"),
    Column("user_agent", Text, nullable=False),
    Index(None, "account_id"),
    Index(None, "expires_at"),
)

api_tokens = Table(
    "api_tokens",
    METADATA,
    _id(),
    Column("hash", HASH_TEXT, nullable=False, unique=True),
    _account(),
    Column("name", String(200), nullable=False),
    Column("prefix", String(32), nullable=False),
    Column("scopes", String(200), nullable=False),
    _time("created_at"),
    _time("expires_at", nullable=True),
    _time("last_used_at", nullable=True),
    _time("revoked_at", nullable=True),
    Index(None, "account_id"),
)

invitations = Table(
    "invitations",
    METADATA,
    Column("hash", HASH_TEXT, primary_key=True),
    Column("email", String(320), nullable=True),
    _account(name="created_by"),
    _time("created_at"),
    _time("expires_at"),
    _time("used_at", nullable=True),
    Index(None, "created_by"),
)

password_resets = Table(
    "password_resets",
    METADATA,
    Column("hash", HASH_TEXT, primary_key=True),
    _account(),
    _time("created_at"),
    _time("expires_at"),
    _time("used_at", nullable=True),
    Index(None, "account_id"),
)

audit_log = Table(
    "audit_log",
    METADATA,
    Column("id", SEQUENCE, primary_key=True, autoincrement=True),
    _time("at"),
    # No foreign key: the log outlives the account.
    Column("actor", UUID_TEXT, nullable=True),
    Column("actor_kind", String(20), nullable=False),
    Column("action", String(100), nullable=False),
    Column("subject", String(500), nullable=False),
    Column("details", JSON, nullable=False),
    Column("address", String(100), nullable=False),
    Index(None, "at"),
    sqlite_autoincrement=True,
)

watchlists = Table(
    "watchlists",
    METADATA,
    _id(),
    _account(),
    Column("name", String(200), nullable=False),
    Column("position", Integer, nullable=False),
    _time("created_at"),
    _time("updated_at"),
    UniqueConstraint("account_id", "name"),
)

watchlist_items = Table(
    "watchlist_items",
    METADATA,
    Column("watchlist_id", UUID_TEXT, ForeignKey("watchlists.id", ondelete="CASCADE"), primary_key=True),
    Column("ticker", String(24), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("note", Text, nullable=False),
    Column("days", Integer, nullable=False),
    Column("level", Float, nullable=False),
    Column("model", String(40), nullable=False),
    Column("chance_above", Float, nullable=True),
    _time("added_at"),
)

alerts = Table(
    "alerts",
    METADATA,
    _id(),
    _account(),
    Column("ticker", String(24), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("parameters", JSON, nullable=False),
    Column("channel_ids", JSON, nullable=False),
    Column("state", String(20), nullable=False),
    Column("enabled", Boolean, nullable=False),
    _time("created_at"),
    Column("judged_through", Date, nullable=True),
    # The ranges that were forecast for the next days, for the conditions that compare with them.
    Column("bands", JSON, nullable=False),
    Column("note", Text, nullable=False),
    Index(None, "account_id"),
    Index(None, "ticker"),
)

alert_events = Table(
    "alert_events",
    METADATA,
    _id(),
    Column("alert_id", UUID_TEXT, ForeignKey("alerts.id", ondelete="CASCADE"), nullable=False),
    Column("close_date", Date, nullable=False),
    _time("fired_at"),
    Column("sentence", Text, nullable=False),
    Column("facts", JSON, nullable=False),
    UniqueConstraint("alert_id", "close_date"),
)

channels = Table(
    "channels",
    METADATA,
    _id(),
    _account(),
    Column("kind", String(20), nullable=False),
    Column("name", String(200), nullable=False),
    Column("target", JSON, nullable=False),
    Column("signing_secret", Text, nullable=True),
    _time("created_at"),
    Column("enabled", Boolean, nullable=False),
    Index(None, "account_id"),
)

deliveries = Table(
    "deliveries",
    METADATA,
    _id(),
    Column("event_id", UUID_TEXT, ForeignKey("alert_events.id", ondelete="CASCADE"), nullable=True),
    Column("channel_id", UUID_TEXT, ForeignKey("channels.id", ondelete="CASCADE"), nullable=False),
    Column("state", String(20), nullable=False),
    Column("attempts", Integer, nullable=False),
    _time("next_attempt_at"),
    Column("last_result", Text, nullable=False),
    _time("created_at"),
    _time("delivered_at", nullable=True),
    _time("lease_until", nullable=True),
    UniqueConstraint("event_id", "channel_id"),
    Index(None, "channel_id"),
    Index(None, "state", "next_attempt_at"),
)

ledger_heads = Table(
    "ledger_heads",
    METADATA,
    # The last entry of each chain. Its row is the lock under which entries are appended.
    Column("chain", String(20), primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("chain_hash", HASH_TEXT, nullable=False),
)


def _subject() -> list[Column[Any]]:
    """Return the columns of a forecast by which entries are selected."""
    return [
        Column("kind", String(20), nullable=False),
        Column("ticker", String(24), nullable=False),
        Column("days", Integer, nullable=False),
        Column("model", String(80), nullable=False),
        Column("target_date", Date, nullable=False),
    ]


def _chained() -> list[Column[Any]]:
    """Return the columns of an entry of a chain. Nothing changes or deletes such a row."""
    return [
        Column("number", BigInteger, primary_key=True, autoincrement=False),
        Column("hash", HASH_TEXT, nullable=False, unique=True),
        Column("chain_hash", HASH_TEXT, nullable=False),
        _time("recorded_at"),
        Column("content", Text, nullable=False),
    ]


ledger_forecasts = Table(
    "ledger_forecasts",
    METADATA,
    *_chained(),
    _time("made_at"),
    *_subject(),
    Index(None, "ticker", "number"),
    # The target day is in it so that the search for a period reads nothing else.
    Index(None, "kind", "model", "days", "number", "target_date"),
    # Finds the numbers between which the forecasts of a period are.
    Index(None, "kind", "model", "days", "target_date", "number"),
)

ledger_due = Table(
    "ledger_due",
    METADATA,
    # The forecasts without an outcome: a queue, not a part of the record.
    Column("forecast_number", BigInteger, primary_key=True, autoincrement=False),
    Column("ticker", String(24), nullable=False),
    Column("target_date", Date, nullable=False),
    Index(None, "target_date"),
)

ledger_outcomes = Table(
    "ledger_outcomes",
    METADATA,
    *_chained(),
    Column("forecast_number", BigInteger, nullable=False),
    # 0 for the first outcome of a forecast; a correction has the next number.
    Column("revision", Integer, nullable=False),
    *_subject(),
    Column("status", String(20), nullable=False),
    Column("actual", Float, nullable=True),
    Column("error_pct", Float, nullable=True),
    Column("crps_pct", Float, nullable=True),
    Column("pit", Float, nullable=True),
    Column("inside_50", Boolean, nullable=True),
    Column("inside_80", Boolean, nullable=True),
    Column("inside_95", Boolean, nullable=True),
    Column("brier_up", Float, nullable=True),
    Column("last_price_error_pct", Float, nullable=True),
    Column("last_price_crps_pct", Float, nullable=True),
    UniqueConstraint("forecast_number", "revision"),
    Index(None, "kind", "target_date"),
    Index(None, "kind", "model", "days", "error_pct"),
    Index(None, "ticker", "target_date"),
)

ledger_sums = Table(
    "ledger_sums",
    METADATA,
    # Sums over the entries, from which the figures of the track record are made.
    Column("kind", String(20), primary_key=True),
    Column("model", String(80), primary_key=True),
    Column("days", Integer, primary_key=True, autoincrement=False),
    Column("target_date", Date, primary_key=True),
    # That of the present outcome, or "waiting".
    Column("status", String(20), primary_key=True),
    Column("entries", BigInteger, nullable=False),
    *(Column(f"inside_{percent}", BigInteger, nullable=False) for percent in COUNTED_LEVELS),
    *(Column(f"pit_{tenth}", BigInteger, nullable=False) for tenth in range(PIT_BINS)),
    *(Column(name, BigInteger, nullable=False) for name in SUMMED_SCORES),
)

ledger_stocks = Table(
    "ledger_stocks",
    METADATA,
    # The number of scored forecasts of each stock, and of those whose close was inside the range of 80 %.
    Column("kind", String(20), primary_key=True),
    Column("ticker", String(24), primary_key=True),
    Column("model", String(80), primary_key=True),
    Column("days", Integer, primary_key=True, autoincrement=False),
    Column("scored", BigInteger, nullable=False),
    Column("inside_80", BigInteger, nullable=False),
)

standing_set = Table(
    "standing_set",
    METADATA,
    # The stocks that are forecast every evening for the track record.
    Column("ticker", String(24), primary_key=True),
    _time("added_at"),
)

standing_forecasts = Table(
    "standing_forecasts",
    METADATA,
    # The last close from which the evening's forecast of a stock and horizon was made.
    Column("ticker", String(24), primary_key=True),
    Column("days", Integer, primary_key=True, autoincrement=False),
    Column("as_of", Date, nullable=False),
)
