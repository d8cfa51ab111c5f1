"""The OpenAPI description as JSON, and as a page by Swagger UI from its installed package."""

from __future__ import annotations

import json
from functools import cache

from flask import Blueprint, Response, current_app

from common.domain.access import Scope
from common.domain.errors import NotFound
from webserver.access.policy import AccessPolicy
from webserver.http.compression import CompressedBody
from webserver.http.middleware.response_headers import CONTENT_SECURITY_POLICY
from webserver.http.operations import UNCHANGED, Operation, OperationResponse, described
from webserver.http.problems import NO_SUCH_ADDRESS
from webserver.openapi.description import description
from webserver.site.static_files import package_file, page_files

TAG = "description"
_SWAGGER = "flask_openapi3_swagger"
_FILES = {
    "swagger-ui-bundle.js": "templates/swagger/js/swagger-ui-bundle.js",
    "swagger-ui.css": "templates/swagger/css/swagger-ui.css",
}
_POLICY = CONTENT_SECURITY_POLICY.replace("img-src 'self' blob:", "img-src 'self' blob: data:")
"""Swagger UI's style sheet contains icons as ``data:`` addresses."""


def docs(policy: AccessPolicy) -> Blueprint:
    """Return the routes of the description of a server with this policy."""
    pages = Blueprint("docs", __name__)
    files = {name: package_file(_SWAGGER, path) for name, path in _FILES.items()}

    @cache
    def document() -> CompressedBody:
        return CompressedBody.of(json.dumps(description(current_app, policy)).encode(), "application/json")

    @pages.get("/api/openapi.json")
    @described(
        Operation(
            TAG,
            Scope.PUBLIC,
            {200: OperationResponse("The description.", ("application/json",), ("ETag",)), 304: UNCHANGED},
            headers=("If-None-Match",),
        )
    )
    def openapi() -> Response:
        """Return this description of the API."""
        return document().response()

    @pages.get("/api/docs")
    @described(Operation(TAG, Scope.PUBLIC, {200: OperationResponse("The page.", ("text/html",))}))
    def page() -> Response:
        """Return this description as a page."""
        response = page_files()["api_docs/index.html"].response()
        response.headers["Content-Security-Policy"] = _POLICY
        return response

    @pages.get("/api/docs/<name>")
    @described(
        Operation(
            TAG,
            Scope.PUBLIC,
            {200: OperationResponse("The file.", ("text/javascript", "text/css"), ("ETag",)), 304: UNCHANGED},
            (NotFound,),
            headers=("If-None-Match",),
        )
    )
    def file(name: str) -> Response:
        """Return a file of the page."""
        if name not in files:
            raise NotFound(NO_SUCH_ADDRESS)
        return files[name].response()

    return pages
