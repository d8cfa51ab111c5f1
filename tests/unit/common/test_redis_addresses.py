"""Addresses of Redis."""

from __future__ import annotations

import pytest
import redis

from common.redis.client.addresses import RedisAddress
from common.redis.client.connections import locator_of, make_redis_client
from common.redis.client.primary_locator import NoPrimary, PrimaryLocator
from common.redis.client.replica_confirmation import ReplicaConfirmation


def test_an_address_with_sentinels_has_their_hosts_the_name_and_both_passwords():
    url = "redis+sentinel://user:a%2Fb@one:1,[::1]:26380,three/the%20name/2?sentinel_password=c%26d&socket_timeout=7"
    address = RedisAddress.parse(url)
    assert address.sentinels == (("one", 1), ("::1", 26380), ("three", 26379))
    assert address.primary_name == "the name"
    assert address.options == {"username": "user", "password": "a/b", "db": 2, "socket_timeout": 7.0}
    assert address.sentinel_options == {"password": "c&d"}
    assert not address.is_tls


def test_tls_holds_for_servers_and_sentinels():
    address = RedisAddress.parse("rediss+sentinel://one/stockcast?ssl_ca_certs=/ca.pem")
    assert address.is_tls
    assert address.options == {"db": 0, "ssl_ca_certs": "/ca.pem"}
    assert address.sentinel_options == {"ssl": True, "ssl_ca_certs": "/ca.pem"}


