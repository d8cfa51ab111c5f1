"""Keys of the sources: what can be one."""

from __future__ import annotations


def usable_key(setting: str, key: str) -> str:
    """Return ``key`` without the space around it.

    Raises:
        ValueError: it cannot stand in a header or a query; libraries would quote it in errors of their own.
    """
    stripped = key.strip()
    if not (stripped.isascii() and stripped.isprintable() and stripped and " " not in stripped):
        raise ValueError(f"{setting} is empty or holds characters that no key has.")
    return stripped
