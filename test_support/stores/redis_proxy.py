"""A proxy before a real Redis that loses or changes the next replies."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import redis

from common.redis import scripts

CHUNK = 65_536
SCRIPT = b"EVALSHA"


class RedisProxy:
    """Forwards bytes, and loses or changes as many replies as a test asks for."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._change: Callable[[bytes], bytes | None] = bytes
        self._times = 0
        self._command = SCRIPT
        self.changed = 0
        self.opened = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self._listener.getsockname()[1]}/0"
        self._open: list[socket.socket] = []

    def lose_replies(self, times: int = 1) -> None:
        """Close the connection in place of the next replies to scripts. The scripts have run by then."""
        self.change_replies(lambda _reply: None, times)

    def change_replies(self, change: Callable[[bytes], bytes | None], times: int = 1, command: bytes = SCRIPT) -> None:
        """Apply ``change`` to the next replies to a command. Where it returns None, the connection is closed."""
        self._change, self._times, self._command = change, times, command

    def serve(self) -> None:
        """Accept connections until the listener is closed."""
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                self.opened += 1
                far = socket.create_connection(self._target)
                self._open += [near, far]
                request = bytearray()
                for forward in (self._forward_requests, self._forward_replies):
                    threading.Thread(target=forward, args=(near, far, request), daemon=True).start()

    def close(self) -> None:
        """Close the listener and every connection."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for one in self._open:
            one.close()

    @staticmethod
    def _forward_requests(near: socket.socket, far: socket.socket, request: bytearray) -> None:
        with suppress(OSError):
            while data := near.recv(CHUNK):
                request += data.upper()
                far.sendall(data)
            far.shutdown(socket.SHUT_WR)

    def _forward_replies(self, near: socket.socket, far: socket.socket, request: bytearray) -> None:
        """Forward one reply after the other. Clients of Redis wait for a reply before they send again."""
        with suppress(OSError), near, far:
            while reply := self._whole_reply(far):
                if self._times and self._command in request:
                    self._times -= 1
                    changed = self._change(reply)
                    self.changed += 1
                    if changed is None:
                        near.shutdown(socket.SHUT_RDWR)
                        return
                    reply = changed
                request.clear()
                near.sendall(reply)

    @staticmethod
    def _whole_reply(far: socket.socket) -> bytes:
        """Return the bytes that Redis sends before its next pause of 20 ms."""
        far.settimeout(None)
        reply = far.recv(CHUNK)
        far.settimeout(0.02)
        with suppress(TimeoutError):
            while more := far.recv(CHUNK):
                reply += more
        return reply


@contextmanager
def redis_proxy(url: str) -> Iterator[RedisProxy]:
    """Run a proxy before the Redis at ``url``."""
    port = int(url.rsplit(":", 1)[1].split("/", maxsplit=1)[0])
    proxy = RedisProxy(("127.0.0.1", port))
    serving = threading.Thread(target=proxy.serve, daemon=True)
    serving.start()
    try:
        yield proxy
    finally:
        proxy.close()
        serving.join()


def load_every_script(client: redis.Redis) -> None:
    """Load all Lua scripts into Redis. A call is then one command, whose reply the proxy can change."""
    for file in Path(scripts.__file__).parent.glob("*/*.lua"):
        client.script_load(scripts.load_script(f"{file.parent.name}/{file.stem}"))
