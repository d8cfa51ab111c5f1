"""People's accounts through the API: registration, logging in, sessions, passwords, administration."""

from __future__ import annotations

import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from common.domain.access import Scope, hash_secret
from common.redis.clock import RedisClock
from common.sql import schema
from common.sql.repositories.people import accounts, sessions, tokens
from common.sql.repositories.people.accounts import LOCAL_ACCOUNT_ID, NewAccount
from common.sql.repositories.people.audit import list_audit_records
from common.sql.repositories.people.tokens import NewToken
from common.sql.store import SqlStore
from test_support.waiting import until
from tests.integration.webserver.test_access import InlineThread, bearer
from tests.integration.webserver.test_alert_mail import mailbox  # noqa: F401 - a fixture
from tests.integration.webserver.test_prices_api import check_problem
from webserver.access import credential_store
from webserver.app import create_app
from webserver.people.administration import LAST_ADMINISTRATOR
from webserver.people.passwords import hashing
from webserver.people.passwords.hashing import PasswordHashing
from webserver.settings import WebSettings

PASSWORD, OTHER = "copper lantern wide river", "seven quiet maple boats"
ANN, BEN = "ann@example.org", "ben@example.org"
ID = "11111111-1111-4111-8111-111111111111"
COOKIE, SECURE_COOKIE = "stockcast_session", "__Host-stockcast_session"
FRESH = "webserver.access.recent_callers.FRESH_FOR_S"


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch):
    """Let a hash take a millisecond."""
    monkeypatch.setattr(PasswordHashing.__init__, "__defaults__", (64,))


@pytest.fixture(params=["sqlite", "postgresql"])
def sql_address(request):
    """An empty store, once of each kind: the same tests run on both."""
    if request.param == "sqlite":
        return request.getfixturevalue("sqlite_address")
    address = request.getfixturevalue("shared_postgresql_address")
    with closing(SqlStore(address)) as store:
        store.transaction(delete_everything)
    return address


def delete_everything(connection):
    """Delete the rows of all tables, except those of a new store."""
    kept = {schema.accounts: schema.accounts.c.id != LOCAL_ACCOUNT_ID, schema.ledger_heads: sa.false()}
    for table in reversed(schema.METADATA.sorted_tables):
        connection.execute(sa.delete(table).where(kept.get(table, sa.true())))


@pytest.fixture
def store(sql_store):
    """The SQL store of the application."""
    return sql_store


@pytest.fixture(autouse=True)
def no_clock_in_transactions(monkeypatch):
    """Fail if the clock, which is Redis, is asked in a transaction. On SQLite that is another thread than gevent's."""
    inside = threading.local()
    run, now = SqlStore._in_transaction, RedisClock.now

    def in_transaction(self, engine, work):
        inside.is_true = True
        try:
            return run(self, engine, work)
        finally:
            inside.is_true = False

    def checked_now(self):
        assert not getattr(inside, "is_true", False), "the clock was asked in a transaction"
        return now(self)

    monkeypatch.setattr(SqlStore, "_in_transaction", in_transaction)
    monkeypatch.setattr(RedisClock, "now", checked_now)


@pytest.fixture
def make_client(sql_url, redis_url, monkeypatch):
    """Make a client of an application with other settings. A caller is looked up for every request."""
    monkeypatch.setattr(FRESH, 0.0)
    opened, threads = [], set(threading.enumerate())

    def open_store(*args):
        opened.append(SqlStore(*args))
        return opened[-1]

    monkeypatch.setattr("webserver.app.SqlStore", open_store)

    def make(auth="on", **environment):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return create_app(WebSettings(redis_url=redis_url, database_url=SecretStr(sql_url), auth=auth)).test_client()

    yield make
    for thread in set(threading.enumerate()) - threads:
        thread.join(100)  # a mail, or a note of the last use
    for each in opened:
        each.close()


@pytest.fixture
def client(make_client):
    return make_client()


def add_person(store, email, *, is_admin=False, password=PASSWORD):
    new = NewAccount(email, PasswordHashing(64).hash(password) if password else None, is_admin)
    return store.transaction(lambda connection: accounts.create_account(connection, new, datetime.now(UTC)))


