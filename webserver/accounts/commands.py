"""The commands that manage API tokens directly in the SQL store, whether the services run or not.

``./run_app.sh token`` runs them for the local stack. In a container it is ``python -m webserver.accounts token``.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from common.domain.access import parse_scopes
from common.sql.repositories.people.accounts import LOCAL_ACCOUNT_ID, find_account_by_email, list_accounts
from common.sql.repositories.people.audit import AuditEntry, add_audit_entry
from common.sql.repositories.people.tokens import ApiToken, NewToken, create_token, list_tokens, revoke_token
from common.sql.store import SqlStore
from webserver.accounts.store_commands import FAILED, run_on_store

LONGEST_LIFE_DAYS = 3650
NEVER = "never"
_MOST_NAME = 80


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status."""
    options = _parser().parse_args(arguments)
    return run_on_store(lambda store: int(options.run(options, store)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m webserver.accounts", description="Manage API tokens.")
    token = parser.add_subparsers(required=True, metavar="token").add_parser("token", help="API tokens")
    commands = token.add_subparsers(required=True, metavar="COMMAND")
    create = commands.add_parser("create", help="create a token and print it once")
    create.add_argument("--scope", required=True, type=_scopes, help="what it may do, such as read,forecast,write")
    create.add_argument("--expires", default="90d", type=_life, help="its life, such as 90d, or never (default: 90d)")
    create.add_argument("--name", default="", type=_name, help="what it is for")
    create.add_argument("--account", metavar="EMAIL", help="whose it is (default: the machine's own account)")
    create.set_defaults(run=_create)
    commands.add_parser("list", help="list the tokens").set_defaults(run=_list)
    revoke = commands.add_parser("revoke", help="revoke a token")
    revoke.add_argument("id", metavar="ID", help="its id, as list prints it")
    revoke.set_defaults(run=_revoke)
    return parser


def _scopes(text: str) -> tuple[str, ...]:
    try:
        return parse_scopes(text)
    except ValueError as exc:
        raise argparse.ArgumentTypeError(str(exc)) from exc


def _life(text: str) -> timedelta | None:
    if text == NEVER:
        return None
    found = re.fullmatch(r"([0-9]{1,4})d", text, re.ASCII)
    if found is None or not 1 <= int(found[1]) <= LONGEST_LIFE_DAYS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of days such as 90d, at most {LONGEST_LIFE_DAYS}d")
    return timedelta(days=int(found[1]))


def _name(text: str) -> str:
    if len(text) > _MOST_NAME or not text.isprintable():
        raise argparse.ArgumentTypeError(f"it is not a line of at most {_MOST_NAME} characters")
    return text


def _create(options: argparse.Namespace, store: SqlStore) -> int:
    account_id = _find_account_id(store, options.account)
    if account_id is None:
        print(f"error: there is no account with the address {options.account}", file=sys.stderr)
        return FAILED
    now = datetime.now(UTC)
    new = NewToken(account_id, options.name, options.scope, options.expires)

    def create(connection: Any) -> tuple[ApiToken, str]:
        token, secret = create_token(connection, new, now)
        add_audit_entry(connection, _entry("tokens.create", token.id, now))
        return token, secret

    token, secret = store.transaction(create)
    print(secret)
    until = f"expires on {token.expires_at:%Y-%m-%d}" if token.expires_at else "does not expire"
    print(
        f"This token is shown once. It has the scopes {', '.join(token.scopes)} and {until}. Its id is {token.id}.",
        file=sys.stderr,
    )
    return 0


def _find_account_id(store: SqlStore, email: str | None) -> str | None:
    if email is None:
        return LOCAL_ACCOUNT_ID
    account = store.read(lambda connection: find_account_by_email(connection, email.strip().lower()))
    return account.id if account else None


def _list(_options: argparse.Namespace, store: SqlStore) -> int:
    found, people = store.read(lambda connection: (list_tokens(connection), list_accounts(connection)))
    if not found:
        print("There are no tokens.")
    owners = {person.id: person.email or person.id for person in people} | {LOCAL_ACCOUNT_ID: "this machine"}
    for token in found:
        print("  ".join((*_describe(token, datetime.now(UTC)), owners[token.account_id], token.name)))
    return 0


def _describe(token: ApiToken, now: datetime) -> tuple[str, ...]:
    state = "revoked" if token.revoked_at else "expired" if not token.is_valid(now) else "active"
    expires = f"expires {token.expires_at:%Y-%m-%d}" if token.expires_at else "never expires"
    used = f"used {token.last_used_at:%Y-%m-%d %H:%M}" if token.last_used_at else "never used"
    return token.id, f"{token.prefix}…", f"{state:<7}", ",".join(token.scopes), expires, used


def _revoke(options: argparse.Namespace, store: SqlStore) -> int:
    now = datetime.now(UTC)

    def revoke(connection: Any) -> bool:
        is_revoked: bool = revoke_token(connection, options.id, now)
        if is_revoked:
            add_audit_entry(connection, _entry("tokens.revoke", options.id, now))
        return is_revoked

    if not store.transaction(revoke):
        print(f"error: there is no active token with the id {options.id}", file=sys.stderr)
        return FAILED
    print("The token is revoked. Within a second no server accepts it.")
    return 0


def _entry(action: str, subject: str, now: datetime) -> AuditEntry:
    return AuditEntry(now, None, "command", action, subject, "")
