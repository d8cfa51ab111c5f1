"""The resources that the services of people's accounts share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from common.redis.rate_windows import RateWindows
from common.sql.store import SqlStore
from webserver.alerts.channels.mail import MailServer
from webserver.people.attempts import Attempts
from webserver.people.links import Links
from webserver.people.mails import AccountMails
from webserver.people.passwords.hashing import PasswordHashing


@dataclass(frozen=True)
class Resources:
    """The stores, the clock, the hashes and the mails.

    Args:
        store: the SQL store.
        hashing: the hashes of passwords.
        attempts: the limits on guesses.
        links: makes links.
        mails: sends mails; None without a mail server.
        now: the clock.
    """

    store: SqlStore
    hashing: PasswordHashing
    attempts: Attempts
    links: Links
    mails: AccountMails | None
    now: Callable[[], datetime]

    @classmethod
    def of(
        cls,
        store: SqlStore,
        windows: RateWindows,
        page_url: str,
        server: MailServer | None,
        now: Callable[[], datetime],
    ) -> Resources:
        """Return the resources of a server."""
        mails = AccountMails(server) if server is not None else None
        return cls(store, PasswordHashing(), Attempts(windows), Links(page_url), mails, now)
