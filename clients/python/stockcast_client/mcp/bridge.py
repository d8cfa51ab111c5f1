"""A server of the Model Context Protocol whose tools are those of a Stockcast server at ``/mcp``."""

from __future__ import annotations

from itertools import count
from typing import Any

from mcp.server import Server
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INTERNAL_ERROR,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
)

from stockcast_client.asynchronous.client import AsyncStockcast
from stockcast_client.errors import StockcastError
from stockcast_client.version import VERSION

REVISION = "2025-11-25"
"""The revision in which the bridge speaks to the Stockcast server. The program that uses it may speak another."""


def bridge_to(client: AsyncStockcast) -> Server[Any]:
    """Return the server that passes the listing and the calls of tools on."""
    numbers = count(1)

    async def request(method: str, params: dict[str, Any]) -> dict[str, Any]:
        message = {"jsonrpc": "2.0", "id": next(numbers), "method": method, "params": params}
        answer = await client.mcp_message(message, REVISION)
        if "error" in answer:
            raise MCPError(answer["error"]["code"], answer["error"]["message"])
        result: dict[str, Any] = answer["result"]
        return result

    async def list_tools(_: ServerRequestContext[Any], __: PaginatedRequestParams | None) -> ListToolsResult:
        try:
            return ListToolsResult.model_validate(await request("tools/list", {}))
        except StockcastError as exc:
            raise MCPError(INTERNAL_ERROR, str(exc)) from exc

    async def call_tool(_: ServerRequestContext[Any], asked: CallToolRequestParams) -> CallToolResult:
        try:
            result = await request("tools/call", {"name": asked.name, "arguments": asked.arguments or {}})
        except StockcastError as exc:
            return CallToolResult(content=[TextContent(type="text", text=str(exc))], is_error=True)
        return CallToolResult.model_validate(result)

    return Server(
        "stockcast",
        title="Stockcast",
        version=VERSION,
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


INSTRUCTIONS = (
    "Stockcast forecasts the price of a stock as a range with a probability, tested on the same stock. Give the user "
    "the range with its probability, the dates and the source of the prices, and not only the median. Nothing here is "
    "investment advice."
)
