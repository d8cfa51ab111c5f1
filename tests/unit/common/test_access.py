"""Scopes, callers and the secrets of tokens."""

from __future__ import annotations

import pytest

from common.domain.access import (
    ALL_SCOPES,
    PERSON_SCOPES,
    PREFIX,
    TOKEN_SCOPES,
    Caller,
    CallerKind,
    Scope,
    hash_secret,
    is_well_formed,
    make_secret,
    parse_scopes,
)

SECRET = make_secret()


def test_a_secret_has_a_prefix_256_bits_and_a_checksum():
    assert SECRET.startswith(PREFIX)
    assert len(SECRET) == len(PREFIX) + 43 + 6
    assert 62**43 > 2**256 > 62**42
    assert is_well_formed(SECRET)


def test_secrets_and_their_hashes_differ():
    made = {make_secret() for _ in range(100)}
    assert len(made) == len({hash_secret(secret) for secret in made}) == 100
    assert SECRET[len(PREFIX) :] not in hash_secret(SECRET)


@pytest.mark.parametrize("at", [len(PREFIX), len(PREFIX) + 20, len(SECRET) - 1])
def test_one_wrong_character_is_recognised(at):
    other = "a" if SECRET[at] != "a" else "b"
    assert not is_well_formed(SECRET[:at] + other + SECRET[at + 1 :])


@pytest.mark.parametrize(
    "text",
    ["", PREFIX, SECRET[1:], SECRET[:-1], SECRET + "0", SECRET + "\n", SECRET.upper(), "é" * len(SECRET)],
    ids=["nothing", "prefix", "no s", "too short", "too long", "line feed", "upper case", "other letters"],
)
def test_another_text_is_no_secret(text):
    assert not is_well_formed(text)


def test_scopes_are_parsed_in_one_order():
    assert parse_scopes("write, read read") == (Scope.READ, Scope.WRITE)
    assert parse_scopes(" ".join(TOKEN_SCOPES)) == TOKEN_SCOPES


@pytest.mark.parametrize("names", ["", " , ", "account", "public", "read,delete", "Read"])
def test_other_names_of_scopes_are_refused(names):
    with pytest.raises(ValueError, match="choose from read, forecast, write, admin"):
        parse_scopes(names)


def test_a_caller_may_what_its_scopes_contain():
    caller = Caller(CallerKind.TOKEN, frozenset({Scope.READ}), "id")
    assert [scope for scope in Scope if caller.may(scope)] == [Scope.PUBLIC, Scope.READ]
    assert Caller(CallerKind.NOBODY).may(Scope.PUBLIC)
    assert Scope.ADMIN not in PERSON_SCOPES < ALL_SCOPES


def test_a_caller_is_shown_without_its_credential():
    assert "hidden" not in repr(Caller(CallerKind.SESSION, credential="hidden"))
