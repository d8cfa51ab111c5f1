"""A primary of Redis, two replicas and three Sentinels as real processes. A proxy before each server can cut it off.

All of them, and the clients, reach a server by its proxy, whose port it announces.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis

from local_stack.redis_binary import find_redis
from test_support.network.fault_proxy import FaultProxy, fault_proxies
from test_support.network.ports import free_port
from test_support.waiting import until

NAME = "stockcast"
PASSWORD = "servers-password-0123456789"
SENTINEL_PASSWORD = "sentinels-password-0123456789"
DOWN_AFTER_MS = 1500
MOST_LAG_S = 2
SERVERS = 3


@dataclass
class GroupServer:
    """One server of Redis, and the proxy before it."""

    port: int
    proxy: FaultProxy
    command: list[str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server, unless it is running."""
        if self.process is None or self.process.poll() is not None:
            with self.log.open("ab") as log:
                self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def signal(self, number: int) -> None:
        """Send a signal to the process."""
        assert self.process is not None
        os.kill(self.process.pid, number)

    def kill(self) -> None:
        """Send SIGKILL, and wait for the end."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def client(self) -> redis.Redis:
        """Return a client that reaches the server without the proxy."""
        return redis.Redis(port=self.port, password=PASSWORD, socket_timeout=5, protocol=2)


@dataclass
class RedisGroup:
    """The whole group."""

    servers: list[GroupServer]
    sentinels: list[int]

    @property
    def url(self) -> str:
        """The address for ``REDIS_URL``."""
        hosts = ",".join(f"127.0.0.1:{port}" for port in self.sentinels)
        return f"redis+sentinel://:{PASSWORD}@{hosts}/{NAME}/0?sentinel_password={SENTINEL_PASSWORD}"

    def sentinel(self, number: int = 0) -> redis.Redis:
        """Return a client of a Sentinel."""
        return redis.Redis(port=self.sentinels[number], password=SENTINEL_PASSWORD, socket_timeout=5, protocol=2)

    def primary(self) -> GroupServer:
        """Return the server that the first Sentinel names as the primary."""
        with self.sentinel() as sentinel:
            _, port = sentinel.sentinel_get_master_addr_by_name(NAME)
        return next(server for server in self.servers if server.proxy.port == port)

    def replicas(self) -> list[GroupServer]:
        """Return the other servers."""
        primary = self.primary()
        return [server for server in self.servers if server is not primary]

    def fail_over(self) -> None:
        """Have a Sentinel demote the primary that works."""
        with self.sentinel() as sentinel:
            sentinel.execute_command("SENTINEL", "FAILOVER", NAME)

    def recover(self) -> None:
        """Remove every fault, and wait until the group is whole."""
        for server in self.servers:
            server.proxy.set_fault(None)
            server.start()
            server.signal(signal.SIGCONT)
        until(self._is_whole, complaint="the group of Redis did not become whole")

    def _is_whole(self) -> bool:
        with suppress(redis.RedisError, OSError, StopIteration):
            primary = self.primary()
            with primary.client() as client:
                role, _, replicas = client.execute_command("ROLE")
            return role == b"master" and len(replicas) == SERVERS - 1 and self._is_seen_whole(primary)
        return False

    def _is_seen_whole(self, primary: GroupServer) -> bool:
        """Return whether each Sentinel sees the same primary, healthy replicas and the other Sentinels."""
        for number in range(len(self.sentinels)):
            with self.sentinel(number) as sentinel:
                state: dict[str, Any] = sentinel.sentinel_master(NAME)
                replicas = sentinel.sentinel_slaves(NAME)
            flags = {str(replica["flags"]) for replica in replicas}
            others = state["num-other-sentinels"]
            whole = (primary.proxy.port, "master", len(self.sentinels) - 1, SERVERS - 1, {"slave"})
            if (state["port"], state["flags"], others, len(replicas), flags) != whole:
                return False
        return True


@contextmanager
def running_group(folder: Path) -> Iterator[RedisGroup]:
    """Start a group with its files in ``folder``, wait until it is whole, and kill it at the end."""
    with ExitStack() as stack:
        ports = [free_port() for _ in range(SERVERS)]
        proxies = stack.enter_context(fault_proxies(*ports))
        first = proxies[0].port
        servers = [_server(folder, port, proxy, first) for port, proxy in zip(ports, proxies, strict=True)]
        for server in servers:
            stack.callback(server.kill)
            server.start()
        sentinels = [free_port() for _ in range(SERVERS)]
        for port in sentinels:
            _start_sentinel(folder, port, first, stack)
        group = RedisGroup(servers, sentinels)
        until(group._is_whole, complaint="the group of Redis did not start")
        yield group


def _server(folder: Path, port: int, proxy: FaultProxy, first: int) -> GroupServer:
    data = folder / f"redis-{port}"
    data.mkdir()
    lines = [
        f"port {port}", "bind 127.0.0.1", f"dir {data}", "appendonly yes", 'save ""',
        f"requirepass {PASSWORD}", f"masterauth {PASSWORD}",
        "replica-announce-ip 127.0.0.1", f"replica-announce-port {proxy.port}", "repl-diskless-sync-delay 0",
        "min-replicas-to-write 1", f"min-replicas-max-lag {MOST_LAG_S}",
    ]  # fmt: skip
    if proxy.port != first:
        lines.append(f"replicaof 127.0.0.1 {first}")
    return GroupServer(port, proxy, [str(find_redis()), str(_write(data / "redis.conf", lines))], data / "log")


def _start_sentinel(folder: Path, port: int, first: int, stack: ExitStack) -> None:
    data = folder / f"sentinel-{port}"
    data.mkdir()
    lines = [
        f"port {port}", "bind 127.0.0.1", f"dir {data}", f"requirepass {SENTINEL_PASSWORD}",
        f"sentinel sentinel-pass {SENTINEL_PASSWORD}",
        f"sentinel monitor {NAME} 127.0.0.1 {first} 2",
        f"sentinel auth-pass {NAME} {PASSWORD}",
        f"sentinel down-after-milliseconds {NAME} {DOWN_AFTER_MS}",
        f"sentinel failover-timeout {NAME} 6000",
        f"sentinel parallel-syncs {NAME} 2",
    ]  # fmt: skip
    command = [str(find_redis()), str(_write(data / "sentinel.conf", lines)), "--sentinel"]
    with (data / "log").open("ab") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    stack.callback(process.wait)
    stack.callback(process.kill)


def _write(path: Path, lines: list[str]) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines))
    return path
