"""What is said of each route where it is made, and what the API's description is built from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel

from common.domain.errors import Failure

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class OperationResponse:
    """One way in which an operation answers: what it means, and what may be in its body.

    ``content`` has models, which are answered as JSON, and media types of everything else; ``stream`` is what each
    server-sent event is; ``headers`` has the names of headers that are worth saying.
    """

    says: str
    content: tuple[type[BaseModel] | str, ...] = ()
    headers: tuple[str, ...] = ()
    stream: type[BaseModel] | None = None


UNCHANGED = OperationResponse("The client's copy is up to date.", headers=("ETag",))


@dataclass(frozen=True)
class Operation:
    """What a route takes and answers.

    Args:
        answers: by status, without failures.
        problems: the failures that are its own; those that any route may answer are not named.
        body: what is posted.
        query: the parameters of its query.
        headers: the names of headers that change what it does.
        tag: under which heading it is shown.
        cost: how much reading counts against the client's limits; what changes something counts in any case.
    """

    tag: str
    answers: Mapping[int, OperationResponse]
    problems: tuple[type[Failure], ...] = ()
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    headers: tuple[str, ...] = ()
    cost: int = 0


def described(operation: Operation) -> Callable[[View], View]:
    """Say of a view what it takes and answers; its docstring says what it is for."""

    def mark(view: View) -> View:
        view.operation = operation  # type: ignore[attr-defined]
        return view

    return mark


def operation_of(view: Callable[..., Any]) -> Operation:
    """What was said of a view.

    Raises:
        LookupError: nothing was.
    """
    try:
        operation: Operation = view.operation  # type: ignore[attr-defined]
    except AttributeError as exc:
        raise LookupError(f"{view} is not described") from exc
    return operation
