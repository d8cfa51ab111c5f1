"""The repositories of accounts, tokens, sessions, links and the audit log."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from common.sql.repositories.people import accounts, audit, one_time_links, sessions, tokens
from common.sql.repositories.people.accounts import LOCAL_ACCOUNT_ID, EmailTaken, NewAccount
from common.sql.repositories.people.audit import AuditEntry
from common.sql.repositories.people.one_time_links import Invitation, PasswordReset
from common.sql.repositories.people.sessions import Session
from common.sql.repositories.people.tokens import ApiToken

NOW = datetime(2026, 5, 4, 3, 2, 1, 654321, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
ADA = NewAccount("ada@example.com", "hash")


@pytest.fixture
def ada(sql_store):
    return sql_store.transaction(lambda connection: accounts.create_account(connection, ADA, NOW))


@pytest.fixture
def write(sql_store):
    """Calls a function of a repository in a transaction of its own."""
    return lambda function, *args, **named: sql_store.transaction(lambda c: function(c, *args, **named))


@pytest.fixture
def read(sql_store):
    return lambda function, *args, **named: sql_store.read(lambda c: function(c, *args, **named))


def make_token(account_id, number=1, **values):
    token = ApiToken(str(number), account_id, "laptop", "stockcas", ("read", "write"), NOW, LATER)
    return replace(token, **values)


def test_the_first_account_is_the_administrators(ada, write, read):
    bob = write(accounts.create_account, NewAccount("bob@example.com"), LATER)
    eve = write(accounts.create_account, NewAccount("eve@example.com", is_admin=True, is_verified=True), LATER)
    assert [account.is_admin for account in (ada, bob, eve)] == [True, False, True]
    assert (ada.password_changed_at, bob.password_changed_at, eve.email_verified_at) == (NOW, None, LATER)
    assert read(accounts.list_accounts)[0] == ada
    assert read(accounts.count_people) == 3


@pytest.mark.usefixtures("ada")
def test_an_address_has_one_account(write):
    with pytest.raises(EmailTaken):
        write(accounts.create_account, NewAccount(ADA.email), LATER)


def test_an_account_is_found_and_changed(ada, write, read):
    write(accounts.set_password, ada.id, "new", LATER)
    write(accounts.replace_password_hash, ada.id, "other", "lost")
    write(accounts.replace_password_hash, ada.id, "new", "newer")
    write(accounts.set_email_verified, ada.id, LATER)
    write(accounts.set_disabled, ada.id, LATER)
    write(accounts.set_admin, ada.id, is_admin=False)
    changed = replace(
        ada,
        password_hash="newer",
        password_changed_at=LATER,
        email_verified_at=LATER,
        disabled_at=LATER,
        is_admin=False,
    )
    assert read(accounts.find_account, ada.id) == read(accounts.find_account_by_email, ADA.email) == changed
    assert read(accounts.find_account, "none") is None
    assert "newer" not in repr(changed)


def test_an_identity_belongs_to_one_account(ada, write, read):
    bob = write(accounts.create_account, NewAccount("bob@example.com"), NOW)
    assert write(accounts.link_identity, ada.id, "https://issuer", "7")
    assert write(accounts.link_identity, ada.id, "https://issuer", "7")
    assert not write(accounts.link_identity, bob.id, "https://issuer", "7")
    assert read(accounts.find_account_by_identity, "https://issuer", "7") == ada
    assert read(accounts.find_account_by_identity, "https://other", "7") is None


def test_a_deleted_account_leaves_nothing_but_the_log(ada, write, read):
    write(tokens.add_token, make_token(ada.id), "h")
    write(sessions.add_session, Session("s", ada.id, NOW, NOW, LATER, "browser"))
    write(audit.add_audit_entry, AuditEntry(NOW, ada.id, "session", "token.create", "1", "::1"))
    assert write(accounts.delete_account, ada.id)
    assert not write(accounts.delete_account, ada.id)
    assert not write(accounts.delete_account, LOCAL_ACCOUNT_ID)
    assert read(tokens.list_tokens) == []
    assert read(sessions.find_session, "s") is None
    assert len(read(audit.list_audit_records, 10)) == 1


def test_a_token_is_found_by_its_hash_with_its_account(ada, write, read):
    token = make_token(ada.id)
    write(tokens.add_token, token, "h")
    assert read(tokens.find_token, "h") == (token, ada)
    assert read(tokens.find_token, "other") is None


def test_a_use_of_a_token_never_moves_back(ada, write, read):
    write(tokens.add_token, make_token(ada.id), "h")
    write(tokens.note_token_use, "1", LATER)
    write(tokens.note_token_use, "1", NOW)
    assert read(tokens.find_token, "h")[0].last_used_at == LATER


def test_a_token_is_revoked_once_and_only_by_its_account(ada, write, read):
    write(tokens.add_token, make_token(ada.id), "h")
    assert not write(tokens.revoke_token, "1", NOW, LOCAL_ACCOUNT_ID)
    assert write(tokens.revoke_token, "1", NOW, ada.id)
    assert not write(tokens.revoke_token, "1", LATER)
    found = read(tokens.find_token, "h")[0]
    assert (found.revoked_at, found.is_valid(NOW)) == (NOW, False)


def test_all_tokens_of_an_account_are_revoked(ada, write, read):
    write(tokens.add_token, make_token(ada.id), "h")
    write(tokens.add_token, make_token(ada.id, 2, expires_at=None), "i")
    write(tokens.add_token, make_token(LOCAL_ACCOUNT_ID, 3), "j")
    assert write(tokens.revoke_tokens_of, ada.id, NOW) == 2
    assert [token.id for token in read(tokens.list_tokens, LOCAL_ACCOUNT_ID) if token.is_valid(NOW)] == ["3"]
    assert len(read(tokens.list_tokens)) == 3


def test_a_token_is_valid_until_it_expires():
    token = make_token("a")
    assert token.is_valid(NOW)
    assert not token.is_valid(LATER)
    assert replace(token, expires_at=None).is_valid(LATER)


def test_sessions_are_rotated_used_and_ended(ada, write, read):
    session = Session("s", ada.id, NOW, NOW, LATER, "browser" * 100)
    write(sessions.add_session, session)
    assert read(sessions.find_session, "s") == (replace(session, user_agent=session.user_agent[:300]), ada)
    assert write(sessions.rotate_session, "s", "t", LATER)
    assert not write(sessions.rotate_session, "s", "u", LATER)
    write(sessions.note_session_use, "t", LATER, LATER + timedelta(days=1))
    assert [found.hash for found in read(sessions.list_sessions, ada.id, LATER)] == ["t"]
    assert write(sessions.delete_session, "t")
    assert not write(sessions.delete_session, "t")


def test_other_and_expired_sessions_are_deleted(ada, write, read):
    for name in ("a", "b", "c"):
        write(sessions.add_session, Session(name, ada.id, NOW, NOW, LATER, ""))
    assert write(sessions.delete_sessions_of, ada.id, "b") == 2
    assert write(sessions.delete_expired_sessions, NOW) == 0
    assert write(sessions.delete_expired_sessions, LATER) == 1
    assert read(sessions.list_sessions, ada.id, NOW) == []


def test_an_invitation_works_once_for_its_address_in_its_time(ada, write, read):
    write(one_time_links.add_invitation, Invitation("open", ada.id, NOW, LATER))
    write(one_time_links.add_invitation, Invitation("bob", ada.id, NOW, LATER, "bob@example.com"))
    assert len(read(one_time_links.list_invitations, NOW)) == 2
    use = one_time_links.use_invitation
    assert not write(use, "bob", "eve@example.com", NOW)
    assert not write(use, "bob", "bob@example.com", LATER)
    assert write(use, "bob", "bob@example.com", NOW)
    assert not write(use, "bob", "bob@example.com", NOW)
    assert write(use, "open", "eve@example.com", NOW)
    assert not write(use, "unknown", "eve@example.com", NOW)
    assert read(one_time_links.list_invitations, NOW) == []


def test_links_that_were_used_or_have_expired_are_deleted_and_others_stay(ada, write, read):
    for name, expires_at in (("open", LATER), ("used", LATER), ("expired", NOW)):
        write(one_time_links.add_invitation, Invitation(name, ada.id, NOW, expires_at))
    write(one_time_links.use_invitation, "used", "bob@example.com", NOW)
    write(one_time_links.add_password_reset, PasswordReset("reset", ada.id, NOW, NOW))
    assert write(one_time_links.delete_ended_links, NOW) == 3
    assert write(one_time_links.delete_ended_links, NOW) == 0
    assert read(one_time_links.has_invitation, "open", NOW)


def test_a_reset_works_once_and_replaces_earlier_ones(ada, write):
    for name in ("first", "second"):
        write(one_time_links.add_password_reset, PasswordReset(name, ada.id, NOW, LATER))
    use = one_time_links.use_password_reset
    assert write(use, "first", NOW) is None
    assert write(use, "second", LATER) is None
    assert write(use, "second", NOW) == ada.id
    assert write(use, "second", NOW) is None


def test_the_log_is_read_in_pages_from_its_end(write, read):
    for number in range(5):
        entry = AuditEntry(NOW, f"actor{number % 2}", "token", "prices.delete", "A" * 600, "::1", {"number": number})
        write(audit.add_audit_entry, entry)
    first = read(audit.list_audit_records, 3)
    assert [record.details["number"] for record in first] == [4, 3, 2]
    assert (first[0].at, len(first[0].subject)) == (NOW, 500)
    second = read(audit.list_audit_records, 3, before_id=first[-1].id)
    assert [record.details["number"] for record in second] == [1, 0]
    assert [record.details["number"] for record in read(audit.list_audit_records, 9, actor="actor1")] == [3, 1]
    assert write(audit.delete_audit_records, LATER) == 5
    write(audit.add_audit_entry, AuditEntry(NOW, None, "local", "prices.delete", "A", "::1"))
    assert read(audit.list_audit_records, 9)[0].id > first[0].id, "numbers are never used again"
