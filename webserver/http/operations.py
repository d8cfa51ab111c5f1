"""The declaration of a route's operation: request validation, rate limits and the OpenAPI description use it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel

from common.domain.access import Scope
from common.domain.errors import Failure

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class OperationResponse:
    """A response of an operation, other than a failure.

    Args:
        description: the meaning of the response.
        content: the models of JSON bodies, and the media types of other bodies.
        headers: the names of the headers to describe.
        stream: the model of each server-sent event.
    """

    description: str
    content: tuple[type[BaseModel] | str, ...] = ()
    headers: tuple[str, ...] = ()
    stream: type[BaseModel] | None = None


UNCHANGED = OperationResponse("The client's copy is up to date.", headers=("ETag",))


@dataclass(frozen=True)
class Operation:
    """The scope, parameters, bodies, responses and cost of a route.

    Args:
        tag: the heading in the description.
        scope: what a caller needs.
        responses: the responses by status, without failures.
        failures: the failures of this operation, without those of every route.
        body: the model of the request's body.
        file: the media types of a file as the body, which the view reads in pieces.
        query: the model of the query parameters.
        headers: the names of request headers that change the response.
        cost: the cost of a call against the client's limits, as a number or a function of the present request. By
            default, reading is free and a change costs 1.
        is_personal: whether the data belong to the caller's account, so that nobody may use it without one.
    """

    tag: str
    scope: Scope
    responses: Mapping[int, OperationResponse]
    failures: tuple[type[Failure], ...] = ()
    body: type[BaseModel] | None = None
    file: tuple[str, ...] = ()
    query: type[BaseModel] | None = None
    headers: tuple[str, ...] = ()
    cost: int | Callable[[], int] | None = None
    is_personal: bool = False


def described(operation: Operation, text: str | None = None) -> Callable[[View], View]:
    """Return a decorator that attaches the operation to its view.

    Args:
        operation: the operation.
        text: the description's text; None if it is the view's docstring.
    """

    def attach(view: View) -> View:
        view.operation = operation  # type: ignore[attr-defined]
        if text is not None:
            view.__doc__ = text
        return view

    return attach


def operation_of(view: Callable[..., Any]) -> Operation:
    """Return the operation of a view.

    Raises:
        LookupError: the view has none.
    """
    try:
        operation: Operation = view.operation  # type: ignore[attr-defined]
    except AttributeError as exc:
        raise LookupError(f"{view} is not described") from exc
    return operation
