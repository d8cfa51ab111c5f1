"""Translation of SQLAlchemy's exceptions to the project's failure.

A broken rule, such as a second account with one email address, is no outage: its ``IntegrityError`` passes.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, InternalError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as NoFreeConnection

from common.domain.errors import StoreUnavailable
from common.runtime.log_limits import LogLimit
from common.runtime.metrics import SQL_FAILURES

_OUTAGES = (OperationalError, InterfaceError, InternalError, NoFreeConnection)
_REFUSING_STATES = {"42501", "42P01", "42703", "3D000"}
"""PostgreSQL's states of missing rights, tables, columns and databases: a retry helps only after a repair."""
MOST_LOGGED = 200
"""The most characters of the database's text in a log line."""
_log = logging.getLogger(__name__)
_log_limit = LogLimit(_log)


class WrongRevision(Exception):
    """The store has tables of another version of the schema."""


@contextmanager
def sql_call() -> Iterator[None]:
    """Translate the exceptions of SQLAlchemy in the block.

    Raises:
        StoreUnavailable: the database cannot be reached, or refuses.
    """
    try:
        yield
    except WrongRevision as exc:
        raise make_unavailable(str(exc)) from exc
    except (DBAPIError, NoFreeConnection) as exc:
        if not _is_outage(exc):
            raise
        raise make_unavailable(_describe(exc)) from exc


def make_unavailable(reason: str) -> StoreUnavailable:
    """Return the failure for ``reason``; count it, and log it once a period."""
    SQL_FAILURES.inc()
    _log_limit.log(logging.ERROR, reason, "the SQL store cannot be used: %s", reason)
    return StoreUnavailable()


def _is_outage(exc: Exception) -> bool:
    if isinstance(exc, _OUTAGES) or type(exc) is DatabaseError:
        return True
    return isinstance(exc, ProgrammingError) and getattr(exc.orig, "sqlstate", None) in _REFUSING_STATES


def _describe(exc: Exception) -> str:
    """Return the database's own text. SQLAlchemy's contains the statement and its values."""
    cause = getattr(exc, "orig", None) or exc
    text = " ".join(str(cause).split()) or type(cause).__name__
    return text[:MOST_LOGGED]