def log_in(client, email=ANN, password=PASSWORD, **options):
    return client.post("/api/v1/sessions", json={"email": email, "password": password}, **options)


def secret_of(link):
    return link.partition("#")[2]


def me(client):
    return client.get("/api/v1/account").json


def test_a_person_logs_in_and_out(client, store):
    ann = add_person(store, ANN)
    assert client.get("/api/v1/tickers").status_code == 401
    answer = log_in(client, " ANN@Example.org ")
    assert answer.status_code == 204
    assert answer.headers["Cache-Control"] == "no-store"
    mine = me(client)
    assert (mine["kind"], mine["account_id"], mine["email"]) == ("session", ann.id, ANN)
    assert client.delete("/api/v1/sessions/present").status_code == 204
    assert me(client)["kind"] == "nobody"
    assert store.read(lambda connection: sessions.list_sessions(connection, ann.id, datetime.now(UTC))) == []


def test_the_cookie_over_tls_belongs_to_this_host_alone(client, store):
    add_person(store, ANN)
    cookie = log_in(client, base_url="https://localhost").headers["Set-Cookie"]
    name, *attributes = [part.strip() for part in cookie.split(";")]
    assert name.startswith(f"{SECURE_COOKIE}=")
    assert len(name.partition("=")[2]) == 43, "256 bits"
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax", "Max-Age=7776000"} <= set(attributes)
    assert not any(attribute.startswith("Domain") for attribute in attributes)
    plain = log_in(client).headers["Set-Cookie"]
    assert plain.startswith(f"{COOKIE}=")
    assert "Secure" not in plain


def test_a_plain_cookie_is_no_session_over_tls(make_client, store):
    add_person(store, ANN)
    client = make_client()
    log_in(client)
    secret = client.get_cookie(COOKIE).value
    other = make_client()
    other.set_cookie(COOKIE, secret)
    assert other.get("/api/v1/account", base_url="https://localhost").json["kind"] == "nobody"
    other.set_cookie(SECURE_COOKIE, secret)
    assert other.get("/api/v1/account", base_url="https://localhost").json["kind"] == "session"


def test_passwords_do_not_travel_over_a_plain_network(make_client, store, monkeypatch):
    monkeypatch.setenv("ALLOWED_HOSTS", "stockcast.example")
    add_person(store, ANN)
    client = make_client()
    for path, body in (
        ("sessions", {"email": ANN, "password": PASSWORD}),
        ("accounts", {"email": ANN, "password": PASSWORD}),
        ("password-resets:use", {"secret": "x" * 43, "password": PASSWORD}),
    ):
        answer = client.post(f"/api/v1/{path}", json=body, base_url="http://stockcast.example")
        check_problem(answer, 403, "forbidden")
        assert "https" in answer.json["detail"]
    assert log_in(client, base_url="https://stockcast.example").status_code == 204


def test_unknown_addresses_cost_the_same_work_and_get_the_same_answer(client, store, monkeypatch):
    add_person(store, ANN)
    add_person(store, BEN, password=None)
    verified = []
    matches = PasswordHashing._matches
    monkeypatch.setattr(
        PasswordHashing,
        "_matches",
        lambda self, stored, password: verified.append(stored) or matches(self, stored, password),
    )
    answers = [log_in(client, email, "not the password") for email in (ANN, BEN, "nobody@example.org")]
    assert len({answer.data for answer in answers}) == 1
    assert len({tuple(answer.headers.keys()) for answer in answers}) == 1
    check_problem(answers[0], 401, "unauthenticated")
    assert len(verified) == 3, "one verification each"
    parameters = {stored.rsplit("$", 2)[0] for stored in verified}
    assert parameters == {"$argon2id$v=19$m=64,t=2,p=1"}, "the same parameters"


def test_hashes_have_todays_parameters_after_a_login(client, store):
    ann = add_person(store, ANN)
    old = PasswordHashing(128).hash(PASSWORD)
    store.transaction(lambda connection: accounts.set_password(connection, ann.id, old, datetime.now(UTC)))
    assert log_in(client).status_code == 204
    new = store.read(lambda connection: accounts.find_account(connection, ann.id)).password_hash
    assert "m=64," in new
    assert log_in(client).status_code == 204


