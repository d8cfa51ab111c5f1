"""The commands that create accounts directly in the SQL store, whether the services run or not.

``./run_app.sh account`` runs them for the local stack. In a container it is ``python -m webserver.people``. Nobody
learns a password from a command: the person sets it by a link.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from common.domain.email_addresses import normalise_email
from common.runtime.settings_loading import load_settings
from common.sql.repositories.people.accounts import (
    EmailTaken,
    NewAccount,
    create_account,
    find_account_by_email,
    list_accounts,
)
from common.sql.repositories.people.audit import AuditEntry, add_audit_entry
from common.sql.store import Connection, SqlStore
from webserver.accounts.store_commands import FAILED, run_on_store
from webserver.people.links import HANDED_RESET_LIFE, Links, OneTimeLink
from webserver.people.settings import PeopleSettings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status."""
    options = _parser().parse_args(arguments)
    return run_on_store(lambda store: int(options.run(options, store, Links(load_settings(PeopleSettings).page_url))))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m webserver.people", description="Manage people's accounts.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    create = commands.add_parser("create", help="create an account and print a link to set its password")
    create.add_argument("email", type=_email, metavar="EMAIL", help="the person's address")
    create.add_argument("--admin", action="store_true", help="make it an administrator's; the first account is one")
    create.set_defaults(run=_create)
    reset = commands.add_parser("reset", help="print a link to set a new password")
    reset.add_argument("email", type=_email, metavar="EMAIL", help="the address of the account")
    reset.set_defaults(run=_reset)
    commands.add_parser("list", help="list the accounts").set_defaults(run=_list)
    return parser


def _email(text: str) -> str:
    try:
        return normalise_email(text)
    except ValueError as exc:
        raise argparse.ArgumentTypeError(f"{text!r} {exc}") from exc


def _create(options: argparse.Namespace, store: SqlStore, links: Links) -> int:
    now = datetime.now(UTC)

    def create(connection: Connection) -> OneTimeLink:
        account = create_account(connection, NewAccount(options.email, is_admin=options.admin), now)
        add_audit_entry(connection, AuditEntry(now, None, "command", "accounts.create", account.id, ""))
        return links.add_reset(connection, account.id, now, HANDED_RESET_LIFE)

    try:
        return _print_link(store.transaction(create))
    except EmailTaken:
        print(f"error: {options.email} has an account; reset prints a link for it", file=sys.stderr)
        return FAILED


def _reset(options: argparse.Namespace, store: SqlStore, links: Links) -> int:
    now = datetime.now(UTC)

    def reset(connection: Connection) -> OneTimeLink | None:
        account = find_account_by_email(connection, options.email)
        if account is None:
            return None
        add_audit_entry(connection, AuditEntry(now, None, "command", "accounts.reset", account.id, ""))
        return links.add_reset(connection, account.id, now, HANDED_RESET_LIFE)

    link = store.transaction(reset)
    if link is None:
        print(f"error: there is no account with the address {options.email}", file=sys.stderr)
        return FAILED
    return _print_link(link)


def _print_link(link: OneTimeLink) -> int:
    print(link.url)
    until = f"{link.expires_at:%Y-%m-%d %H:%M} UTC"
    print(f"Open this link to set the password. It works once, until {until}.", file=sys.stderr)
    return 0


def _list(_options: argparse.Namespace, store: SqlStore, _links: Links) -> int:
    found = store.read(list_accounts)
    if not found:
        print("There are no accounts.")
    for account in found:
        role = "administrator" if account.is_admin else "person"
        state = "disabled" if account.disabled_at else "active"
        print("  ".join((account.id, f"{role:<13}", f"{state:<8}", account.email or "")))
    return 0
