"""Failures of the primary of Redis in front of two replicas and three Sentinels, behind real services under load."""

from __future__ import annotations

import itertools
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import redis

from common.domain.questions import ForecastQuestion
from common.redis.client.connections import make_redis_client
from common.redis.client.failures import RedisAway
from common.redis.client.replica_confirmation import CONFIRMED_WITHIN_MS
from common.redis.requests.request_store import RequestStore
from common.redis.stores import RedisStores
from local_stack.redis_binary import NoRedis
from test_support.stacks.request_history import RequestHistory, checked_history
from test_support.stacks.service_processes import Parts, running_parts
from test_support.stores.redis_group import GroupServer, RedisGroup, running_group
from test_support.waiting import until
from tests.conftest import skip_or_fail

CLIENTS, EVERY_S = 2, 0.2
AFTERWARDS_EVERY_S = 2.0
"""While the group becomes whole again, which takes many seconds: each request costs a forecast."""
FEW = 3
"""Accepted requests before a fault and after it."""
FAILOVERS, TRIES = 3, 20
NUMBERS = itertools.count(100)
"""The numbers of requests, each of which is accepted once."""
OF_A_LONE_PRIMARY = "NOREPLICAS"

Fault = Callable[[RedisGroup, GroupServer], None]


@pytest.fixture(scope="module")
def whole_group(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisGroup]:
    """The group of this module."""
    try:
        with running_group(tmp_path_factory.mktemp("group")) as group:
            yield group
    except NoRedis as exc:
        skip_or_fail(str(exc))


@pytest.fixture
def group(whole_group: RedisGroup) -> RedisGroup:
    """The group without faults."""
    whole_group.recover()
    return whole_group


