"""The form of an email address."""

from __future__ import annotations

import re

_EMAIL = re.compile(r"[^\s@\x00-\x1f\x7f<>()\[\],;:\\\"]{1,64}@[^\s@\x00-\x1f\x7f<>()\[\],;:\\\"]{1,255}")
_LONGEST_EMAIL = 254


def normalise_email(text: str) -> str:
    """Return the one form in which the store has an email address.

    Raises:
        ValueError: the text is not an address.
    """
    email = text.strip().lower()
    if not _EMAIL.fullmatch(email) or len(email) > _LONGEST_EMAIL:
        raise ValueError("is not an email address such as ann@example.org")
    return email
