"""A command that prints the API's description. The types of the page's scripts are made from it."""

from __future__ import annotations

from webserver.app import create_app
from webserver.settings import WebSettings


def api_description() -> str:
    """Return the OpenAPI document as JSON. No store is needed, because nothing connects before the first request."""
    app = create_app(WebSettings(redis_url="redis://127.0.0.1:1/0"))
    return app.test_client().get("/api/openapi.json").get_data(as_text=True)


if __name__ == "__main__":
    print(api_description())
