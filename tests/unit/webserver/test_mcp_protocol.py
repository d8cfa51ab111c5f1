"""The messages of the Model Context Protocol, checked with the types of the official package."""

import pytest
from mcp_types import methods
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS, KNOWN_PROTOCOL_VERSIONS

from webserver.mcp.protocol import (
    HANDSHAKE_VERSIONS,
    HEADER_MISMATCH,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    STATELESS_VERSION,
    UNSUPPORTED_VERSION,
    VERSIONS,
    ToolResult,
    Tools,
    respond,
)
from webserver.mcp.tools import TOOLS, listed_tools

META = {
    "io.modelcontextprotocol/protocolVersion": STATELESS_VERSION,
    "io.modelcontextprotocol/clientCapabilities": {},
}


def call(name, arguments):
    return ToolResult(f"{name} {arguments}", is_error=name == "market") if name in TOOLS else None


TOOLS_OF_TEST = Tools(listed_tools(), call)


def send(method, params=None, version=None):
    """Return the response to a request of a revision, with the headers that belong to it."""
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": dict(params or {})}
    headers = {} if version is None else {"mcp-protocol-version": version}
    if version == STATELESS_VERSION:
        message["params"]["_meta"] = META
        headers |= {"mcp-method": method}
        if "name" in message["params"]:
            headers["mcp-name"] = message["params"]["name"]
    return respond(message, headers, TOOLS_OF_TEST)


def code(response):
    return response.body["error"]["code"]


def test_the_revisions_are_those_of_the_package():
    assert KNOWN_PROTOCOL_VERSIONS == VERSIONS
    assert HANDSHAKE_PROTOCOL_VERSIONS == HANDSHAKE_VERSIONS


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("method", "params"),
    [("tools/list", {}), ("tools/call", {"name": "search", "arguments": {"text": "a"}}), ("server/discover", {}),
     ("initialize", {"protocolVersion": "2025-06-18"}), ("ping", {})],
)  # fmt: skip
def test_results_are_valid_in_every_revision_that_has_the_method(version, method, params):
    response = send(method, params, version)
    if (method, version) in methods.CLIENT_REQUESTS:
        assert response.status == 200
        methods.validate_server_result(method, version, response.body["result"])
    else:
        assert code(response) == METHOD_NOT_FOUND
        assert response.status == (404 if version == STATELESS_VERSION else 200)


def test_a_client_gets_the_revision_that_it_asks_for_or_the_newest():
    for asked, got in [("2024-11-05", "2024-11-05"), ("2030-01-01", "2025-11-25"), (None, "2025-11-25")]:
        assert send("initialize", {"protocolVersion": asked}).body["result"]["protocolVersion"] == got


def test_the_result_of_a_tool_is_text_and_its_failure_is_no_error_of_the_protocol():
    result = send("tools/call", {"name": "market"}).body["result"]
    assert result == {"content": [{"type": "text", "text": "market {}"}], "isError": True}


def test_notifications_are_received_without_an_answer():
    message = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    response = respond(message, {"mcp-protocol-version": "2025-11-25"}, TOOLS_OF_TEST)
    assert (response.status, response.body) == (202, None)


PING = {"jsonrpc": "2.0", "method": "ping", "id": 1}


@pytest.mark.parametrize(
    "message",
    [[], "x", None, {}, PING | {"jsonrpc": "1.0"}, PING | {"method": 7}, PING | {"id": True}, PING | {"id": {}}],
)
def test_what_is_no_request_is_refused(message):
    response = respond(message, {}, TOOLS_OF_TEST)
    assert (response.status, code(response), response.body["id"]) == (400, INVALID_REQUEST, None)


@pytest.mark.parametrize("params", [{}, {"name": 7}, {"name": "nope"}, {"name": "search", "arguments": [1]}])
def test_a_wrong_call_is_an_error_of_the_protocol(params):
    assert code(send("tools/call", params)) == INVALID_PARAMS
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": [params]}
    assert code(respond(message, {}, TOOLS_OF_TEST)) == INVALID_PARAMS


def test_headers_must_agree_with_a_stateless_request():
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"_meta": META, "name": "search"}}
    right = {"mcp-protocol-version": STATELESS_VERSION, "mcp-method": "tools/call", "mcp-name": "search"}
    assert respond(message, right, TOOLS_OF_TEST).status == 200
    for name in right:
        wrong = respond(message, right | {name: "other"}, TOOLS_OF_TEST)
        assert (wrong.status, code(wrong)) == (400, HEADER_MISMATCH)
    bare = respond(message | {"params": {"name": "search"}}, right, TOOLS_OF_TEST)
    assert (bare.status, code(bare)) == (400, INVALID_PARAMS)


def test_an_unknown_revision_is_refused_with_those_that_are_known():
    response = send("ping", version="1999-01-01")
    assert (response.status, code(response)) == (400, UNSUPPORTED_VERSION)
    assert response.body["error"]["data"]["supported"] == list(VERSIONS)


def test_there_are_at_most_eight_tools_which_only_read_and_describe_every_argument():
    listed = listed_tools()
    assert len(listed) == len(TOOLS) <= 8
    for tool in listed:
        assert tool["annotations"]["readOnlyHint"]
        assert 60 < len(tool["description"]) < 400
        assert all(part.get("description") for part in tool["inputSchema"]["properties"].values()), tool["name"]
        assert tool["inputSchema"]["additionalProperties"] is False
