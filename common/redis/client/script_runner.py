"""The runner of Lua scripts in Redis. Concurrent calls share a round trip."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from redis import Redis
from redis.commands.core import Script
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import NoScriptError

from common.redis.client.connections import locator_of
from common.redis.client.failures import redis_call
from common.redis.client.replica_confirmation import CONFIRMED_WITHIN_MS, ReplicaConfirmation
from common.redis.client.replies import UNREADABLE, GarbledReplyError, drop_connections
from common.redis.schema.keys import KeyPrefix
from common.redis.scripts import load_script

MOST_TOGETHER = 100
"""The most calls in one round trip, which blocks Redis for some milliseconds."""


class NotCopied(NoConnection):
    """Too few replicas have what the call wrote. It may be lost, so the caller must not count on it."""


@dataclass(frozen=True)
class ScriptCall:
    """The keys and arguments of one call of a script."""

    keys: Sequence[str] = ()
    args: Sequence[str | bytes | int] = ()


@dataclass(eq=False)
class _PendingCall:
    """A call, and its reply once ``is_done`` is set. The client's retry sends the same mark."""

    script: Script
    keys: list[bytes]
    args: list[bytes]
    is_copied: bool = False
    is_done: bool = False
    reply: Any = None
    mark: bytes = field(default_factory=lambda: KeyPrefix.REPEATED.key(secrets.token_hex(8)).encode())

    def command(self) -> tuple[Any, ...]:
        """Return the arguments of EVALSHA."""
        return self.script.sha, 1 + len(self.keys), self.mark, *self.keys, *self.args

    def read_reply(self) -> Any:
        """Return the script's reply, or raise its error."""
        if isinstance(self.reply, Exception):
            raise self.reply
        return self.reply


class RedisScripts:
    """Runs scripts by their names. Methods raise :class:`Busy` if Redis cannot be reached or refuses.

    If the reply to a call is lost, the client sends the call again with the same mark (``KEYS[1]``). Scripts that must
    not run twice recognise the mark and return the same reply.

    There is one round trip at a time. Calls that arrive meanwhile share the next one: under load a script costs this
    process and Redis a fraction of its single cost, and a single call does not wait.
    """

    def __init__(self, redis: Redis, names: Sequence[str], copied: Collection[str] = ()) -> None:
        """Prepare the scripts with these names.

        Args:
            redis: the client.
            names: the names of the scripts.
            copied: those whose callers promise something. Where replicas stand by, such a call succeeds only after
                they have what it wrote.
        """
        self._redis = redis
        locator = locator_of(redis)
        self._confirmation = None if locator is None else ReplicaConfirmation(locator)
        self._copied = frozenset(copied)
        self._scripts = {name: redis.register_script(load_script(name)) for name in names}
        self._trip_lock, self._lock = threading.Lock(), threading.Lock()
        self._waiting: list[_PendingCall] = []

    def run(self, name: str, keys: Sequence[str] = (), args: Sequence[str | bytes | int] = ()) -> Any:
        """Run a script with keys (from ``KEYS[2]`` on) and arguments; return its reply."""
        return self.run_each(name, [ScriptCall(keys, args)])[0]

    def run_each(self, name: str, calls: Sequence[ScriptCall]) -> list[Any]:
        """Run a script several times, in one round trip if possible; return the replies."""
        script = self._scripts[name]
        pending = [
            _PendingCall(script, list(map(_encode, call.keys)), list(map(_encode, call.args)), name in self._copied)
            for call in calls
        ]
        with self._lock:
            self._waiting.extend(pending)
        with self._trip_lock:
            while not all(call.is_done for call in pending):
                self._run_waiting_calls()
        with redis_call():
            return [call.read_reply() for call in pending]

    def _run_waiting_calls(self) -> None:
        """Run the calls that have waited longest; an exception becomes the reply to each of them."""
        calls = self._take_waiting(MOST_TOGETHER)
        replies: list[Any] | None = None
        try:
            replies = self._run_together(calls)
        except Exception as exc:  # noqa: BLE001 - each caller raises it
            # The calls that arrived meanwhile have waited for the same Redis.
            calls += self._take_waiting(len(self._waiting))
            replies = [exc] * len(calls)
        finally:
            if replies is None:
                replies = [NoConnection("the trip to Redis was interrupted")] * len(calls)
            for call, reply in zip(calls, replies, strict=True):
                call.reply, call.is_done = reply, True

    def _take_waiting(self, most: int) -> list[_PendingCall]:
        with self._lock:
            calls, self._waiting = self._waiting[:most], self._waiting[most:]
            return calls

    def _run_together(self, calls: Sequence[_PendingCall]) -> list[Any]:
        """Run the calls in one round trip; in a second one those whose script Redis has not loaded since its start."""
        replies = self._make_trip(calls)
        unknown = [number for number, reply in enumerate(replies) if isinstance(reply, NoScriptError)]
        if unknown:
            again = self._make_trip([calls[number] for number in unknown], loading=True)
            for number, reply in zip(unknown, again, strict=True):
                replies[number] = reply
        return replies

    def _make_trip(self, calls: Sequence[_PendingCall], *, loading: bool = False) -> list[Any]:
        """Run the calls on one connection; load their scripts before if asked.

        An echo follows them. If its reply is wrong, the connection had replies to other commands, and each call would
        get a reply to another one.
        """
        echoed = secrets.token_bytes(8)
        texts = {call.script.sha: call.script.script for call in calls} if loading else {}
        confirmation = self._confirmation if any(call.is_copied for call in calls) else None
        try:
            with self._redis.pipeline(transaction=False) as pipe:
                for text in texts.values():
                    pipe.execute_command("SCRIPT LOAD", text)  # type: ignore[no-untyped-call]
                for call in calls:
                    pipe.evalsha(*call.command())
                if confirmation is not None:
                    pipe.wait(confirmation.expect(), CONFIRMED_WITHIN_MS)
                    pipe.role()
                pipe.echo(echoed)
                *replies, echo = pipe.execute(raise_on_error=False)
        except UNREADABLE as exc:
            drop_connections(self._redis)
            raise GarbledReplyError(f"a reply of Redis is garbled ({type(exc).__name__}: {exc})") from exc
        if echo != echoed:
            drop_connections(self._redis)
            raise GarbledReplyError("the replies of Redis do not belong to the calls")
        failure = None if confirmation is None else _check_copied(confirmation, replies.pop(), replies.pop())
        return [
            failure if failure and call.is_copied and not isinstance(reply, Exception) else reply
            for call, reply in zip(calls, replies[len(texts) :], strict=True)
        ]


def _check_copied(confirmation: ReplicaConfirmation, role: Any, copies: Any) -> Exception | None:
    """Return the error of calls whose writes may be lost, given the replies to ROLE and WAIT."""
    if isinstance(copies, Exception):
        return copies
    return None if confirmation.suffices(copies, role) else NotCopied("too few replicas have what was written")


def _encode(argument: str | bytes | int) -> bytes:
    """Return an argument as bytes. This precedes the round trip, so that a bad argument fails only its own call."""
    return argument if isinstance(argument, bytes) else str(argument).encode()
