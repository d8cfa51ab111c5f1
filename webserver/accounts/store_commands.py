"""Commands that change the SQL store directly, whether the services run or not: their store and exit statuses."""

from __future__ import annotations

import sys
from collections.abc import Callable

from common.domain.errors import StoreUnavailable
from common.runtime.settings_loading import load_settings
from common.sql.migrate import migrate
from common.sql.settings import SqlSettings
from common.sql.store import SqlStore

FAILED, WRONG_USAGE = 1, 2


def run_on_store(run: Callable[[SqlStore], int]) -> int:
    """Run a command on the store of ``DATABASE_URL`` and return its exit status. A missing SQLite file is made."""
    address = load_settings(SqlSettings).sql_address()
    if address is None:
        print("setting DATABASE_URL: has to be set", file=sys.stderr)
        return WRONG_USAGE
    try:
        if address.path is not None:
            migrate(address)
        return run(SqlStore(address))
    except StoreUnavailable:
        print("error: the SQL store of DATABASE_URL cannot be used; python -m common.sql check", file=sys.stderr)
        return FAILED
