"""``python -m common.sql migrate|check``: bring the SQL store to this version's schema, or report whether it is."""

from __future__ import annotations

import argparse
import sys

from common.domain.errors import StoreUnavailable
from common.runtime.settings_loading import load_settings
from common.sql.database_urls import DatabaseUrl
from common.sql.migrate import find_revision, migrate
from common.sql.revision import HEAD, MIGRATE_COMMAND
from common.sql.settings import SqlSettings

FAILED, WRONG_USAGE = 1, 2


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m common.sql", description="Manage the SQL store of DATABASE_URL.")
    parser.add_argument("command", choices=("migrate", "check"), help="change the store, or only look at it")
    command = parser.parse_args(arguments).command
    address = load_settings(SqlSettings).sql_address()
    if address is None:
        print("setting DATABASE_URL: has to be set", file=sys.stderr)
        return WRONG_USAGE
    try:
        return _migrate(address) if command == "migrate" else _check(address)
    except StoreUnavailable as exc:
        print(f"error: {exc.detail}", file=sys.stderr)
        return FAILED


def _migrate(address: DatabaseUrl) -> int:
    before = migrate(address)
    change = ", as before" if before == HEAD else f"; it had {before or 'none'}"
    print(f"The SQL store has revision {HEAD}{change}.")
    return 0


def _check(address: DatabaseUrl) -> int:
    found = find_revision(address)
    if found != HEAD:
        reason = f"the SQL store has revision {found or 'none'}, not {HEAD}; run {MIGRATE_COMMAND}"
        print(f"error: {reason}", file=sys.stderr)
        return FAILED
    print(f"The SQL store has revision {HEAD}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
