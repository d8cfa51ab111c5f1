"""Changes of accounts by administrators."""

from __future__ import annotations

from common.domain.errors import InvalidRequest, NotFound
from common.sql.repositories.people import accounts, sessions
from common.sql.repositories.people.accounts import LOCAL_ACCOUNT_ID, Account
from common.sql.repositories.people.one_time_links import Invitation, list_invitations
from common.sql.store import Connection
from webserver.people.password_changes import NO_ACCOUNT
from webserver.people.resources import Resources

LAST_ADMINISTRATOR = "This is the only administrator. Make another account an administrator first."


class Administration:
    """Lists and changes accounts.

    Args:
        resources: the stores, the clock, the hashes and the mails.
    """

    def __init__(self, resources: Resources) -> None:
        self._store = resources.store
        self._now = resources.now

    def list_accounts(self) -> list[Account]:
        """Return the accounts of people, the oldest first."""
        return self._store.read(accounts.list_accounts)

    def list_invitations(self) -> list[Invitation]:
        """Return the invitations of administrators that can still be used, the newest first."""
        now = self._now()
        found = self._store.read(lambda connection: list_invitations(connection, now))
        return [invitation for invitation in found if invitation.created_by != LOCAL_ACCOUNT_ID]

    def change(self, account_id: str, *, is_disabled: bool | None, is_admin: bool | None) -> Account:
        """Disable or enable an account, or change whether it is an administrator's; None changes nothing.

        A change ends all sessions of the account. The tokens of a disabled account work no more.

        Raises:
            NotFound: there is no such account.
            InvalidRequest: there would be no administrator any more.
        """
        now = self._now()

        def change(connection: Connection) -> Account:
            accounts.lock_accounts(connection)
            if account_id == LOCAL_ACCOUNT_ID or accounts.find_account(connection, account_id) is None:
                raise NotFound(NO_ACCOUNT)
            if is_disabled is not None:
                accounts.set_disabled(connection, account_id, now if is_disabled else None)
            if is_admin is not None:
                accounts.set_admin(connection, account_id, is_admin=is_admin)
            if not accounts.has_administrator(connection):
                raise InvalidRequest(LAST_ADMINISTRATOR)
            sessions.delete_sessions_of(connection, account_id)
            changed = accounts.find_account(connection, account_id)
            if changed is None:
                raise NotFound(NO_ACCOUNT)
            return changed

        return self._store.transaction(change)
