"""The sentences that refuse a wrong field of a request: the field, the values it may have, and the value sent."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from typing import Any, TypeGuard

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from common.domain.errors import BadRequest, InvalidDays, InvalidRequest, InvalidTicker

EXAMPLE_BODY = '{"ticker": "AAPL", "days": 30}'
_LONGEST_SHOWN = 50
_FORMATS = {
    "date": "a day in the form YYYY-MM-DD such as 2013-01-31",
    "uuid": "a UUID such as 123e4567-e89b-42d3-a456-426614174000",
}
_CODES: dict[str, type[BadRequest]] = {"ticker": InvalidTicker, "days": InvalidDays}
"""The fields whose mistakes have a code of their own; the others are ``invalid_request``."""


def bad_request(kind: type[BaseModel], error: ValidationError) -> BadRequest:
    """Return the failure that explains the first mistake in the values of a ``kind``.

    An unknown field comes first: often it is the wrong name of one that is missing.
    """
    mistakes = error.errors(include_url=False, include_context=False)
    for mistake in mistakes:
        if mistake["type"] == "extra_forbidden":
            return unknown_name("field", str(mistake["loc"][0]), kind.model_fields)
        if mistake["type"] == "string_unicode" and not mistake["loc"]:  # the name is no Unicode
            return unknown_name("field", str(mistake["input"]), kind.model_fields)
    return _wrong_field(kind, mistakes[0])


def unknown_name(noun: str, name: str, known: Iterable[str], listed: Iterable[str] | None = None) -> InvalidRequest:
    """Return the failure that explains an unknown name.

    It has the nearest of the ``known`` names where one is near, else those that are ``listed``, by default all.
    """
    names = list(known)
    if near := nearest(name, names):
        return InvalidRequest(f"Unknown {noun} {_name(name)}. Did you mean {near}?")
    allowed = f"Allowed: {', '.join(names if listed is None else listed)}." if names else "None is allowed here."
    return InvalidRequest(f"Unknown {noun} {_name(name)}. {allowed}")


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that ``name`` is most likely a slip of; None where none is near."""
    near = get_close_matches(name.strip().casefold()[:_LONGEST_SHOWN], list(known), n=1, cutoff=0.7)
    return near[0] if near else None


def shown(value: object) -> str:
    """Return a client's value, shortened and printable."""
    if isinstance(value, str):
        return f"the text {_quoted(value)}"
    if isinstance(value, dict | list | tuple):
        return "an object" if isinstance(value, dict) else "a list"
    return _number_shown(value) if _is_number(value) else json.dumps(value, default=lambda _: None)


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number_shown(value: float) -> str:
    if isinstance(value, int):
        return str(value) if abs(value) < 10**15 else "a number of more than 15 digits"
    return f"{value:.12g}" if math.isfinite(value) else "a number that is not finite"


def _quoted(text: str) -> str:
    short = text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"
    return json.dumps(short, ensure_ascii=not short.isprintable())


def _name(name: str) -> str:
    return name if name.isidentifier() and len(name) <= _LONGEST_SHOWN else _quoted(name)


def _wrong_field(kind: type[BaseModel], mistake: ErrorDetails) -> BadRequest:
    place = mistake["loc"]
    if not place:
        return InvalidRequest(
            f"The body must be a JSON object such as {example_body(kind)}; you sent {shown(mistake['input'])}."
        )
    name = str(place[0])
    schema = _schema_of(kind).get(name, {})
    failure = _CODES.get(name, InvalidRequest)
    if failure is InvalidTicker and mistake["type"] == "value_error":
        return InvalidTicker()
    if mistake["type"] == "missing":
        return failure(f"{name} is missing. It must be {_allowed(schema)}.")
    item = f"item {int(place[1]) + 1} is" if len(place) > 1 and isinstance(place[1], int) else "you sent"
    detail = f"{name} must be {_allowed(schema)}; {item} {_sent(mistake)}."
    return failure(" ".join([detail, *_advice(schema, mistake["input"])]))


def _sent(mistake: ErrorDetails) -> str:
    value = mistake["input"]
    if isinstance(value, list) and mistake["type"] in {"too_long", "too_short"}:
        return f"{len(value)} items"
    return shown(value)


@cache
def example_body(kind: type[BaseModel]) -> str:
    """Return the first example of a model's description as JSON, or that of a forecast where it has none."""
    examples = kind.model_json_schema().get("examples")
    return json.dumps(examples[0]) if examples else EXAMPLE_BODY


@cache
def _schema_of(kind: type[BaseModel]) -> dict[str, dict[str, Any]]:
    """Return the JSON schema of each field of a model; of a choice of types, that of the one that is not null."""
    properties = kind.model_json_schema().get("properties", {})
    return {name: _not_null(schema) for name, schema in properties.items()}


def _not_null(schema: dict[str, Any]) -> dict[str, Any]:
    kinds = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
    return schema | kinds[0] if kinds else schema


def _allowed(schema: dict[str, Any]) -> str:
    """Describe the allowed values of a schema."""
    if "enum" in schema:
        *others, last = map(str, schema["enum"])
        return f"{', '.join(others)} or {last}" if others else last
    return _kind_and_bounds(schema) + _example(schema)


def _kind_and_bounds(schema: dict[str, Any]) -> str:
    match schema:
        case {"type": "integer" | "number" as kind}:
            noun = "a whole number" if kind == "integer" else "a number"
            bounds = schema.get("minimum"), schema.get("maximum")
            return noun if None in bounds else f"{noun} from {bounds[0]} to {bounds[1]}"
        case {"type": "array"}:
            return f"a list of {schema.get('minItems', 0)} to {schema['maxItems']} texts{_length(schema['items'])}"
        case {"type": "boolean"}:
            return "true or false"
    return _FORMATS[schema["format"]] if schema.get("format") in _FORMATS else f"text{_length(schema)}"


def _length(schema: dict[str, Any]) -> str:
    return f" of at most {schema['maxLength']} characters" if "maxLength" in schema else ""


def _example(schema: dict[str, Any]) -> str:
    example = next(iter(schema.get("examples", ())), schema.get("default"))
    if example is None or isinstance(example, bool):
        return ""
    return f"{',' if 'minimum' in schema else ''} such as {example}"


def _advice(schema: dict[str, Any], value: object) -> Iterable[str]:
    """Suggest a correction for a misspelt word, a number in quotes, or a percentage in place of a fraction."""
    if "enum" in schema and isinstance(value, str) and (near := nearest(value, map(str, schema["enum"]))):
        yield f"Did you mean {near}?"
    low, high = schema.get("minimum"), schema.get("maximum")
    number = _number_in(value)
    if number is None or low is None or high is None:
        return
    if high < 1 and low <= number / 100 <= high:
        yield f"For {number:g} % write {number / 100:g}."
    elif isinstance(value, str) and low <= number <= high and not value.rstrip().endswith("%"):
        yield f"Write {number:g} without quotes."


def _number_in(value: object) -> float | None:
    try:
        if isinstance(value, str):
            return float(value.strip().rstrip("%"))
        return float(value) if _is_number(value) else None
    except (ValueError, OverflowError):
        return None
