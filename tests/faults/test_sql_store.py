"""Failures of the SQL store: what needs it answers 503 with a reason, and forecasts go on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from common.sql.database_urls import DatabaseUrl, sqlite_url
from common.sql.migrate import migrate
from test_support.network.fault_proxy import FaultProxy, fault_proxies
from test_support.stacks.request_history import RequestHistory, checked_history
from test_support.stacks.service_processes import DEADLINE_S, Parts, running_parts
from test_support.stores.postgres import NoPostgres, running_postgres
from test_support.waiting import until
from tests.conftest import skip_or_fail

LISTS = "/api/v1/watchlists"


@pytest.fixture(scope="module")
def postgresql_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Parts, FaultProxy]]:
    """A stack whose SQL store is PostgreSQL behind a proxy."""
    try:
        with running_postgres() as server, fault_proxies(server.port) as (proxy,):
            address = server.create_database("stockcast")
            migrate(DatabaseUrl.parse(address))
            behind = address.replace(f":{server.port}/", f":{proxy.port}/")
            with running_parts(tmp_path_factory.mktemp("sql"), DATABASE_URL=behind) as parts:
                yield parts, proxy
    except NoPostgres as exc:
        skip_or_fail(str(exc))


def lists(parts: Parts) -> httpx.Response:
    return httpx.get(f"{parts.url}{LISTS}", trust_env=False, timeout=DEADLINE_S)


def check_unavailable(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert answer.json()["detail"].startswith("Accounts and lists cannot be read or written now. Forecasts still work.")
    assert int(answer.headers["Retry-After"]) >= 1


def check_forecasts_go_on(parts: Parts, history: RequestHistory, ticker: str) -> None:
    assert history.ask(ticker, 30)[1].status_code == 200
    assert httpx.get(f"{parts.url}/readyz", trust_env=False, timeout=DEADLINE_S).status_code == 200


@pytest.mark.parametrize("fault", ["down", "reset", "hang", "truncate"])
def test_a_postgresql_that_cannot_be_used_delays_no_forecast(
    postgresql_stack: tuple[Parts, FaultProxy], fault: str
) -> None:
    parts, proxy = postgresql_stack
    with checked_history(parts) as history, ThreadPoolExecutor(30) as clients:
        assert lists(parts).status_code == 200
        proxy.set_fault(fault)  # type: ignore[arg-type]
        waiting = [clients.submit(lists, parts) for _ in range(30)]
        check_forecasts_go_on(parts, history, f"SQL{fault.upper()}")
        for answer in waiting:
            check_unavailable(answer.result())
        proxy.set_fault(None)
        until(lambda: lists(parts).status_code == 200, DEADLINE_S, "did not recover by itself")


def test_a_sqlite_file_that_cannot_be_used_delays_no_forecast(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("sql")
    path, aside = folder / "stockcast.sqlite", folder / "aside"
    migrate(DatabaseUrl(path=path))
    with running_parts(folder, DATABASE_URL=sqlite_url(path)) as parts, checked_history(parts) as history:
        assert lists(parts).status_code == 200
        path.rename(aside)
        check_unavailable(lists(parts))
        path.write_text("This is no database. " * 1000)
        check_unavailable(lists(parts))
        check_forecasts_go_on(parts, history, "NOSQL")
        metrics = httpx.get(f"{parts.url}/metrics", trust_env=False, timeout=DEADLINE_S).text
        failures = re.search(r"^stockcast_sql_failures_total (\S+)", metrics, re.MULTILINE)
        # The track record tries as well.
        assert failures is not None
        assert float(failures[1]) >= 2
        aside.rename(path)
        assert lists(parts).status_code == 200