def test_real_hashes_take_tens_of_mebibytes():
    assert (hashing.MEMORY_KIB, hashing.PASSES) == (47_104, 2)


def test_guesses_are_limited_for_an_account_and_for_an_address(client, store):
    add_person(store, ANN)
    codes = [log_in(client, ANN, f"guess {n}").status_code for n in range(11)]
    assert codes == [401] * 10 + [429]
    answer = log_in(client)
    check_problem(answer, 429, "rate_limited")
    assert 0 < int(answer.headers["Retry-After"]) <= 900
    elsewhere = log_in(client, environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert elsewhere.status_code == 204, "a stranger's guesses do not lock the person out"
    codes = [log_in(client, f"{n}@example.org", "x").status_code for n in range(100)]
    assert codes[0] == 401
    assert codes[-1] == 429


def test_an_account_is_guessed_from_few_addresses_only(client, store):
    add_person(store, ANN)
    codes = [
        log_in(client, ANN, "x", environ_base={"REMOTE_ADDR": f"192.0.2.{n // 9}"}).status_code for n in range(101)
    ]
    assert codes == [401] * 100 + [429]


def test_a_login_replaces_the_session_of_the_browser(client, store):
    ann = add_person(store, ANN)
    log_in(client)
    first = client.get_cookie(COOKIE).value
    log_in(client)
    second = client.get_cookie(COOKIE).value
    assert first != second
    left = store.read(lambda connection: sessions.list_sessions(connection, ann.id, datetime.now(UTC)))
    assert [session.hash for session in left] == [hash_secret(second)]


def test_a_secret_that_the_server_did_not_make_starts_no_session(client, store):
    add_person(store, ANN)
    client.set_cookie(COOKIE, "chosen by somebody else")
    log_in(client)
    assert client.get_cookie(COOKIE).value != "chosen by somebody else"


def test_sessions_are_listed_and_ended(make_client, store):
    ann, _ = add_person(store, ANN), add_person(store, BEN)
    laptop, phone, other = make_client(), make_client(), make_client()
    log_in(laptop, headers={"User-Agent": "Laptop"})
    log_in(phone, headers={"User-Agent": "Phone"})
    log_in(other, BEN)
    listed = laptop.get("/api/v1/sessions").json["sessions"]
    assert {(each["user_agent"], each["is_present"]) for each in listed} == {("Laptop", True), ("Phone", False)}
    stored = store.read(lambda connection: sessions.list_sessions(connection, ann.id, datetime.now(UTC)))
    assert not {each["id"].replace("-", "") for each in listed} & {each.hash[:32] for each in stored}
    (of_phone,) = [each["id"] for each in listed if not each["is_present"]]
    check_problem(other.delete(f"/api/v1/sessions/{of_phone}"), 404, "not_found")
    assert laptop.delete(f"/api/v1/sessions/{of_phone}").status_code == 204
    assert phone.get("/api/v1/account").status_code == 401
    log_in(phone)
    assert laptop.delete("/api/v1/sessions").status_code == 204
    assert phone.get("/api/v1/tickers").status_code == 401
    assert other.get("/api/v1/sessions").status_code == 200


def move(store, **values):
    """Change the times of all sessions."""
    store.transaction(lambda connection: connection.execute(sa.update(schema.sessions).values(**values)))


def the_session(store, account):
    (found,) = store.read(
        lambda connection: sessions.list_sessions(connection, account.id, datetime(2000, 1, 1, tzinfo=UTC))
    )
    return found


def test_use_moves_the_expiry_at_most_once_a_minute(client, store, monkeypatch):
    monkeypatch.setattr(credential_store, "Thread", InlineThread)
    ann = add_person(store, ANN)
    log_in(client)
    now = datetime.now(UTC)
    first = the_session(store, ann)
    assert abs(first.expires_at - now - timedelta(days=14)) < timedelta(minutes=1)
    me(client)
    assert the_session(store, ann) == first, "no write within a minute"
    move(store, last_seen_at=now - timedelta(minutes=2), expires_at=now + timedelta(hours=1))
    me(client)
    assert abs(the_session(store, ann).expires_at - now - timedelta(days=14)) < timedelta(minutes=1)
    move(store, last_seen_at=now - timedelta(minutes=2), created_at=now - timedelta(days=89))
    me(client)
    assert abs(the_session(store, ann).expires_at - now - timedelta(days=1)) < timedelta(minutes=1)


def test_an_unused_session_ends(client, store):
    add_person(store, ANN)
    log_in(client)
    move(store, expires_at=datetime.now(UTC) - timedelta(seconds=1))
    check_problem(client.get("/api/v1/tickers"), 401, "unauthenticated")


def test_a_change_of_password_ends_the_other_sessions(make_client, store):
    add_person(store, ANN)
    here, there = make_client(), make_client()
    log_in(here)
    log_in(there)
    before = here.get_cookie(COOKIE).value
    change = {"present_password": "wrong", "password": OTHER}
    check_problem(here.put("/api/v1/account/password", json=change), 400, "invalid_request")
    change["present_password"] = PASSWORD
    check_problem(here.put("/api/v1/account/password", json=change | {"password": "short"}), 400, "invalid_request")
    assert here.put("/api/v1/account/password", json=change).status_code == 204
    assert here.get_cookie(COOKIE).value != before
    assert me(here)["email"] == ANN
    assert there.get("/api/v1/tickers").status_code == 401
    assert log_in(there).status_code == 401
    assert log_in(there, password=OTHER).status_code == 204


def test_a_person_shows_the_password_again_for_a_token(client, store):
    add_person(store, ANN)
    log_in(client)
    body = {"name": "job", "scopes": ["read"]}
    for wrong in ({}, {"present_password": "a wrong password"}):
        answer = client.post("/api/v1/tokens", json=body | wrong)
        check_problem(answer, 400, "invalid_request")
        assert "present password" in answer.json["detail"]
    assert client.post("/api/v1/tokens", json=body | {"present_password": PASSWORD}).status_code == 201
    codes = [client.post("/api/v1/tokens", json=body | {"present_password": "guess"}).status_code for _ in range(10)]
    assert codes[-1] == 429, "guesses count as those of a login"
    assert len(client.get("/api/v1/tokens").json["tokens"]) == 1


def test_a_person_without_a_password_creates_a_token_shortly_after_the_login(client, store):
    ann = add_person(store, ANN)
    log_in(client)
    store.transaction(lambda connection: connection.execute(sa.update(schema.accounts).values(password_hash=None)))
    body = {"name": "job", "scopes": ["read"]}
    assert client.post("/api/v1/tokens", json=body).status_code == 201
    past = datetime.now(UTC) - timedelta(minutes=16)
    store.transaction(lambda connection: connection.execute(sa.update(schema.sessions).values(created_at=past)))
    answer = client.post("/api/v1/tokens", json=body)
    check_problem(answer, 403, "forbidden")
    assert "log in again" in answer.json["detail"]
    assert len(store.read(lambda connection: tokens.list_tokens(connection, ann.id))) == 1


def test_a_token_changes_no_password_and_reads_no_session(client, store):
    ann = add_person(store, ANN, is_admin=True)
    scopes = (Scope.READ, Scope.FORECAST, Scope.WRITE, Scope.ADMIN)
    new = NewToken(ann.id, "job", scopes, None)
    _, secret = store.transaction(lambda connection: tokens.create_token(connection, new, datetime.now(UTC)))
    change = {"present_password": PASSWORD, "password": OTHER}
    check_problem(client.put("/api/v1/account/password", json=change, headers=bearer(secret)), 403, "forbidden")
    check_problem(client.get("/api/v1/sessions", headers=bearer(secret)), 403, "forbidden")


# Registration


def register(client, email=ANN, secret=None, password=PASSWORD):
    return client.post("/api/v1/accounts", json={"email": email, "password": password, "secret": secret})


def test_with_open_registration_the_first_person_is_the_administrator(make_client, store):
    client = make_client(REGISTRATION="open")
    assert register(client).status_code == 204
    assert register(client, BEN).status_code == 204
    found = store.read(accounts.list_accounts)
    assert [(account.email, account.is_admin) for account in found] == [(ANN, True), (BEN, False)]
    log_in(client)
    assert "admin" in me(client)["scopes"]


def test_simultaneous_registrations_make_one_administrator(make_client, store):
    client = make_client(REGISTRATION="open")
    start = threading.Barrier(6)

    def register_at_once(number):
        start.wait()
        register(client.application.test_client(), f"{number}@example.org")

    threads = [threading.Thread(target=register_at_once, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = store.read(accounts.list_accounts)
    assert (len(found), sum(account.is_admin for account in found)) == (6, 1)


def test_a_known_address_registers_with_the_same_answer_and_work(make_client, store, monkeypatch):
    client = make_client(REGISTRATION="open")
    ann = add_person(store, ANN)
    hashed = []
    hash_ = PasswordHashing.hash
    monkeypatch.setattr(PasswordHashing, "hash", lambda self, text: hashed.append(text) or hash_(self, text))
    known, new = register(client, password=OTHER), register(client, BEN, password=OTHER)
    assert (known.status_code, known.data) == (new.status_code, new.data) == (204, b"")
    assert list(known.headers.keys()) == list(new.headers.keys())
    assert len(hashed) == 2
    assert store.read(lambda connection: accounts.find_account(connection, ann.id)) == ann, "nothing changed"


def test_without_a_link_nobody_registers_by_default(make_client, store):
    check_problem(register(make_client()), 403, "forbidden")
    check_problem(register(make_client(REGISTRATION="closed")), 403, "forbidden")
    assert store.read(accounts.list_accounts) == []


def test_a_person_registers_by_an_invitation_once(make_client, store):
    add_person(store, "admin@example.org", is_admin=True)
    admin, client = make_client(PUBLIC_URL="https://stockcast.example/forecasts/"), make_client()
    log_in(admin, "admin@example.org")
    link = admin.post("/api/v1/invitations", json={"email": " Ann@example.org"}).json["url"]
    assert link.startswith("https://stockcast.example/forecasts/register#"), "not the host of the request"
    (listed,) = admin.get("/api/v1/invitations").json["invitations"]
    assert listed["email"] == ANN
    assert secret_of(link) not in admin.get("/api/v1/invitations").text
    check_problem(register(client, BEN, secret_of(link)), 400, "invalid_request")
    check_problem(register(client, ANN, secret_of(link), password="too short"), 400, "invalid_request")
    assert register(client, ANN, secret_of(link)).status_code == 204
    assert log_in(client).status_code == 204
    assert "admin" not in me(client)["scopes"]
    check_problem(register(client, "third@example.org", secret_of(link)), 400, "invalid_request")
    assert admin.get("/api/v1/invitations").json["invitations"] == []
    check_problem(register(client, "third@example.org", "x" * 43), 400, "invalid_request")


def test_an_invitation_ends_after_a_week(make_client, store):
    add_person(store, "admin@example.org", is_admin=True)
    client = make_client()
    log_in(client, "admin@example.org")
    link = client.post("/api/v1/invitations", json={}).json["url"]
    past = datetime.now(UTC) - timedelta(seconds=1)
    store.transaction(lambda connection: connection.execute(sa.update(schema.invitations).values(expires_at=past)))
    check_problem(register(client, ANN, secret_of(link)), 400, "invalid_request")


def with_mail(make_client, mailbox, **environment):  # noqa: F811
    smtp = {"SMTP_URL": f"smtp://{mailbox.url}", "MAIL_FROM": "stockcast@example.org"}
    return make_client(PUBLIC_URL="https://stockcast.example", **smtp, **environment)


def link_in(mail):
    text = mail.replace("=\r\n", "").replace("=3D", "=")
    return next(word for word in text.split() if word.startswith("https://"))


def test_with_mail_open_registration_begins_with_a_mail(make_client, store, mailbox):  # noqa: F811
    client = with_mail(make_client, mailbox, REGISTRATION="open")
    add_person(store, BEN)
    check_problem(register(client), 403, "forbidden")
    new, known = (client.post("/api/v1/registrations", json={"email": email}) for email in (ANN, BEN))
    assert (new.status_code, new.data) == (known.status_code, known.data) == (202, b"")
    until(lambda: len(mailbox.mails) == 2)
    to = {mail.partition("To: ")[2].splitlines()[0]: mail for mail in mailbox.mails}
    assert "/login" in link_in(to[BEN])
    secret = secret_of(link_in(to[ANN]))
    check_problem(register(client, "other@example.org", secret), 400, "invalid_request")
    assert register(client, ANN, secret).status_code == 204
    assert log_in(client).status_code == 204


# Resets


def test_a_mail_brings_a_link_to_set_a_new_password(make_client, store, mailbox):  # noqa: F811
    client = with_mail(make_client, mailbox)
    ann, gone = add_person(store, ANN), add_person(store, BEN)
    store.transaction(lambda connection: accounts.set_disabled(connection, gone.id, datetime.now(UTC)))
    log_in(client)
    answers = [
        client.post("/api/v1/password-resets", json={"email": email}, headers={"Host": "localhost:81"})
        for email in ("nobody@example.org", BEN, ANN)
    ]
    assert {(answer.status_code, answer.data) for answer in answers} == {(202, b"")}
    until(lambda: mailbox.mails)
    link = link_in(mailbox.mails[0])
    assert link.startswith("https://stockcast.example/reset#")
    use = {"secret": secret_of(link), "password": "passwordpassword"}
    check_problem(client.post("/api/v1/password-resets:use", json=use), 400, "invalid_request")
    use["password"] = OTHER
    assert client.post("/api/v1/password-resets:use", json=use).status_code == 204
    check_problem(client.post("/api/v1/password-resets:use", json=use), 400, "invalid_request")
    assert client.get("/api/v1/tickers").status_code == 401, "all sessions have ended"
    assert log_in(client).status_code == 401
    assert log_in(client, password=OTHER).status_code == 204
    assert [mail for mail in mailbox.mails if BEN in mail or "nobody" in mail] == []
    log = store.read(lambda connection: list_audit_records(connection, 10))
    assert ("passwords.reset", ann.id) in [(entry.action, entry.subject) for entry in log]


def test_a_new_password_is_mailed_to_the_owner(make_client, store, mailbox):  # noqa: F811
    client = with_mail(make_client, mailbox)
    ann = add_person(store, ANN)
    log_in(client)
    change = {"present_password": "a wrong password", "password": OTHER}
    check_problem(client.put("/api/v1/account/password", json=change), 400, "invalid_request")
    assert client.put("/api/v1/account/password", json=change | {"present_password": PASSWORD}).status_code == 204
    until(lambda: len(mailbox.mails) == 1)
    add_person(store, "admin@example.org", is_admin=True)
    administrator = make_client()
    log_in(administrator, "admin@example.org")
    link = administrator.post(f"/api/v1/accounts/{ann.id}:reset").json["url"]
    use = {"secret": secret_of(link), "password": PASSWORD}
    assert client.post("/api/v1/password-resets:use", json=use).status_code == 204
    until(lambda: len(mailbox.mails) == 2)
    for mail in mailbox.mails:
        assert f"To: {ANN}" in mail
        assert "was changed" in mail
        assert link_in(mail) == "https://stockcast.example/reset"
        assert PASSWORD not in mail


def test_a_newer_link_replaces_the_older_one_and_both_end(make_client, store):
    ann = add_person(store, ANN)
    add_person(store, "admin@example.org", is_admin=True)
    client = make_client()
    log_in(client, "admin@example.org")
    first, second = (client.post(f"/api/v1/accounts/{ann.id}:reset").json["url"] for _ in range(2))
    use = {"secret": secret_of(first), "password": OTHER}
    check_problem(client.post("/api/v1/password-resets:use", json=use), 400, "invalid_request")
    past = datetime.now(UTC) - timedelta(seconds=1)
    store.transaction(lambda connection: connection.execute(sa.update(schema.password_resets).values(expires_at=past)))
    use["secret"] = secret_of(second)
    check_problem(client.post("/api/v1/password-resets:use", json=use), 400, "invalid_request")


def test_mails_to_an_address_are_limited(make_client, mailbox, monkeypatch):  # noqa: F811
    monkeypatch.setattr("webserver.people.mails.Thread", InlineThread)  # the mails of the others are sent
    client = with_mail(make_client, mailbox)
    codes = [client.post("/api/v1/password-resets", json={"email": ANN}).status_code for _ in range(6)]
    assert codes == [202] * 5 + [429]


def test_without_mail_the_person_is_sent_to_an_administrator(client):
    answer = client.post("/api/v1/password-resets", json={"email": ANN})
    check_problem(answer, 404, "not_found")
    assert "administrator" in answer.json["detail"]
    assert client.get("/api/v1/login-options").json == {
        "registration": "invitation",
        "has_mail": False,
        "provider": None,
    }


# Administration


def test_a_disabled_account_loses_its_sessions_and_tokens(make_client, store):
    ann = add_person(store, ANN)
    admin_account = add_person(store, "admin@example.org", is_admin=True)
    admin, client = make_client(), make_client()
    log_in(admin, "admin@example.org")
    log_in(client)
    secret = client.post("/api/v1/tokens", json={"name": "job", "scopes": ["read"], "present_password": PASSWORD}).json[
        "token"
    ]
    changed = admin.patch(f"/api/v1/accounts/{ann.id}", json={"is_disabled": True})
    assert changed.json["disabled_at"]
    assert client.get("/api/v1/tickers").status_code == 401
    fresh = make_client()
    check_problem(fresh.get("/api/v1/tickers", headers=bearer(secret)), 401, "unauthenticated")
    disabled = log_in(fresh)
    check_problem(disabled, 401, "unauthenticated")
    assert "disabled" in disabled.json["detail"]
    assert "disabled" not in log_in(fresh, password="a wrong password").json["detail"]
    admin.patch(f"/api/v1/accounts/{ann.id}", json={"is_disabled": False})
    assert log_in(client).status_code == 204
    listed = admin.get("/api/v1/accounts").json["accounts"]
    assert [(each["email"], each["is_admin"], each["has_password"]) for each in listed] == [
        (ANN, True, True),
        ("admin@example.org", True, True),
    ]
    assert "argon2" not in admin.get("/api/v1/accounts").text
    log = admin.get("/api/v1/audit").json["entries"]
    assert f"{ann.id} is_disabled=true" in [entry["subject"] for entry in log if entry["actor"] == admin_account.id]


def test_a_change_of_privilege_ends_the_sessions(make_client, store):
    add_person(store, "admin@example.org", is_admin=True)
    ann = add_person(store, ANN)
    admin, client = make_client(), make_client()
    log_in(admin, "admin@example.org")
    log_in(client)
    assert client.get("/api/v1/accounts").status_code == 403
    assert admin.patch(f"/api/v1/accounts/{ann.id}", json={"is_admin": True}).json["is_admin"]
    assert client.get("/api/v1/accounts").status_code == 401
    log_in(client)
    assert client.get("/api/v1/accounts").status_code == 200


@pytest.mark.parametrize("change", [{"is_disabled": True}, {"is_admin": False}])
def test_the_last_administrator_stays(client, store, change):
    admin = add_person(store, "admin@example.org", is_admin=True)
    add_person(store, ANN)
    log_in(client, "admin@example.org")
    answer = client.patch(f"/api/v1/accounts/{admin.id}", json=change)
    check_problem(answer, 400, "invalid_request")
    assert answer.json["detail"] == LAST_ADMINISTRATOR
    assert client.get("/api/v1/accounts").status_code == 200, "nothing changed"


def test_the_account_of_the_machine_is_no_persons(client, store):
    add_person(store, "admin@example.org", is_admin=True)
    log_in(client, "admin@example.org")
    machine = f"/api/v1/accounts/{accounts.LOCAL_ACCOUNT_ID}"
    check_problem(client.patch(machine, json={"is_disabled": True}), 404, "not_found")
    check_problem(client.post(f"{machine}:reset"), 404, "not_found")


# Every mode, every page


@pytest.mark.parametrize("auth", ["off", "open"])
def test_without_accounts_none_of_this_exists(make_client, auth):
    client = make_client(auth)
    check_problem(log_in(client), 404, "not_found")
    check_problem(register(client), 404, "not_found")
    assert "AUTH=on" in client.get("/api/v1/login-options").json["detail"]
    client.set_cookie(COOKIE, "x")
    assert client.get("/api/v1/account").status_code == 200


CROSS_SITE = {"Sec-Fetch-Site": "cross-site"}


def test_pages_of_other_sites_change_nothing_with_a_persons_cookie(client, store):
    """Every route that changes something refuses them, whatever it needs."""
    add_person(store, ANN, is_admin=True)
    log_in(client)
    app = client.application
    tried = 0
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}):
            path = str(rule)
            for name in rule.arguments:
                path = replace_argument(path, name, "AAPL" if name == "ticker" else ID)
            for headers in (CROSS_SITE, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}):
                answer = client.open(path, method=method, headers=headers, json={})
                check_problem(answer, 403, "invalid_request")
                tried += 1
    assert tried > 60
    assert me(client)["email"] == ANN


