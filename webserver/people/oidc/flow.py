"""A login at the provider that has begun: what the browser brings back must belong to it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Literal

LIFE_S = 600


@dataclass(frozen=True)
class Flow:
    """The secrets of a login, and what it is for.

    Args:
        purpose: whether the person logs in, or links the identity to the account of a login.
        account_id: the account to link to.
        invitation: the hash of the secret of an invitation.
    """

    purpose: Literal["login", "link"]
    account_id: str | None = None
    invitation: str | None = field(default=None, repr=False)
    state: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48), repr=False)
