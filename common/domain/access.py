"""Access: scopes, callers, and the secrets of API tokens.

A secret is ``stockcast_``, 43 digits of a random number of 256 bits, and 6 digits of a checksum. Scanners find a leaked
secret by its prefix. The checksum reveals a mistyped secret without a call to the store, which has only the hash.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import string
import zlib
from dataclasses import dataclass, field
from enum import StrEnum

PREFIX = "stockcast_"
SHOWN_CHARACTERS = len(PREFIX) + 8
"""The first characters of a secret, by which a person recognises the token. The other digits still have 208 bits."""
_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM_BITS = 256
_RANDOM_DIGITS = 43
_CHECKSUM_DIGITS = 6
_FORM = re.compile(rf"{PREFIX}([0-9A-Za-z]{{{_RANDOM_DIGITS}}})([0-9A-Za-z]{{{_CHECKSUM_DIGITS}}})", re.ASCII)


class Scope(StrEnum):
    """A permission that a route needs and a caller has. Routes with ``PUBLIC`` need nothing."""

    PUBLIC = "public"
    READ = "read"
    FORECAST = "forecast"
    WRITE = "write"
    ADMIN = "admin"
    ACCOUNT = "account"
    """The management of an account itself, such as its tokens. People have it, tokens do not."""


TOKEN_SCOPES = (Scope.READ, Scope.FORECAST, Scope.WRITE, Scope.ADMIN)
"""The scopes that a token may have."""
PERSON_SCOPES = frozenset({Scope.READ, Scope.FORECAST, Scope.WRITE, Scope.ACCOUNT})
"""The scopes of a person who has logged in; an administrator also has ``ADMIN``."""
ALL_SCOPES = frozenset(Scope) - {Scope.PUBLIC}


class CallerKind(StrEnum):
    """The way in which a caller was identified."""

    NOBODY = "nobody"
    """The request has no credentials."""
    LOCAL = "local"
    """The machine's own user, with ``AUTH=off``."""
    SESSION = "session"
    """A person who has logged in on the page."""
    TOKEN = "token"  # noqa: S105 - no password
    """A program with an API token."""


@dataclass(frozen=True)
class Caller:
    """The sender of a request.

    Args:
        kind: how the caller was identified.
        scopes: what the caller may do.
        account_id: the caller's account; None for nobody.
        credential: the id of the token, or the hash of the session's secret.
        email: the address of the account of a person.
    """

    kind: CallerKind
    scopes: frozenset[Scope] = frozenset()
    account_id: str | None = None
    credential: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)

    def may(self, scope: Scope) -> bool:
        """Return whether the caller may use a route that needs ``scope``."""
        return scope is Scope.PUBLIC or scope in self.scopes


def parse_scopes(names: str) -> tuple[Scope, ...]:
    """Return the scopes of a token from their names, which commas or spaces separate; in one order, each once.

    Raises:
        ValueError: there is no name, or one is no scope of a token.

    Example:
        >>> parse_scopes("write,read")
        (<Scope.READ: 'read'>, <Scope.WRITE: 'write'>)
    """
    chosen = set(names.replace(",", " ").split())
    unknown = sorted(chosen - set(TOKEN_SCOPES))
    if unknown or not chosen:
        wrong = f"{unknown[0]!r} is not a scope" if unknown else "no scope is named"
        raise ValueError(f"{wrong}; choose from {', '.join(TOKEN_SCOPES)}")
    return tuple(scope for scope in TOKEN_SCOPES if scope in chosen)


def make_secret() -> str:
    """Return the secret of a new token. It is shown once; the store keeps :func:`hash_secret` of it."""
    number = _to_digits(secrets.randbits(_RANDOM_BITS), _RANDOM_DIGITS)
    return f"{PREFIX}{number}{_checksum(number)}"


def is_well_formed(secret: str) -> bool:
    """Return whether a text has the form and the checksum of a secret."""
    found = _FORM.fullmatch(secret)
    return found is not None and found[2] == _checksum(found[1])


def hash_secret(secret: str) -> str:
    """Return the SHA-256 of a secret. One with 256 random bits needs no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _checksum(number: str) -> str:
    return _to_digits(zlib.crc32(number.encode()), _CHECKSUM_DIGITS)


def _to_digits(number: int, width: int) -> str:
    digits = ""
    for _ in range(width):
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits
