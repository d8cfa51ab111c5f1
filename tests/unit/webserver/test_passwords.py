"""Which passwords are accepted, and their hashes."""

from __future__ import annotations

import threading

import pytest

from common.domain.errors import Busy, InvalidRequest
from webserver.people.passwords import hashing
from webserver.people.passwords.hashing import PasswordHashing
from webserver.people.passwords.rules import LONGEST, check_password

EMAIL = "margaret.hamilton@example.org"
GUESSED = [
    *("password2026!", "Passw0rd1234", "qwertyuiop123", "iloveyou1234", "adminadmin12", "Welcome123456"),
    *("111111111111", "abcabcabcabc", "123456789012", "210987654321", "abcdefghijklm", "zyxwvutsrqpo"),
    *("correct horse battery staple", "letmeinletmein", "stockcast2026", "changeme!!!!"),
]
GOOD = [
    *(
        "copper lantern wide river",
        "tomato river glass",
        "xK3$mQ9!pL2v",
        "пароль который знаю я",
        "🐢🐇🦊🐻🐼🐨🐯🦁🐮🐷🐸🐵",
    ),
    "x9q" * 3 + "tomato",
    "q7" + "tv wk mb" * 15,
]


@pytest.mark.parametrize("password", GUESSED)
def test_what_is_guessed_first_is_refused(password):
    with pytest.raises(InvalidRequest, match="easy to guess"):
        check_password(password, EMAIL)


@pytest.mark.parametrize("password", GOOD)
def test_any_characters_make_a_password(password):
    check_password(password, EMAIL)


@pytest.mark.parametrize(("length", "is_accepted"), [(11, False), (12, True), (LONGEST, True), (LONGEST + 1, False)])
def test_the_length_is_that_of_the_normalised_text(length, is_accepted):
    letters = "eißtxwvuzykg7q2m"
    password = "".join(letters[(n * n + n // 7) % len(letters)] for n in range(length))
    if is_accepted:
        check_password(password, EMAIL)
    else:
        with pytest.raises(InvalidRequest, match=r"too short|too long"):
            check_password(password, EMAIL)
    decomposed = "u\u0308" * 11
    with pytest.raises(InvalidRequest, match="too short"):
        check_password(decomposed, EMAIL)


@pytest.mark.parametrize("password", [EMAIL, EMAIL.upper(), "Margaret.Hamilton"])
def test_the_email_is_no_password(password):
    with pytest.raises(InvalidRequest, match="email"):
        check_password(password, EMAIL)


def test_all_ways_to_type_a_password_have_one_hash():
    hashes = PasswordHashing(64)
    stored = hashes.hash("Ångström ﬁeld twelve")
    assert stored.startswith("$argon2id$v=19$m=64,t=2,p=1$")
    assert hashes.verify(stored, "A\u030angstro\u0308m field twelve")
    assert not hashes.verify(stored, "angstrom field twelve")
    assert stored != hashes.hash("Ångström ﬁeld twelve"), "each hash has its own salt"


def test_nothing_matches_the_hash_of_nobody():
    hashes = PasswordHashing(64)
    assert not hashes.verify(None, "")
    assert not hashes.verify(None, "copper lantern wide river")


def test_few_hashes_are_computed_at_once(monkeypatch):
    monkeypatch.setattr(hashing, "TURN_TIMEOUT_S", 0.0)
    running, release = threading.Semaphore(0), threading.Event()

    def hold(work):
        running.release()
        release.wait(60)
        return work()

    monkeypatch.setattr(hashing, "in_thread", hold)
    hashes = PasswordHashing(64)
    threads = [threading.Thread(target=hashes.hash, args=("x",)) for _ in range(hashing.MOST_AT_ONCE)]
    for thread in threads:
        thread.start()
        running.acquire(timeout=60)
    with pytest.raises(Busy):
        hashes.verify(None, "x")
    release.set()
    for thread in threads:
        thread.join()
    assert not hashes.verify(None, "x")
