"""``python -m common.sql migrate|check|wait|clean``: manage the tables of the SQL store."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import UTC, datetime

from common.domain.errors import StoreUnavailable
from common.runtime.settings_loading import load_settings
from common.runtime.tracing.jobs import run_job
from common.runtime.tracing.spans import rename
from common.sql.database_urls import DatabaseUrl
from common.sql.migrate import find_problem, find_revision, migrate
from common.sql.repositories.people.one_time_links import delete_ended_links
from common.sql.repositories.people.sessions import delete_expired_sessions
from common.sql.settings import SqlSettings
from common.sql.store import SqlStore

FAILED, WRONG_USAGE = 1, 2
_PAUSE_S = 2.0
"""Seconds between two looks at a store that is not ready."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m common.sql", description="Manage the SQL store of DATABASE_URL.")
    parser.add_argument(
        "command",
        choices=_COMMANDS,
        help="change the tables, look at them, wait, or delete what expired",
    )
    command = parser.parse_args(arguments).command
    rename(f"job sql {command}")
    address = load_settings(SqlSettings).sql_address()
    if address is None:
        print("setting DATABASE_URL: has to be set", file=sys.stderr)
        return WRONG_USAGE
    try:
        return _COMMANDS[command](address)
    except StoreUnavailable as exc:
        print(f"error: {exc.detail}", file=sys.stderr)
        return FAILED


def _migrate(address: DatabaseUrl) -> int:
    before, after = migrate(address), find_revision(address)
    change = ", as before" if before == after else f"; it had {before or 'none'}"
    print(f"The SQL store has revision {after}{change}.")
    return 0


def _check(address: DatabaseUrl) -> int:
    problem = find_problem(address)
    if problem is not None:
        print(f"error: the SQL store {problem}", file=sys.stderr)
        return FAILED
    print(f"The SQL store has revision {find_revision(address)}.")
    return 0


def _wait(address: DatabaseUrl) -> int:
    """Return as soon as the store is ready. Each new reason for waiting is printed once."""
    printed = ""
    while (reason := _reason_to_wait(address)) is not None:
        if reason != printed:
            print(f"waiting: {reason}", file=sys.stderr, flush=True)
        printed = reason
        time.sleep(_PAUSE_S)
    return _check(address)


def _reason_to_wait(address: DatabaseUrl) -> str | None:
    try:
        problem = find_problem(address)
    except StoreUnavailable as exc:
        return exc.detail
    return None if problem is None else f"the SQL store {problem}"


def _clean(address: DatabaseUrl) -> int:
    """Delete the sessions and links that have expired or were used."""
    store, now = SqlStore(address), datetime.now(UTC)
    ended = store.transaction(lambda connection: delete_expired_sessions(connection, now))
    links = store.transaction(lambda connection: delete_ended_links(connection, now))
    store.close()
    print(f"Deleted {ended} sessions and {links} links that had ended.")
    return 0


_COMMANDS = {"migrate": _migrate, "check": _check, "wait": _wait, "clean": _clean}


if __name__ == "__main__":
    sys.exit(run_job("sql", main))
