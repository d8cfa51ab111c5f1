"""The steps of calls that read or change something, and of the pages of a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qsl, quote, urlsplit

from pydantic import ValidationError

from stockcast_client.core.exchange import HttpAnswer, HttpCall, Patience, Steps, answered, json_of
from stockcast_client.errors import InvalidRequest, UnreadableAnswer
from stockcast_client.models.base import Answer

M = TypeVar("M", bound=Answer)


def path_of(*parts: str) -> str:
    """Return the path of a thing below ``/api/v1``; each part is escaped.

    Raises:
        InvalidRequest: a part is empty or consists of dots, with which the path would be that of another thing.
    """
    for part in parts:
        if part in {"", ".", ".."}:
            raise InvalidRequest(f"{part!r} is no name of a thing. Send a ticker or an id.", code="invalid_request")
    return "/api/v1/" + "/".join(quote(part, safe="") for part in parts)


def parsed(body: Mapping[str, Any], model: type[M]) -> M:
    """Return a body as a model.

    Raises:
        UnreadableAnswer: a field has another type than in every known version of the server.
    """
    try:
        return model.model_validate(body)
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise UnreadableAnswer(
            f"The answer's {where} cannot be read ({first['msg']}). The server may be much newer than this client: "
            "upgrade the client."
        ) from exc


def model_of(call: HttpCall, patience: Patience, model: type[M]) -> Steps[M]:
    """Yield the steps of a call; return its answer as a model."""
    answer = yield from answered(call, patience)
    return parsed(json_of(answer), model)


def object_of(call: HttpCall, patience: Patience) -> Steps[dict[str, Any]]:
    """Yield the steps of a call; return its answer as a JSON object."""
    answer = yield from answered(call, patience)
    return json_of(answer)


def content_of(call: HttpCall, patience: Patience) -> Steps[bytes]:
    """Yield the steps of a call; return the bytes of its answer."""
    answer: HttpAnswer = yield from answered(call, patience)
    return answer.content


def all_pages(call: HttpCall, patience: Patience, model: type[M], name: str) -> Steps[list[Any]]:
    """Yield the steps that follow ``next`` to the last page; return the entries of the list ``name``."""
    entries: list[Any] = []
    while True:
        page = yield from model_of(call, patience, model)
        entries += getattr(page, name) or ()
        following = getattr(page, "next", None)
        if not following:
            return entries
        call = next_call(call, following)


def next_call(call: HttpCall, address: str) -> HttpCall:
    """Return the call of the next page. Only its query is taken from the address, so that no other host is asked."""
    return HttpCall(call.method, call.path, dict(parse_qsl(urlsplit(address).query)))
