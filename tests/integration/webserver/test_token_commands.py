"""The commands that manage tokens directly in the SQL store."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from common.domain.access import Scope, hash_secret, is_well_formed
from common.sql.database_urls import DatabaseUrl, sqlite_url
from common.sql.repositories.people.accounts import LOCAL_ACCOUNT_ID, NewAccount, create_account
from common.sql.repositories.people.audit import list_audit_records
from common.sql.repositories.people.tokens import find_token
from common.sql.store import SqlStore
from webserver.accounts.commands import main


@pytest.fixture
def path(tmp_path, monkeypatch):
    """The path of a store that does not exist yet."""
    path = tmp_path / "data" / "stockcast.sqlite"
    monkeypatch.setenv("DATABASE_URL", sqlite_url(path))
    return path


def store_at(path):
    return SqlStore(DatabaseUrl(path=path))


def find(path, secret):
    return store_at(path).read(lambda connection: find_token(connection, hash_secret(secret)))


def test_a_token_is_created_listed_and_revoked_before_any_service_ran(path, capsys):
    assert main(["token", "create", "--scope", "write,read", "--expires", "30d", "--name", "nightly job"]) == 0
    output = capsys.readouterr()
    secret = output.out.strip()
    assert is_well_formed(secret)
    assert "shown once" in output.err
    assert secret not in output.err
    token, account = find(path, secret)
    assert (token.scopes, token.name, account.id) == (("read", "write"), "nightly job", LOCAL_ACCOUNT_ID)
    assert (token.expires_at - datetime.now(UTC)).days == 29

    assert main(["token", "list"]) == 0
    listed = capsys.readouterr().out
    assert secret not in listed
    assert all(word in listed for word in (token.id, secret[:18], "active", "read,write", "never used", "nightly job"))
    assert "this machine" in listed

    assert main(["token", "revoke", token.id]) == 0
    assert main(["token", "revoke", token.id]) == 1
    assert main(["token", "list"]) == 0
    assert "revoked" in capsys.readouterr().out
    assert find(path, secret)[0].revoked_at is not None
    log = store_at(path).read(lambda connection: list_audit_records(connection, 10))
    assert [(entry.action, entry.subject, entry.actor_kind) for entry in log] == [
        ("tokens.revoke", token.id, "command"),
        ("tokens.create", token.id, "command"),
    ]


def test_a_token_may_never_expire(path, capsys):
    assert main(["token", "create", "--scope", "admin", "--expires", "never"]) == 0
    token, _ = find(path, capsys.readouterr().out.strip())
    assert token.expires_at is None
    assert token.scopes == (Scope.ADMIN,)


def test_a_token_of_a_persons_account(path, capsys):
    assert main(["token", "list"]) == 0
    assert capsys.readouterr().out == "There are no tokens.\n"
    person = store_at(path).transaction(
        lambda connection: create_account(connection, NewAccount("a@example.org"), datetime.now(UTC))
    )
    assert main(["token", "create", "--scope", "read", "--account", " A@example.org"]) == 0
    assert find(path, capsys.readouterr().out.strip())[1].id == person.id
    assert main(["token", "list"]) == 0
    assert "a@example.org" in capsys.readouterr().out
    assert main(["token", "create", "--scope", "read", "--account", "b@example.org"]) == 1
    assert "b@example.org" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--scope", "delete"],
        ["--scope", "account"],
        ["--scope", ""],
        ["--scope", "read", "--expires", "0d"],
        ["--scope", "read", "--expires", "90"],
        ["--scope", "read", "--expires", "9999d"],
        ["--scope", "read", "--name", "x" * 81],
        ["--scope", "read", "--name", "a\nb"],
    ],
)
def test_wrong_usage_changes_nothing(path, capsys, arguments):
    with pytest.raises(SystemExit) as exit_:
        main(["token", "create", *arguments])
    assert exit_.value.code == 2
    assert not path.exists()


def test_without_a_store_the_setting_is_named(monkeypatch, capsys):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert main(["token", "list"]) == 2
    assert "DATABASE_URL" in capsys.readouterr().err


def test_a_store_that_cannot_be_used_is_an_error(monkeypatch, capsys):
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    assert main(["token", "list"]) == 1
    assert "DATABASE_URL" in capsys.readouterr().err