@pytest.mark.parametrize(
    "url",
    [
        *("", "redis", "http://secret@one", "redis://one:secret/0"),
        *("redis+sentinel://:secret@one:26379", "redis+sentinel:///secret", "redis+sentinel://one:secret/name"),
        *("redis+sentinel://one,,two/name", "redis+sentinel://one/name/secret", "redis+sentinel://[::1/secret"),
        *("redis+sentinel://one/name?sentinel_pasword=secret", "redis+sentinel://one/name?socket_timeout=secret"),
    ],
)
def test_a_wrong_address_is_refused_without_repeating_it(url):
    with pytest.raises(ValueError, match=r"^(must|has)") as refused:
        RedisAddress.parse(url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("url", ["redis+sentinel://one/name/2", "redis+sentinel://one/name", "redis://one:6379/2"])
def test_a_line_break_at_the_end_of_an_address_does_not_count(url):
    assert RedisAddress.parse(f"{url}\n") == RedisAddress.parse(url)


def test_a_password_with_a_bracket_is_refused_with_the_advice_to_escape_it():
    with pytest.raises(ValueError, match=r"with escaped special characters$"):
        RedisAddress.parse("redis+sentinel://:a[b@one/name")


def test_only_an_address_with_sentinels_has_replicas():
    assert locator_of(make_redis_client("redis+sentinel://one/name")) is not None
    assert locator_of(make_redis_client("redis://one")) is None


def test_an_option_in_the_address_takes_the_place_of_the_usual_one():
    pool = make_redis_client("redis://one/0?max_connections=3&timeout=5&socket_timeout=7").connection_pool
    assert (pool.max_connections, pool.timeout, pool.connection_kwargs["socket_timeout"]) == (3, 5, 7)


def test_passwords_are_not_in_the_text_of_an_address():
    assert "secret" not in repr(RedisAddress.parse("redis+sentinel://:secret@one/name?sentinel_password=secret"))


class FakeSentinel:
    """Stands for a Sentinel that returns a state, or cannot be reached."""

    def __init__(self, state):
        self.state, self.asked = state, 0

    def sentinel_master(self, _name):
        self.asked += 1
        if self.state is None:
            raise redis.ConnectionError
        return self.state


def state(ip, *, down=False, flags="master"):
    return {"ip": ip, "port": 6379, "flags": flags, "is_master": True, "is_sdown": down, "is_odown": False}


def test_the_next_sentinel_is_asked_if_one_is_away_or_sees_the_primary_down():
    locator = PrimaryLocator(RedisAddress.parse("redis+sentinel://one,two,three/name"))
    locator._sentinels = away, sees_it_down, replies = (
        FakeSentinel(None),
        FakeSentinel(state("old", down=True)),
        FakeSentinel(state("new")),
    )
    assert [locator.find(), locator.find(), locator.newest] == [("new", 6379)] * 3
    assert (away.asked, sees_it_down.asked, replies.asked) == (1, 1, 2)
    replies.state = state("new", down=True)
    with pytest.raises(NoPrimary, match="it is down, ConnectionError, it is down"):
        locator.find()


MOVING = state("one", flags="master,failover_in_progress")
ROLE_OF_TWO = [b"master", 9, [[b"a", b"1", b"9"], [b"b", b"1", b"9"]]]
ROLE_OF_ONE = [b"master", 9, [[b"a", b"1", b"9"]]]


def located(*states):
    """Return a locator whose Sentinels have these states, and which has found the primary ``one``."""
    hosts = ",".join(f"host{number}" for number in range(len(states)))
    locator = PrimaryLocator(RedisAddress.parse(f"redis+sentinel://{hosts}/name"))
    locator._sentinels = tuple(FakeSentinel(one) for one in states)
    locator.newest = ("one", 6379)
    return locator


@pytest.mark.parametrize(
    ("states", "is_staying"),
    [
        ([state("one"), state("one"), state("one")], True),
        ([state("one"), None, state("one")], False),
        ([state("one"), state("one"), MOVING], False),
        ([state("one"), state("one"), state("two")], False),
    ],
)
def test_a_primary_stays_only_if_every_sentinel_replies_so(states, is_staying):
    assert located(*states).is_staying() is is_staying


class Clock:
    """A monotonic clock that the test sets."""

    def __init__(self):
        self.now = 100.0


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("common.redis.client.replica_confirmation.time.monotonic", lambda: clock.now)
    return clock


def confirming(locator):
    """Return a confirmation that has learned of two replicas."""
    confirmation = ReplicaConfirmation(locator)
    assert confirmation.expect() == 1
    assert confirmation.suffices(1, ROLE_OF_TWO)
    assert confirmation.expect() == 2
    assert confirmation.suffices(2, ROLE_OF_TWO)
    assert confirmation.expect() == 2
    return confirmation


@pytest.mark.parametrize("seen", [MOVING, state("two"), None])
def test_without_a_replica_that_has_left_nothing_counts_during_a_failover(clock, seen):
    locator = located(state("one"), state("one"))
    confirmation = confirming(locator)
    locator._sentinels[1].state = seen
    for _ in range(3):
        assert not confirmation.suffices(1, ROLE_OF_ONE)
        assert confirmation.expect() == 1, "a wait for two would end after its time-out"
        clock.now += 1
    locator._sentinels[1].state = state("one")
    assert not confirmation.suffices(0, ROLE_OF_ONE)
    assert confirmation.suffices(1, ROLE_OF_ONE)


def test_what_all_replicas_have_counts_although_one_has_left_since(clock):
    locator = located(MOVING)
    assert confirming(locator).suffices(2, ROLE_OF_ONE)


def test_a_lost_machine_with_a_sentinel_refuses_for_five_seconds_only(clock):
    confirmation = confirming(located(state("one"), None))
    assert not confirmation.suffices(1, ROLE_OF_ONE)
    assert confirmation.expect() == 1
    clock.now += 5
    assert confirmation.suffices(1, ROLE_OF_ONE)
    assert confirmation.expect() == 1
    assert confirmation.suffices(1, ROLE_OF_ONE)
    assert confirmation.suffices(1, ROLE_OF_TWO)
    assert confirmation.expect() == 2, "it is back"


def test_a_replica_that_hangs_is_waited_for_every_five_seconds_and_its_leaving_is_noticed(clock):
    locator = located(state("one"))
    confirmation = confirming(locator)
    assert confirmation.suffices(1, ROLE_OF_TWO)
    clock.now += 4.9
    assert confirmation.expect() == 1
    assert confirmation.suffices(1, ROLE_OF_TWO)
    locator._sentinels[0].state = MOVING
    assert not confirmation.suffices(1, ROLE_OF_ONE)
    locator._sentinels[0].state = state("one")
    clock.now += 0.2
    assert confirmation.suffices(1, ROLE_OF_TWO)
    assert confirmation.expect() == 2


def test_calls_that_may_have_run_on_either_of_two_primaries_need_all_replicas(clock):
    locator = located(state("two"))
    confirmation = confirming(locator)
    locator.newest = ("two", 6379)
    assert not confirmation.suffices(1, ROLE_OF_TWO)
    assert confirmation.expect() == 1, "nothing is known about the replicas of the new primary"
    assert confirmation.suffices(1, ROLE_OF_ONE)
    locator.newest = ("one", 6379)  # by a Sentinel that does not know of the failover yet
    assert confirmation.expect() == 2
    assert not confirmation.suffices(1, ROLE_OF_ONE)
