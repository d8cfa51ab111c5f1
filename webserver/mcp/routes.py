"""The route ``/mcp``: the Model Context Protocol over streamable HTTP."""

from __future__ import annotations

import json
from functools import cache, partial

from flask import Blueprint, Response, request

from common.domain.access import Scope
from webserver.http.operations import Operation, OperationResponse, described
from webserver.http.request_parsing import json_of
from webserver.mcp.own_api import OwnApi
from webserver.mcp.protocol import Tools, respond
from webserver.mcp.tools import call_tool, listed_tools

TAG = "mcp"
_HEADERS = ("mcp-protocol-version", "mcp-method", "mcp-name")


def mcp_route() -> Blueprint:
    """Return the route."""
    blueprint = Blueprint("mcp", __name__)
    listed = cache(listed_tools)

    @blueprint.post("/mcp")
    @described(
        Operation(
            TAG,
            Scope.READ,
            {
                200: OperationResponse("The response to a request.", ("application/json",)),
                202: OperationResponse("A notification was received."),
            },
        )
    )
    def receive() -> Response:
        """Receive a message of the Model Context Protocol."""
        sent = {name: request.headers[name] for name in _HEADERS if name in request.headers}
        response = respond(json_of(request.get_data()), sent, Tools(listed(), partial(call_tool, OwnApi())))
        body = b"" if response.body is None else json.dumps(response.body).encode()
        return Response(
            body, status=response.status, mimetype="application/json", headers={"Cache-Control": "no-store"}
        )

    return blueprint
