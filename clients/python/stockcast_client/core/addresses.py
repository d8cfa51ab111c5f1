"""The address of the server, and the token for it."""

from __future__ import annotations

from urllib.parse import urlsplit

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def is_loopback(url: str) -> bool:
    """Return whether an address is on this machine, where no proxy can reach it."""
    try:
        return urlsplit(url).hostname in _LOOPBACK
    except ValueError:
        return False


def checked_url(url: str) -> str:
    """Return the address without the slash at its end.

    Raises:
        ValueError: it is not one of HTTP.
    """
    try:
        parts = urlsplit(url)
        is_http = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        is_http = False
    if not is_http:
        raise ValueError("The address of a server begins with http:// or https://, such as http://localhost:5000.")
    return url.rstrip("/")


def checked_token(token: str) -> str:
    """Return the token without the spaces and lines around it. A library would quote a wrong one in its error.

    Raises:
        ValueError: it has letters that no token has.
    """
    token = token.strip()
    if not (token.isascii() and token.isprintable()):
        raise ValueError("The token has letters that no token has. Copy it again.")
    return token
