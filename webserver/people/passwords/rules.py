"""Which passwords are accepted: long ones that are not among the first that an attacker tries."""

from __future__ import annotations

from common.domain.errors import InvalidRequest
from webserver.people.passwords.hashing import normalise_password

SHORTEST, LONGEST = 12, 128
_ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "qwertyuiopasdfghjklzxcvbnm", "1q2w3e4r5t6y7u8i9o0p")
_COMMON = """
abc admin administrator animal apple baby baseball basketball battery batman bitcoin blink buster changeme
charlie chelsea cheese chocolate computer cookie correct default demo dolphin donald dragon flower football
forever freedom friend girl god guest happy hello horse hunter iloveyou internet jesus jordan killer letmein
liverpool login london love loveme master michael michelle monkey mother mustang naruto nothing ninja pass
passphrase passw0rd password pokemon princess purple qwerty qwertyuiop robert root samsung secret shadow
soccer staple starwars stock stockcast stocks summer sunshine superman superuser system temp temporary test
testing thomas tigger trustno trustnoone unknown user welcome whatever winter wizard work you me my is the a i
and to123 yankees zaq1zaq1 zxcvbnm
"""
_WORDS = frozenset(_COMMON.split())
"""The words of common guesses. A password of these words and short numbers alone is refused."""
_MOST_FILLERS = 5
"""Digits and signs that people add to a common word, as in ``password2026!``."""
TOO_SHORT = f"The password is too short. Use at least {SHORTEST} characters, such as four random words."
TOO_LONG = f"The password is too long. Use at most {LONGEST} characters."
TOO_COMMON = "This password is easy to guess. Use another, such as four random words."
LIKE_THE_EMAIL = "The password is like your email address. Use another."


def check_password(password: str, email: str) -> None:
    """Return if a person may choose a password.

    Raises:
        InvalidRequest: it is too short, too long, or easy to guess.
    """
    normal = normalise_password(password)
    if len(normal) < SHORTEST:
        raise InvalidRequest(TOO_SHORT)
    if len(normal) > LONGEST:
        raise InvalidRequest(TOO_LONG)
    text = normal.casefold()
    if text in {email.casefold(), email.casefold().partition("@")[0]}:
        raise InvalidRequest(LIKE_THE_EMAIL)
    if _is_repetition(text) or _is_row(text) or _is_made_of_common_words(text):
        raise InvalidRequest(TOO_COMMON)


def _is_repetition(text: str) -> bool:
    """Return whether a short unit is repeated, as in ``abcabcabcabc``."""
    return any(text in unit * (len(text) // len(unit) + 1) for unit in (text[:size] for size in range(1, 5)))


def _is_row(text: str) -> bool:
    """Return whether the text runs along the alphabet, the digits or the keys of a keyboard, in either direction."""
    return any(text in row * 2 or text[::-1] in row * 2 for row in _ROWS)


def _is_made_of_common_words(text: str) -> bool:
    """Return whether the text is common words and rows of keys, with few other characters."""
    fewest = [0] + [len(text)] * len(text)
    """The fewest characters outside of words in each beginning of the text."""
    for end in range(1, len(text) + 1):
        is_filler = not text[end - 1].isalpha()
        fewest[end] = fewest[end - 1] + (1 if is_filler else len(text))
        for start in range(end - 1):
            part = text[start:end]
            if part in _WORDS or (len(part) > 3 and _is_row(part)):
                fewest[end] = min(fewest[end], fewest[start])
    return fewest[-1] <= _MOST_FILLERS
