"""Create all tables, and the account of the machine.

Revision: 0001. It may change until a version with it is released.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from common.sql.column_types import HASH_TEXT, SEQUENCE, UUID_TEXT, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

LOCAL_ACCOUNT_ID = "00000000-0000-0000-0000-000000000000"
LARGE_STOCKS = (
    *("AAPL", "ADBE", "AMD", "AMGN", "AMZN", "AVGO", "AXP", "BA", "BKNG", "CAT"),
    *("CMCSA", "COST", "CRM", "CSCO", "CVX", "DIS", "GILD", "GOOG", "GS", "HD"),
    *("HON", "IBM", "INTC", "INTU", "ISRG", "JNJ", "JPM", "KO", "LIN", "MCD"),
    *("MDLZ", "META", "MMM", "MRK", "MSFT", "NFLX", "NKE", "NVDA", "PEP", "PG"),
    *("PLTR", "PYPL", "QCOM", "SBUX", "TMUS", "TSLA", "TXN", "UNH", "V", "WMT"),
)
"""The stocks of ingestion_service.refresh.large_stocks on 2026-11-29. The list stays, whatever the indices become."""


def upgrade() -> None:
    """Create the tables."""
    support = op.create_table(
        "schema_support",
        sa.Column("oldest_revision", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("oldest_revision", name="pk_schema_support"),
    )
    op.bulk_insert(support, [{"oldest_revision": revision}])
    _create_people()
    _create_lists()
    _create_alerts()
    _create_ledger()
    _create_ledger_sums()
    _create_standing_set()
    _add_local_account()


def _create_people() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", UUID_TEXT, nullable=False),
        sa.Column("email", sa.String(320), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("is_admin", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("disabled_at", UtcDateTime(), nullable=True),
        sa.Column("password_changed_at", UtcDateTime(), nullable=True),
        sa.Column("email_verified_at", UtcDateTime(), nullable=True),
        sa.UniqueConstraint("email", name="uq_accounts_email"),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
    )
    op.create_table(
        "external_identities",
        sa.Column("issuer", sa.String(500), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("account_id", UUID_TEXT, nullable=False),
        _belongs("external_identities", "account_id", "accounts"),
        sa.PrimaryKeyConstraint("issuer", "subject", name="pk_external_identities"),
    )
    op.create_index("ix_external_identities_account_id", "external_identities", ["account_id"])
    op.create_table(
        "sessions",
        sa.Column("hash", HASH_TEXT, nullable=False),
        sa.Column("account_id", UUID_TEXT, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=False),
        _belongs("sessions", "account_id", "accounts"),
        sa.PrimaryKeyConstraint("hash", name="pk_sessions"),
    )
    op.create_index("ix_sessions_account_id", "sessions", ["account_id"])
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])
    op.create_table(
        "api_tokens",
        sa.Column("id", UUID_TEXT, nullable=False),
        sa.Column("hash", HASH_TEXT, nullable=False),
        sa.Column("account_id", UUID_TEXT, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("prefix", sa.String(32), nullable=False),
        sa.Column("scopes", sa.String(200), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("last_used_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.UniqueConstraint("hash", name="uq_api_tokens_hash"),
        _belongs("api_tokens", "account_id", "accounts"),
        sa.PrimaryKeyConstraint("id", name="pk_api_tokens"),
    )
    op.create_index("ix_api_tokens_account_id", "api_tokens", ["account_id"])
    op.create_table(
        "invitations",
        sa.Column("hash", HASH_TEXT, nullable=False),
        sa.Column("email", sa.String(320), nullable=True),
        sa.Column("created_by", UUID_TEXT, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        _belongs("invitations", "created_by", "accounts"),
        sa.PrimaryKeyConstraint("hash", name="pk_invitations"),
    )
    op.create_index("ix_invitations_created_by", "invitations", ["created_by"])
    op.create_table(
        "password_resets",
        sa.Column("hash", HASH_TEXT, nullable=False),
        sa.Column("account_id", UUID_TEXT, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        _belongs("password_resets", "account_id", "accounts"),
        sa.PrimaryKeyConstraint("hash", name="pk_password_resets"),
    )
    op.create_index("ix_password_resets_account_id", "password_resets", ["account_id"])
    op.create_table(
        "audit_log",
        sa.Column("id", SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor", UUID_TEXT, nullable=True),
        sa.Column("actor_kind", sa.String(20), nullable=False),
        sa.Column("action", sa.String(100), nullable=False),
        sa.Column("subject", sa.String(500), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("address", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_log"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_log_at", "audit_log", ["at"])


def _create_lists() -> None:
    op.create_table(
        "watchlists",
        sa.Column("id", UUID_TEXT, nullable=False),
        sa.Column("account_id", UUID_TEXT, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        _belongs("watchlists", "account_id", "accounts"),
        sa.UniqueConstraint("account_id", "name", name="uq_watchlists_account_id_name"),
        sa.PrimaryKeyConstraint("id", name="pk_watchlists"),
    )
    op.create_table(
        "watchlist_items",
        sa.Column("watchlist_id", UUID_TEXT, nullable=False),
        sa.Column("ticker", sa.String(24), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("level", sa.Float(), nullable=False),
        sa.Column("model", sa.String(40), nullable=False),
        sa.Column("chance_above", sa.Float(), nullable=True),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        _belongs("watchlist_items", "watchlist_id", "watchlists"),
        sa.PrimaryKeyConstraint("watchlist_id", "ticker", name="pk_watchlist_items"),
    )


def _create_alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", UUID_TEXT, nullable=False),
        sa.Column("account_id", UUID_TEXT, nullable=False),
        sa.Column("ticker", sa.String(24), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("channel_ids", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("judged_through", sa.Date(), nullable=True),
        sa.Column("bands", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        _belongs("alerts", "account_id", "accounts"),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
    )
    op.create_index("ix_alerts_account_id", "alerts", ["account_id"])
    op.create_index("ix_alerts_ticker", "alerts", ["ticker"])
    op.create_table(
        "alert_events",
        sa.Column("id", UUID_TEXT, nullable=False),
        sa.Column("alert_id", UUID_TEXT, nullable=False),
        sa.Column("close_date", sa.Date(), nullable=False),
        sa.Column("fired_at", UtcDateTime(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        _belongs("alert_events", "alert_id", "alerts"),
        sa.UniqueConstraint("alert_id", "close_date", name="uq_alert_events_alert_id_close_date"),
        sa.PrimaryKeyConstraint("id", name="pk_alert_events"),
    )
    op.create_table(
        "channels",
        sa.Column("id", UUID_TEXT, nullable=False),
        sa.Column("account_id", UUID_TEXT, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("target", sa.JSON(), nullable=False),
        sa.Column("signing_secret", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        _belongs("channels", "account_id", "accounts"),
        sa.PrimaryKeyConstraint("id", name="pk_channels"),
    )
    op.create_index("ix_channels_account_id", "channels", ["account_id"])
    op.create_table(
        "deliveries",
        sa.Column("id", UUID_TEXT, nullable=False),
        sa.Column("event_id", UUID_TEXT, nullable=True),
        sa.Column("channel_id", UUID_TEXT, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", UtcDateTime(), nullable=False),
        sa.Column("last_result", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("delivered_at", UtcDateTime(), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        _belongs("deliveries", "event_id", "alert_events"),
        _belongs("deliveries", "channel_id", "channels"),
        sa.UniqueConstraint("event_id", "channel_id", name="uq_deliveries_event_id_channel_id"),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
    )
    op.create_index("ix_deliveries_channel_id", "deliveries", ["channel_id"])
    op.create_index("ix_deliveries_state_next_attempt_at", "deliveries", ["state", "next_attempt_at"])


def _create_ledger() -> None:
    heads = op.create_table(
        "ledger_heads",
        sa.Column("chain", sa.String(20), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("chain_hash", HASH_TEXT, nullable=False),
        sa.PrimaryKeyConstraint("chain", name="pk_ledger_heads"),
    )
    firsts = {"forecasts": 0, "outcomes": 0, "replayed_forecasts": 10**12, "replayed_outcomes": 10**12}
    op.bulk_insert(
        heads, [{"chain": name, "number": number, "chain_hash": "0" * 64} for name, number in firsts.items()]
    )
    _create_chain("ledger_forecasts", sa.Column("made_at", UtcDateTime(), nullable=False))
    op.create_index("ix_ledger_forecasts_ticker_number", "ledger_forecasts", ["ticker", "number"])
    subject = ["kind", "model", "days"]
    op.create_index(
        "ix_ledger_forecasts_kind_model_days_number_target_date",
        "ledger_forecasts",
        [*subject, "number", "target_date"],
    )
    op.create_index(
        "ix_ledger_forecasts_kind_model_days_target_date_number",
        "ledger_forecasts",
        [*subject, "target_date", "number"],
    )
    op.create_table(
        "ledger_due",
        sa.Column("forecast_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ticker", sa.String(24), nullable=False),
        sa.Column("target_date", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("forecast_number", name="pk_ledger_due"),
    )
    op.create_index("ix_ledger_due_target_date", "ledger_due", ["target_date"])
    _create_chain(
        "ledger_outcomes",
        sa.Column("forecast_number", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("actual", sa.Float(), nullable=True),
        sa.Column("error_pct", sa.Float(), nullable=True),
        sa.Column("crps_pct", sa.Float(), nullable=True),
        sa.Column("pit", sa.Float(), nullable=True),
        sa.Column("inside_50", sa.Boolean(), nullable=True),
        sa.Column("inside_80", sa.Boolean(), nullable=True),
        sa.Column("inside_95", sa.Boolean(), nullable=True),
        sa.Column("brier_up", sa.Float(), nullable=True),
        sa.Column("last_price_error_pct", sa.Float(), nullable=True),
        sa.Column("last_price_crps_pct", sa.Float(), nullable=True),
        sa.UniqueConstraint("forecast_number", "revision", name="uq_ledger_outcomes_forecast_number_revision"),
    )
    op.create_index("ix_ledger_outcomes_kind_target_date", "ledger_outcomes", ["kind", "target_date"])
    op.create_index("ix_ledger_outcomes_kind_model_days_error_pct", "ledger_outcomes", [*subject, "error_pct"])
    op.create_index("ix_ledger_outcomes_ticker_target_date", "ledger_outcomes", ["ticker", "target_date"])


def _create_ledger_sums() -> None:
    counts = ("entries", *(f"inside_{percent}" for percent in (50, 80, 95)), *(f"pit_{tenth}" for tenth in range(10)))
    scores = ("abs_error_pct", "error_pct", "crps_pct", "brier_up", "last_price_abs_error_pct", "last_price_crps_pct")
    op.create_table(
        "ledger_sums",
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("model", sa.String(80), nullable=False),
        sa.Column("days", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("target_date", sa.Date(), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in (*counts, *scores)),
        sa.PrimaryKeyConstraint("kind", "model", "days", "target_date", "status", name="pk_ledger_sums"),
    )
    op.create_table(
        "ledger_stocks",
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("ticker", sa.String(24), nullable=False),
        sa.Column("model", sa.String(80), nullable=False),
        sa.Column("days", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("scored", sa.BigInteger(), nullable=False),
        sa.Column("inside_80", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "ticker", "model", "days", name="pk_ledger_stocks"),
    )


def _create_standing_set() -> None:
    added = op.create_table(
        "standing_set",
        sa.Column("ticker", sa.String(24), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("ticker", name="pk_standing_set"),
    )
    op.create_table(
        "standing_forecasts",
        sa.Column("ticker", sa.String(24), nullable=False),
        sa.Column("days", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("ticker", "days", name="pk_standing_forecasts"),
    )
    now = datetime.now(UTC)
    op.bulk_insert(added, [{"ticker": ticker, "added_at": now} for ticker in LARGE_STOCKS])


def _create_chain(name: str, *more: sa.Column[Any] | sa.UniqueConstraint) -> None:
    """Create a table of chained entries."""
    op.create_table(
        name,
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", HASH_TEXT, nullable=False),
        sa.Column("chain_hash", HASH_TEXT, nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("ticker", sa.String(24), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("model", sa.String(80), nullable=False),
        sa.Column("target_date", sa.Date(), nullable=False),
        *more,
        sa.UniqueConstraint("hash", name=f"uq_{name}_hash"),
        sa.PrimaryKeyConstraint("number", name=f"pk_{name}"),
    )


def _belongs(table: str, column: str, owners: str) -> sa.ForeignKeyConstraint:
    """Return the constraint by which a row ends with the row that ``column`` names."""
    return sa.ForeignKeyConstraint([column], [f"{owners}.id"], name=f"fk_{table}_{column}", ondelete="CASCADE")


def _add_local_account() -> None:
    """Add the account of a machine on which nobody logs in."""
    created_at = sa.column("created_at", UtcDateTime())
    accounts = sa.table("accounts", sa.column("id", UUID_TEXT), sa.column("is_admin", sa.Boolean()), created_at)
    op.bulk_insert(accounts, [{"id": LOCAL_ACCOUNT_ID, "is_admin": False, "created_at": datetime.now(UTC)}])
