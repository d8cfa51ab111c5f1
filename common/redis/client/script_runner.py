"""Lua scripts in Redis, which many can run at the same moment in one trip."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from redis import Redis
from redis.commands.core import Script
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import NoScriptError

from common.redis.client.failures import translated
from common.redis.client.replies import UNREADABLE, GarbledReplyError, drop_connections
from common.redis.scripts import script_source

MOST_TOGETHER = 100
"""How many scripts go in one trip; Redis does nothing else meanwhile, for some milliseconds."""


@dataclass(eq=False)
class _Call:
    script: Script
    args: tuple[bytes, ...]
    token: str = field(default_factory=lambda: secrets.token_hex(8))
    is_done: bool = False
    reply: Any = None

    def returned(self) -> Any:
        """What the script returned; raises what went wrong."""
        if isinstance(self.reply, NoScriptError):  # Redis has not seen it since it started
            return self.script(keys=[self.token], args=self.args)
        if isinstance(self.reply, Exception):
            raise self.reply
        return self.reply


class RedisScripts:
    """Runs scripts by their names. Methods raise :class:`Busy` where Redis cannot be reached or refuses.

    A call whose reply was lost is sent once more, by the client's own retry, with the same token (``KEYS[1]``). A
    script whose repetition would do harm recognises the token and gives the same answer.

    There is one trip at a time: whoever comes meanwhile goes on the next one, with all who have come by then. In a
    crowd a script costs this process and Redis a fraction of what it would alone, and who is alone waits for nobody.
    """

    def __init__(self, redis: Redis, names: Sequence[str]) -> None:
        self._redis = redis
        self._scripts = {name: redis.register_script(script_source(name)) for name in names}
        self._turn, self._lock = threading.Lock(), threading.Lock()
        self._waiting: list[_Call] = []

    def run(self, name: str, *args: Any) -> Any:
        """What a script returns."""
        return self.run_each(name, [args])[0]

    def run_each(self, name: str, arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
        """What a script returns for each of several arguments."""
        calls = [_Call(self._scripts[name], tuple(map(_encoded, args))) for args in arguments]
        with self._lock:
            self._waiting.extend(calls)
        with self._turn:
            while not all(call.is_done for call in calls):
                self._go()
        with translated():
            return [call.returned() for call in calls]

    def _go(self) -> None:
        """Make a trip with those who have waited longest."""
        calls = self._next(MOST_TOGETHER)
        replies: list[Any] | None = None
        try:
            replies = self._replies(calls)
        except Exception as exc:  # noqa: BLE001 - each raises it for himself
            # Who came meanwhile has waited for the same Redis.
            calls += self._next(len(self._waiting))
            replies = [exc] * len(calls)
        finally:
            if replies is None:
                replies = [NoConnection("the trip to Redis was broken off")] * len(calls)
            for call, reply in zip(calls, replies, strict=True):
                call.reply, call.is_done = reply, True

    def _next(self, most: int) -> list[_Call]:
        with self._lock:
            calls, self._waiting = self._waiting[:most], self._waiting[most:]
            return calls

    def _replies(self, calls: Sequence[_Call]) -> list[Any]:
        """Run the calls in one round trip.

        An echo follows them: where it does not come back in its place, the connection held replies to other commands,
        and a call would get what belongs to another.
        """
        mark = secrets.token_bytes(8)
        try:
            with self._redis.pipeline(transaction=False) as pipe:
                for call in calls:
                    pipe.evalsha(call.script.sha, 1, call.token, *call.args)
                pipe.echo(mark)
                *replies, echo = pipe.execute(raise_on_error=False)
        except UNREADABLE as exc:
            drop_connections(self._redis)
            raise GarbledReplyError(f"a reply of Redis is garbled ({type(exc).__name__}: {exc})") from exc
        if echo != mark:
            drop_connections(self._redis)
            raise GarbledReplyError("the replies of Redis are not those to what was sent")
        return replies


def _encoded(argument: str | bytes | int) -> bytes:
    """An argument as Redis gets it; one that cannot be encoded fails its own call, and not those that go with it."""
    return argument if isinstance(argument, bytes) else str(argument).encode()