def replace_argument(rule, name, value):
    before, _, after = rule.partition("<")
    argument, _, rest = after.partition(">")
    return f"{before}{value}{rest}" if argument.rpartition(":")[2] == name else rule


def test_a_login_from_another_site_is_refused(client, store):
    """Otherwise a stranger could log a visitor in to the stranger's account."""
    add_person(store, ANN)
    check_problem(log_in(client, headers=CROSS_SITE), 403, "invalid_request")
    assert client.get_cookie(COOKIE) is None


def test_logins_are_in_the_log_without_secrets(client, store, caplog):
    ann = add_person(store, ANN, is_admin=True)
    caplog.set_level("DEBUG")
    log_in(client, password="a wrong password")
    log_in(client)
    cookie = client.get_cookie(COOKIE).value
    log = client.get("/api/v1/audit").json["entries"]
    assert [(entry["action"], entry["actor"]) for entry in log] == [("sessions.create", ann.id)]
    assert "a login from 127.0.0.1 failed" in caplog.text
    for secret in (PASSWORD, "a wrong password", cookie, hash_secret(cookie)):
        assert secret not in caplog.text
        assert secret not in repr(log)


@pytest.mark.parametrize(
    "email", ["", "ann", "@example.org", "a b@example.org", "ann@example.org\nBcc: x@y.z", "ann@" + "x" * 260]
)
def test_what_is_no_address_is_explained(client, email):
    check_problem(log_in(client, email), 400, "invalid_request")


def mail_channel(client, to):
    return client.post("/api/v1/channels", json={"kind": "mail", "name": "mine", "to": to})


def test_alerts_are_mailed_to_the_confirmed_address_of_the_account_only(client, store):
    add_person(store, ANN)
    ben = add_person(store, BEN)
    log_in(client, BEN)
    refused = mail_channel(client, BEN)
    assert (refused.status_code, refused.json["code"]) == (403, "forbidden")
    store.transaction(lambda connection: accounts.set_email_verified(connection, ben.id, datetime.now(UTC)))
    assert mail_channel(client, ANN).status_code == 403
    assert mail_channel(client, "Ben@Example.org").status_code == 201


def test_an_administrator_has_alerts_mailed_to_any_address(client, store):
    add_person(store, ANN)
    log_in(client, ANN)
    assert mail_channel(client, "desk@example.org").status_code == 201


def test_only_an_administrator_reaches_the_services_of_apprise(client, store):
    add_person(store, ANN)
    add_person(store, BEN)
    body = {"kind": "apprise", "name": "mine", "url": "json://hooks.example/path"}
    for email, status in ((BEN, 403), (ANN, 201)):
        log_in(client, email)
        assert client.post("/api/v1/channels", json=body).status_code == status
