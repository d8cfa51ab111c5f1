"""Addresses of Redis."""

from __future__ import annotations

import pytest
import redis

from common.redis.client.addresses import RedisAddress
from common.redis.client.connections import has_replicas, make_redis_client
from common.redis.client.primary_locator import NoPrimary, PrimaryLocator


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


def test_only_an_address_with_sentinels_has_replicas():
    assert has_replicas(make_redis_client("redis+sentinel://one/name"))
    assert not has_replicas(make_redis_client("redis://one"))


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


def state(ip, *, down=False):
    return {"ip": ip, "port": 6379, "is_master": True, "is_sdown": down, "is_odown": False}


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
