"""Under gevent, a unit of SQL work delays no other greenlet."""

from __future__ import annotations

import json
import subprocess
import sys

from common.sql.database_urls import DatabaseUrl
from test_support.paths import ROOT

_SCRIPT = """
from gevent import monkey
monkey.patch_all()
import json, sys, time
import gevent
from importlib.abc import MetaPathFinder
from datetime import UTC, datetime
from common.domain.errors import StoreUnavailable
from common.sql.database_urls import DatabaseUrl
from common.sql.repositories.people.accounts import NewAccount, create_account, list_accounts
from common.sql.store import SqlStore
from webserver.http.cooperative_work import in_thread

imported_in_threads = []

class Watch(MetaPathFinder):
    # It finds nothing itself. Finders are asked in the thread that imports.
    def find_spec(self, name, path, target=None):
        if gevent.get_hub() is not hub:
            imported_in_threads.append(name)

hub = gevent.get_hub()
sys.meta_path.insert(0, Watch())
store = SqlStore(DatabaseUrl.parse(sys.argv[1]), in_thread)
kind = "sqlite" if sys.argv[1].startswith("sqlite") else "postgresql"

def turns(seconds):
    count, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        gevent.sleep(0.005)
        count += 1
    return count

def write(number):
    try:
        return store.transaction(lambda c: create_account(c, NewAccount(f"{number}@example.com"), datetime.now(UTC)))
    except StoreUnavailable:
        return None

def wait(connection):
    if kind == "postgresql":
        connection.exec_driver_sql("SELECT pg_sleep(1)")
    else:
        # A second connection waits for the lock that this one holds.
        from common.sql.engines import make_engine
        import common.sql.engines as engines
        engines.BUSY_TIMEOUT_S = 1
        try:
            with make_engine(DatabaseUrl.parse(sys.argv[1])).begin():
                pass
        except Exception:
            pass

gevent.joinall([gevent.spawn(write, number) for number in range(60)])
written = len(store.read(list_accounts))
waiting = gevent.spawn(store.transaction, wait)
gevent.sleep(0.05)
meanwhile = turns(0.7)
assert not waiting.ready(), "the unit did not wait"
waiting.join()
print(json.dumps({"written": written, "turns": meanwhile, "imported_in_threads": imported_in_threads}))
"""


def test_other_greenlets_run_while_the_store_works(sql_address: DatabaseUrl) -> None:
    url = sql_address.postgresql or f"sqlite:///{sql_address.path}"
    command = [sys.executable, "-c", _SCRIPT, url]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=250, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["written"] == 60
    assert found["turns"] > 20
    # The locks of imports are gevent's: two threads that import the same module may wait for each other for ever.
    assert found["imported_in_threads"] == []
