"""The commands that create accounts directly in the SQL store."""

from __future__ import annotations

import pytest

from common.domain.access import hash_secret
from common.sql.database_urls import DatabaseUrl, sqlite_url
from common.sql.repositories.people.accounts import list_accounts
from common.sql.repositories.people.audit import list_audit_records
from common.sql.repositories.people.one_time_links import find_password_reset
from common.sql.store import SqlStore
from webserver.people.commands import main


@pytest.fixture
def path(tmp_path, monkeypatch):
    """The path of a store that does not exist yet."""
    path = tmp_path / "data" / "stockcast.sqlite"
    monkeypatch.setenv("DATABASE_URL", sqlite_url(path))
    monkeypatch.setenv("PUBLIC_URL", "https://stockcast.example")
    return path


def read(path, work):
    return SqlStore(DatabaseUrl(path=path)).read(work)


def account_of_link(path, link, now):
    secret_hash = hash_secret(link.partition("#")[2])
    return read(path, lambda connection: find_password_reset(connection, secret_hash, now))


def test_accounts_are_created_with_a_link_before_any_service_ran(path, capsys):
    assert main(["list"]) == 0
    assert main(["create", "First@example.org"]) == 0
    assert main(["create", "second@example.org"]) == 0
    assert main(["create", "--admin", "third@example.org"]) == 0
    output = capsys.readouterr()
    assert "There are no accounts." in output.out
    assert "works once" in output.err
    found = read(path, list_accounts)
    assert [(account.email, account.is_admin) for account in found] == [
        ("first@example.org", True),
        ("second@example.org", False),
        ("third@example.org", True),
    ]
    links = [line for line in output.out.splitlines() if line.startswith("https://stockcast.example/reset#")]
    for account, link in zip(found, links, strict=True):
        assert account_of_link(path, link, account.created_at) == account.id
        assert account.password_hash is None
    assert main(["list"]) == 0
    assert "administrator" in capsys.readouterr().out
    log = read(path, lambda connection: list_audit_records(connection, 10))
    assert [(entry.action, entry.actor_kind) for entry in log] == [("accounts.create", "command")] * 3


def test_a_link_for_an_account_that_exists(path, capsys):
    assert main(["reset", "ann@example.org"]) == 1
    assert main(["create", "ann@example.org"]) == 0
    assert main(["create", " ANN@example.org "]) == 1
    assert "reset prints a link" in capsys.readouterr().err
    assert main(["reset", "ann@example.org"]) == 0
    assert capsys.readouterr().out.startswith("https://stockcast.example/reset#")


@pytest.mark.parametrize("arguments", [[], ["create"], ["create", "ann"], ["reset", "a b@c"], ["delete", "x@y.z"]])
def test_wrong_usage_changes_nothing(path, arguments):
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    assert not path.exists()


def test_without_a_store_the_setting_is_named(monkeypatch, capsys):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert main(["list"]) == 2
    assert "DATABASE_URL" in capsys.readouterr().err


def test_a_store_that_cannot_be_used_is_an_error(monkeypatch, capsys):
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    assert main(["list"]) == 1
    assert "DATABASE_URL" in capsys.readouterr().err
