"""Lua scripts in Redis, which many can run at the same moment in one trip."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from redis import Redis
from redis.commands.core import Script
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import NoScriptError

from common.redis_failures import translated
from common.scripts import script_source

MOST_TOGETHER = 100
"""How many scripts go in one trip; Redis does nothing else meanwhile, for some milliseconds."""


@dataclass(eq=False)
class _Call:
    script: Script
    args: tuple[bytes, ...]
    is_done: bool = False
    reply: Any = None

    def returned(self) -> Any:
        """What the script returned; raises what went wrong."""
        if isinstance(self.reply, NoScriptError):  # Redis has not seen it since it started
            return self.script(args=self.args)
        if isinstance(self.reply, Exception):
            raise self.reply
        return self.reply


class RedisScripts:
    """Runs scripts by their names. Methods raise :class:`Busy` where Redis cannot be reached or refuses.

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
        with self._redis.pipeline(transaction=False) as pipe:
            for call in calls:
                pipe.evalsha(call.script.sha, 0, *call.args)
            return pipe.execute(raise_on_error=False)


def _encoded(argument: str | bytes | int) -> bytes:
    """An argument as Redis gets it; one that cannot be encoded fails its own call, and not those that go with it."""
    return argument if isinstance(argument, bytes) else str(argument).encode()