@pytest.fixture(scope="module")
def stack(whole_group: RedisGroup, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    """A stack that reaches Redis by the Sentinels."""
    with running_parts(tmp_path_factory.mktemp("stack"), REDIS_URL=whole_group.url) as parts:
        yield parts


class Load:
    """Clients that ask until they are stopped, and the moments at which a request of theirs was accepted."""

    def __init__(self, history: RequestHistory, name: str) -> None:
        self._history, self._name = history, name
        self._stopped = threading.Event()
        self.every_s = EVERY_S
        self.accepted: list[float] = []
        self.statuses: set[int] = set()

    def run(self, client: int) -> None:
        """Ask for forecasts, each of its own stock."""
        number = 0
        while not self._stopped.wait(self.every_s):
            number += 1
            _, answer = self._history.ask(f"{self._name}{client}N{number}", 30, prefer="wait=0")
            self.statuses.add(answer.status_code)
            if answer.status_code < 300:
                self.accepted.append(time.monotonic())

    def stop(self) -> None:
        """End the clients."""
        self._stopped.set()

    def wait_for_accepted(self, after: float) -> None:
        """Return once a few requests were accepted after that moment."""
        until(lambda: sum(moment > after for moment in list(self.accepted)) >= FEW)

    def longest_gap_s(self, end: float) -> float:
        """Return the longest time without an accepted request until that moment."""
        moments = sorted(moment for moment in self.accepted if moment <= end)
        return max(later - earlier for earlier, later in itertools.pairwise(moments))


def kill(_group: RedisGroup, primary: GroupServer) -> None:
    primary.kill()


def demote(group: RedisGroup, _primary: GroupServer) -> None:
    group.fail_over()


def cut_off(_group: RedisGroup, primary: GroupServer) -> None:
    primary.proxy.set_fault("hang")


def stop(_group: RedisGroup, primary: GroupServer) -> None:
    primary.signal(signal.SIGSTOP)


@pytest.mark.parametrize("fault", [kill, demote, cut_off, stop])
def test_a_failover_under_load_loses_no_accepted_request(
    group: RedisGroup, stack: Parts, fault: Fault, record_property: Callable[[str, object], None]
) -> None:
    with checked_history(stack) as history, ThreadPoolExecutor(CLIENTS) as clients:
        load = Load(history, fault.__name__.replace("_", "").upper()[:4])
        running = [clients.submit(load.run, client) for client in range(CLIENTS)]
        try:
            load.wait_for_accepted(0)
            before = group.primary()
            fault(group, before)
            until(lambda: group.primary() is not before, complaint="no other server became the primary")
            load.wait_for_accepted(time.monotonic())
            served_again, load.every_s = time.monotonic(), AFTERWARDS_EVERY_S
            group.recover()  # the former primary comes back as a replica, and drops what only it had
        finally:
            load.stop()
        for client in running:
            client.result()
        assert load.statuses <= {200, 202, 503}
        record_property("longest_gap_s", round(load.longest_gap_s(served_again), 2))
        record_property("accepted", len(load.accepted))
    assert httpx.get(f"{stack.url}/readyz", trust_env=False, timeout=60).status_code == 200


def test_repeated_failovers_of_a_working_primary_lose_no_accepted_request(group: RedisGroup) -> None:
    """The former primary accepts for about a second what only one of its replicas gets."""
    with make_redis_client(group.url) as client:
        stores = RedisStores.of(client)
        for _ in range(FAILOVERS):
            accepted: list[int] = []

            def accept_more(accepted: list[int] = accepted) -> bool:
                number = next(NUMBERS)
                if accepts(stores.requests, number):
                    accepted.append(number)
                return len(accepted) >= FEW

            until(accept_more)
            before = group.primary()
            group.fail_over()
            until(lambda before=before: accept_more() and group.primary() is not before)  # type: ignore[misc]
            group.recover()
            found = stores.requests.read_all([id_of(number) for number in accepted])
            assert [number for number, record in zip(accepted, found, strict=True) if record is None] == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_the_loss_of_one_replica_stops_nothing_and_is_not_waited_for_each_time(group: RedisGroup, number: int) -> None:
    with make_redis_client(group.url) as client:
        requests = RedisStores.of(client).requests
        until(lambda: accepts(requests, next(NUMBERS)))
        assert accepts(requests, next(NUMBERS))
        lost, _ = group.replicas()
        lost.signal(number)
        took = [timed(lambda: accepts(requests, next(NUMBERS))) for _ in range(TRIES)]
        # On a busy machine a Sentinel may reply too late, and some waits take longer.
        assert sum(accepted for accepted, _ in took) >= TRIES / 2
        assert sum(seconds >= CONFIRMED_WITHIN_MS / 1000 for _, seconds in took) <= TRIES / 2


def timed(act: Callable[[], bool]) -> tuple[bool, float]:
    began = time.monotonic()
    return act(), time.monotonic() - began


def test_nothing_is_accepted_that_no_replica_has(group: RedisGroup) -> None:
    with make_redis_client(group.url) as client:
        requests = RedisStores.of(client).requests
        until(lambda: accepts(requests, 30))
        for replica in group.replicas():
            replica.signal(signal.SIGSTOP)
        assert not accepts(requests, 31)
        with group.primary().client() as primary:
            until(lambda: is_refusing(primary), complaint="a primary without replicas still writes")
        assert not accepts(requests, 32)
        group.recover()
        until(lambda: accepts(requests, 32))


def accepts(requests: RequestStore, number: int) -> bool:
    question = ForecastQuestion(ticker=f"ALONE{number}", days=30)
    try:
        return requests.accept(id_of(number), question, 60_000).is_first
    except RedisAway:
        return False


def id_of(number: int) -> str:
    return f"7a1c3e5f-0000-4000-8000-{number:012}"


def test_an_isolated_primary_refuses_writes_and_drops_what_it_alone_has(group: RedisGroup) -> None:
    isolated = group.primary()
    with make_redis_client(group.url) as client, isolated.client() as beside_it:
        client.set("before", "kept")
        isolated.proxy.set_fault("hang")
        beside_it.set("alone", "lost")
        assert beside_it.wait(1, 200) == 0
        until(lambda: is_refusing(beside_it), complaint="the isolated primary still writes")
        until(lambda: group.primary() is not isolated)
        until(lambda: writes(client), complaint="the new primary does not write")
        group.recover()
        assert isolated is not group.primary()
        assert (client.get("before"), client.get("alone"), client.get("after")) == (b"kept", None, b"kept")
        assert beside_it.get("alone") is None


def is_refusing(server: redis.Redis) -> bool:
    try:
        server.set("refused", "yes")
    except redis.ResponseError as exc:
        return OF_A_LONE_PRIMARY in str(exc)
    return False


def writes(client: redis.Redis) -> bool:
    try:
        return bool(client.set("after", "kept"))
    except redis.RedisError:
        return False
