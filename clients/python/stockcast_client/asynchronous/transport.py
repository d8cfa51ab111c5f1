"""Carries the steps of calls out over HTTP."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from stockcast_client.core.addresses import checked_token, checked_url, is_loopback
from stockcast_client.core.exchange import HttpAnswer, HttpCall, NoAnswer, Patience, Pause, Reply, Step, Steps
from stockcast_client.version import VERSION

T = TypeVar("T")


class AsyncTransport:
    """The connections to a server.

    Args:
        url: the address of the server, such as ``http://localhost:5000``.
        token: an API token, where the server needs one.
        outage_s: the seconds without an answer after which the server counts as unreachable.
        busy_s: the seconds for which a call is repeated that the server refuses for now.
        transport: the transport of httpx, for tests and proxies.

    Raises:
        ValueError: the address or the token has not the form of one.
    """

    def __init__(
        self,
        url: str = "http://localhost:5000",
        *,
        token: str | None = None,
        outage_s: float = 10.0,
        busy_s: float = 60.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        headers = {"User-Agent": f"stockcast-client/{VERSION}", "Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {checked_token(token)}"
        self._http = httpx.AsyncClient(
            base_url=checked_url(url), headers=headers, transport=transport, trust_env=not is_loopback(url)
        )
        self._patience = Patience(outage_s, busy_s, time.monotonic)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exception: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _run(self, steps: Steps[T]) -> T:
        """Carry the steps out and return their result. An interruption passes through them, so that they can cancel."""
        reply: Reply = None
        try:
            step = next(steps)
            while True:
                try:
                    reply = await self._carry_out(step)
                except BaseException as exc:  # noqa: BLE001 - the steps raise it again
                    await self._interrupt(steps, exc)
                step = steps.send(reply)
        except StopIteration as end:
            result: T = end.value
            return result

    async def _interrupt(self, steps: Steps[Any], exc: BaseException) -> None:
        """Let the steps end after an interruption: they may send one call, which cancels their request.

        Raises:
            BaseException: the interruption.
        """
        step = steps.throw(exc)
        with suppress(httpx.HTTPError):
            if isinstance(step, HttpCall):
                await self._http.request(step.method, step.path, timeout=step.timeout_s)
        steps.close()
        raise exc

    async def _carry_out(self, step: Step) -> Reply:
        if isinstance(step, Pause):
            await asyncio.sleep(step.seconds)
            return None
        try:
            answer = await self._http.request(
                step.method,
                step.path,
                params=step.query,
                json=step.body,
                headers=dict(step.headers),
                timeout=step.timeout_s,
            )
        except httpx.RequestError as exc:
            return NoAnswer(str(exc) or type(exc).__name__, is_silence=isinstance(exc, httpx.TimeoutException))
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return HttpAnswer(answer.status_code, headers, answer.content)
