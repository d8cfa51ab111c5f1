"""The validation of providers' keys."""

from __future__ import annotations


def validate_key(setting: str, key: str) -> str:
    """Return a key without surrounding spaces.

    Args:
        setting: the name of the setting, for the error.
        key: the key.

    Raises:
        ValueError: the key cannot be sent in a header or a query. Libraries would quote it in their errors.
    """
    stripped = key.strip()
    if not (stripped.isascii() and stripped.isprintable() and stripped and " " not in stripped):
        raise ValueError(f"{setting} is empty or has characters that no key has.")
    return stripped
