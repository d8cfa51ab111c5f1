"""The messages of the Model Context Protocol over streamable HTTP: JSON-RPC 2.0, one message a request, no sessions.

Source: https://modelcontextprotocol.io/specification. Revisions up to 2025-11-25 begin with ``initialize``. That of
2026-07-28 has no beginning: each request names its revision in ``_meta`` and in its headers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from common.runtime.version import VERSION

Json = dict[str, Any]

HANDSHAKE_VERSIONS = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
"""The revisions that begin with ``initialize``."""
STATELESS_VERSION = "2026-07-28"
"""The revision whose requests stand alone."""
VERSIONS = (*HANDSHAKE_VERSIONS, STATELESS_VERSION)
INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS = -32600, -32601, -32602
HEADER_MISMATCH, UNSUPPORTED_VERSION = -32020, -32022
_STATUS = {METHOD_NOT_FOUND: 404}
"""The HTTP status of an error of the stateless revision; others have 400. Earlier revisions have 200."""
_VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
_CAPABILITIES_KEY = "io.modelcontextprotocol/clientCapabilities"
_LIST_FRESH_FOR_MS = 300_000
SERVER_INFO: Json = {"name": "stockcast", "title": "Stockcast", "version": VERSION}
CAPABILITIES: Json = {"tools": {"listChanged": False}}
INSTRUCTIONS = (
    "Stockcast forecasts the price of a stock as a range with a probability, tested on the same stock. Give the user "
    "the range with its probability, the dates and the source of the prices, and not only the median. Search for the "
    "ticker first if you do not know it. Nothing here is investment advice."
)


@dataclass(frozen=True)
class ToolResult:
    """The text of a tool for the model. ``is_error`` marks a sentence that explains why there is no result."""

    text: str
    is_error: bool = False


CallTool = Callable[[str, Mapping[str, Any]], ToolResult | None]
"""Calls a tool by name with its arguments; returns None if there is no such tool."""


@dataclass(frozen=True)
class Tools:
    """The tools that a client can list and call."""

    listed: Sequence[Json]
    call: CallTool


@dataclass(frozen=True)
class Response:
    """An HTTP response: its status, and its JSON body or None."""

    status: int
    body: Json | None


@dataclass(frozen=True)
class _Rejection(Exception):
    code: int
    message: str
    data: Json | None = None


@dataclass(frozen=True)
class _Request:
    method: str
    params: Json
    id: str | int
    is_stateless: bool = field(default=False)


def respond(message: object, headers: Mapping[str, str], tools: Tools) -> Response:
    """Return the response to a message.

    Args:
        message: the JSON value of the body.
        headers: the headers ``mcp-protocol-version``, ``mcp-method`` and ``mcp-name`` that the request has.
        tools: the tools.
    """
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0" or not isinstance(message.get("method"), str):
        return _error(None, _Rejection(INVALID_REQUEST, "Send one JSON-RPC 2.0 request or notification."), is_http=True)
    version = headers.get("mcp-protocol-version")
    is_stateless = version == STATELESS_VERSION or _named_version(message) is not None
    if "id" not in message:
        return Response(202, None)
    identity = message["id"]
    if isinstance(identity, bool) or not isinstance(identity, str | int):
        return _error(None, _Rejection(INVALID_REQUEST, "The id of a request is a text or a number."), is_http=True)
    try:
        request = _request_of(message, identity, is_stateless=is_stateless)
        if is_stateless:
            _check_envelope(request, headers)
        elif version is not None and version not in HANDSHAKE_VERSIONS:
            raise _unsupported(version)
        result = _answer(request, tools)
    except _Rejection as rejection:
        is_http = is_stateless or rejection.code == UNSUPPORTED_VERSION
        return _error(identity, rejection, is_http=is_http)
    if is_stateless:
        result = {"resultType": "complete", **result}
    return Response(200, {"jsonrpc": "2.0", "id": identity, "result": result})


def _named_version(message: Json) -> object:
    """Return the revision that the message itself names; None if it names none."""
    params = message.get("params")
    meta = params.get("_meta") if isinstance(params, dict) else None
    return meta.get(_VERSION_KEY) if isinstance(meta, dict) else None


def _request_of(message: Json, identity: str | int, *, is_stateless: bool) -> _Request:
    params = message.get("params", {})
    if not isinstance(params, dict):
        raise _Rejection(INVALID_PARAMS, "params is an object.")
    return _Request(message["method"], params, identity, is_stateless)


def _check_envelope(request: _Request, headers: Mapping[str, str]) -> None:
    """Return if a stateless request names its revision and capabilities, and its headers agree with it."""
    meta = request.params.get("_meta")
    missing = [key for key in (_VERSION_KEY, _CAPABILITIES_KEY) if not isinstance(meta, dict) or key not in meta]
    if missing or not isinstance(meta, dict):
        raise _Rejection(INVALID_PARAMS, f"params._meta lacks {', '.join(missing)}.")
    named = meta[_VERSION_KEY]
    if headers.get("mcp-protocol-version") != named:
        raise _Rejection(HEADER_MISMATCH, "The header MCP-Protocol-Version differs from the version in params._meta.")
    if headers.get("mcp-method") != request.method:
        raise _Rejection(HEADER_MISMATCH, "The header Mcp-Method differs from the method.")
    if request.method == "tools/call" and headers.get("mcp-name") != request.params.get("name"):
        raise _Rejection(HEADER_MISMATCH, "The header Mcp-Name differs from the name of the tool.")
    if named != STATELESS_VERSION:
        raise _unsupported(named)


def _unsupported(version: object) -> _Rejection:
    data = {"supported": list(VERSIONS), "requested": str(version)[:50]}
    return _Rejection(UNSUPPORTED_VERSION, f"Unsupported protocol version. Supported: {', '.join(VERSIONS)}.", data)


def _answer(request: _Request, tools: Tools) -> Json:
    method = request.method
    if method == "tools/list":
        listed: Json = {"tools": list(tools.listed)}
        return listed | {"ttlMs": _LIST_FRESH_FOR_MS, "cacheScope": "public"} if request.is_stateless else listed
    if method == "tools/call":
        return _call(request.params, tools)
    if request.is_stateless and method == "server/discover":
        return {
            "supportedVersions": list(VERSIONS),
            "capabilities": CAPABILITIES,
            "instructions": INSTRUCTIONS,
            "ttlMs": _LIST_FRESH_FOR_MS,
            "cacheScope": "public",
            "_meta": {"io.modelcontextprotocol/serverInfo": SERVER_INFO},
        }
    if not request.is_stateless and method == "initialize":
        requested = request.params.get("protocolVersion")
        return {
            "protocolVersion": requested if requested in HANDSHAKE_VERSIONS else HANDSHAKE_VERSIONS[-1],
            "capabilities": CAPABILITIES,
            "serverInfo": SERVER_INFO,
            "instructions": INSTRUCTIONS,
        }
    if not request.is_stateless and method == "ping":
        return {}
    raise _Rejection(METHOD_NOT_FOUND, f"Unknown method {method[:50]!r}. This server has tools only.")


def _call(params: Json, tools: Tools) -> Json:
    name, arguments = params.get("name"), params.get("arguments") or {}
    if not isinstance(name, str) or not isinstance(arguments, dict):
        raise _Rejection(INVALID_PARAMS, "A call has the name of a tool, and its arguments as an object.")
    result = tools.call(name, arguments)
    if result is None:
        names = ", ".join(each["name"] for each in tools.listed)
        raise _Rejection(INVALID_PARAMS, f"Unknown tool {name[:50]!r}. The tools are {names}.")
    return {"content": [{"type": "text", "text": result.text}], "isError": result.is_error}


def _error(identity: str | int | None, rejection: _Rejection, *, is_http: bool) -> Response:
    error: Json = {"code": rejection.code, "message": rejection.message}
    if rejection.data is not None:
        error["data"] = rejection.data
    status = _STATUS.get(rejection.code, 400) if is_http else 200
    return Response(status, {"jsonrpc": "2.0", "id": identity, "error": error})
