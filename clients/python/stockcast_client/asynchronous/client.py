"""The client of a Stockcast server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stockcast_client.asynchronous.analyses import AsyncAnalysisCalls
from stockcast_client.asynchronous.records import AsyncRecordCalls
from stockcast_client.asynchronous.stocks import AsyncStockCalls
from stockcast_client.asynchronous.watchlists import AsyncWatchlistCalls
from stockcast_client.core.calls import model_of, object_of, path_of
from stockcast_client.core.exchange import HttpCall
from stockcast_client.models.generated import AccountView
from stockcast_client.models.health import Health

MCP_WITHIN_S = 60.0


class AsyncStockcast(AsyncAnalysisCalls, AsyncStockCalls, AsyncRecordCalls, AsyncWatchlistCalls):
    """The client of a Stockcast server. Use it as a context manager, or close it.

    Args:
        url: the address of the server, such as ``http://localhost:5000``.
        token: an API token, where the server needs one.
        outage_s: the seconds without an answer after which the server counts as unreachable.
        busy_s: the seconds for which a call is repeated that the server refuses for now.
        transport: the transport of httpx, for tests and proxies.
    """

    async def account(self) -> AccountView:
        """Return who you are to the server, and what you may do."""
        return await self._run(model_of(HttpCall("GET", path_of("account")), self._patience, AccountView))

    async def server_version(self) -> str | None:
        """Return the version of the server; None from one that does not tell it."""
        health = await self._run(model_of(HttpCall("GET", "/livez"), self._patience, Health))
        return health.version

    async def mcp_message(self, message: Mapping[str, Any], revision: str) -> dict[str, Any]:
        """Send a message of the Model Context Protocol to the server's tools, and return the answer.

        Args:
            message: a request of JSON-RPC 2.0. The tools only read, so it may be sent twice.
            revision: the revision of the protocol, such as ``2025-11-25``.
        """
        headers = {"MCP-Protocol-Version": revision, "Accept": "application/json, text/event-stream"}
        call = HttpCall("POST", "/mcp", body=message, headers=headers, waits_s=MCP_WITHIN_S)
        return await self._run(object_of(call, self._patience))
