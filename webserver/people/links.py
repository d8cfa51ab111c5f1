"""Links that work once: to register, and to set a password.

The secret stands behind ``#``. Browsers send that part to no server, so it is in no log and in no ``Referer``.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import common.sql.repositories.people.one_time_links as links
from common.domain.access import hash_secret
from common.sql.repositories.people.one_time_links import Invitation, PasswordReset
from common.sql.store import Connection

MAILED_RESET_LIFE = timedelta(hours=1)
HANDED_RESET_LIFE = timedelta(days=1)
"""An administrator has to pass the link on."""
INVITATION_LIFE = timedelta(days=7)


@dataclass(frozen=True)
class OneTimeLink:
    """A link, and when it ends."""

    url: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True)
class Links:
    """Makes links to the page.

    Args:
        page_url: the address of the page; the request's own host name could be anybody's.
    """

    page_url: str

    def add_reset(self, connection: Connection, account_id: str, now: datetime, life: timedelta) -> OneTimeLink:
        """Store a reset of a password, which replaces earlier ones, and return its link."""
        secret = make_link_secret()
        reset = PasswordReset(hash_secret(secret), account_id, now, now + life)
        links.add_password_reset(connection, reset)
        return OneTimeLink(f"{self.page_url}/reset#{secret}", reset.expires_at)

    def add_invitation(self, connection: Connection, created_by: str, email: str | None, now: datetime) -> OneTimeLink:
        """Store an invitation, for one address or for any, and return its link."""
        secret = make_link_secret()
        invitation = Invitation(hash_secret(secret), created_by, now, now + INVITATION_LIFE, email)
        links.add_invitation(connection, invitation)
        return OneTimeLink(f"{self.page_url}/register#{secret}", invitation.expires_at)


def make_link_secret() -> str:
    """Return 256 random bits as text."""
    return secrets.token_urlsafe(32)
