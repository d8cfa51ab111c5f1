"""The address of the SQL store. This module does not import SQLAlchemy."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

ADVICE = "must be sqlite:////PATH/TO/FILE or postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
_SQLITE = "sqlite:///"
_POSTGRESQL = ("postgresql", "postgres", "postgresql+psycopg")


class InvalidDatabaseUrl(ValueError):
    """The address is of no database that the project supports. The message does not repeat it."""


@dataclass(frozen=True)
class DatabaseUrl:
    """The address of a database; exactly one of the two fields is set."""

    path: Path | None = None
    """The file of SQLite."""
    postgresql: str | None = field(default=None, repr=False)
    """The address of PostgreSQL as libpq reads it, with the password."""

    @classmethod
    def parse(cls, text: str) -> DatabaseUrl:
        """Read an address.

        Raises:
            InvalidDatabaseUrl: it is neither SQLite's nor PostgreSQL's.

        Example:
            >>> DatabaseUrl.parse("sqlite:////srv/stockcast.sqlite").path
            PosixPath('/srv/stockcast.sqlite')
        """
        if text.startswith(_SQLITE):
            return cls(path=_parse_path(text))
        scheme, separator, rest = text.partition("://")
        if scheme not in _POSTGRESQL or not separator:
            raise InvalidDatabaseUrl(ADVICE)
        address = f"postgresql://{rest}"
        _check_postgresql(address)
        return cls(postgresql=address)


def sqlite_url(path: Path) -> str:
    """Return the address of a file of SQLite.

    Args:
        path: an absolute path.
    """
    return f"{_SQLITE}{quote(str(path))}"


def _parse_path(text: str) -> Path:
    path = Path(unquote(text.removeprefix(_SQLITE)))
    if not path.is_absolute() or "?" in text or "\0" in str(path):
        raise InvalidDatabaseUrl(ADVICE)
    return path


def _check_postgresql(address: str) -> None:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError as exc:
        raise InvalidDatabaseUrl(ADVICE) from exc
    if not parts.path.strip("/"):
        raise InvalidDatabaseUrl(ADVICE)
