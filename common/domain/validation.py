"""The error texts for a wrong field of a request: the field, its allowed values and the value that was sent."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from typing import Any, TypeGuard

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from common.domain.errors import BadRequest, InvalidDays, InvalidPattern, InvalidRequest, InvalidTicker

EXAMPLE_BODY = '{"ticker": "AAPL", "days": 30}'
_LONGEST_SHOWN = 50
_FORMATS = {
    "date": "a day in the form YYYY-MM-DD such as 2013-01-31",
    "uuid": "a UUID such as 123e4567-e89b-42d3-a456-426614174000",
}
EXPLAINED = "explained"
"""The type of a validator's error that has its own text and code in its context."""
_EXPLAINED_CODES = {kind.code: kind for kind in (InvalidPattern, InvalidRequest)}
_CODES: dict[str, type[BadRequest]] = {"ticker": InvalidTicker, "days": InvalidDays}
"""The fields whose errors have their own code; those of other fields have ``invalid_request``."""


def explain_mistake(kind: type[BaseModel], error: ValidationError) -> BadRequest:
    """Return the failure that explains the first mistake in the values of a model.

    An unknown field is explained first: it is often a misspelling of the field that is missing.

    Args:
        kind: the model.
        error: what Pydantic raised for the values.
    """
    mistakes = error.errors(include_url=False)
    for mistake in mistakes:
        if mistake["type"] == "extra_forbidden":
            *outer, name = mistake["loc"]
            return explain_unknown_name("field", str(name), _read_properties(kind, tuple(outer)))
        if mistake["type"] == "string_unicode" and not mistake["loc"]:  # the name is not valid Unicode
            return explain_unknown_name("field", str(mistake["input"]), kind.model_fields)
    if mistakes[0]["type"] == EXPLAINED:
        return _EXPLAINED_CODES[mistakes[0]["ctx"]["code"]](_name_item(mistakes[0]))
    return _explain_wrong_field(kind, mistakes[0])


def explain_unknown_name(
    noun: str, name: str, known: Iterable[str], listed: Iterable[str] | None = None
) -> InvalidRequest:
    """Return the failure that explains an unknown name and suggests known ones.

    Args:
        noun: the kind of name, such as ``field``.
        name: the unknown name.
        known: the allowed names. If one of them is similar to ``name``, it is suggested.
        listed: the names that are suggested otherwise; all known ones by default.
    """
    names = list(known)
    if near := find_nearest_name(name, names):
        return InvalidRequest(f"Unknown {noun} {_quote_name(name)}. Did you mean {near}?")
    allowed = f"Allowed: {', '.join(names if listed is None else listed)}." if names else "None is allowed here."
    return InvalidRequest(f"Unknown {noun} {_quote_name(name)}. {allowed}")


def find_nearest_name(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that ``name`` most likely misspells; None if none is similar."""
    near = get_close_matches(name.strip().casefold()[:_LONGEST_SHOWN], list(known), n=1, cutoff=0.7)
    return near[0] if near else None


def describe_value(value: object) -> str:
    """Return a client's value in words: shortened and printable."""
    if isinstance(value, str):
        return f"the text {_quote(value)}"
    if isinstance(value, dict | list | tuple):
        return "an object" if isinstance(value, dict) else "a list"
    return _describe_number(value) if _is_number(value) else json.dumps(value, default=lambda _: None)


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _describe_number(value: float) -> str:
    if isinstance(value, int):
        return str(value) if abs(value) < 10**15 else "a number of more than 15 digits"
    return f"{value:.12g}" if math.isfinite(value) else "a number that is not finite"


def _quote(text: str) -> str:
    short = text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"
    return json.dumps(short, ensure_ascii=not short.isprintable())


def _quote_name(name: str) -> str:
    return name if name.isidentifier() and len(name) <= _LONGEST_SHOWN else _quote(name)


def _explain_wrong_field(kind: type[BaseModel], mistake: ErrorDetails) -> BadRequest:
    place = mistake["loc"]
    if not place:
        return InvalidRequest(
            f"The body must be a JSON object such as {example_body(kind)}; you sent {describe_value(mistake['input'])}."
        )
    names = tuple(part for part in place if isinstance(part, str))
    name = ".".join(names)
    schema = _read_properties(kind, names[:-1]).get(names[-1], {})
    failure = _CODES.get(name, InvalidRequest)
    if failure is InvalidTicker and mistake["type"] == "value_error":
        return InvalidTicker()
    if mistake["type"] == "missing":
        return failure(f"{name} is missing. It must be {_describe_allowed(schema)}.")
    item = f"item {int(place[1]) + 1} is" if len(place) > 1 and isinstance(place[1], int) else "you sent"
    detail = f"{name} must be {_describe_allowed(schema)}; {item} {_describe_sent_value(mistake)}."
    return failure(" ".join([detail, *_suggest_corrections(schema, mistake["input"])]))


def _name_item(mistake: ErrorDetails) -> str:
    """Return an error's own text; after the first item of a list, with the number of the item."""
    place, text = mistake["loc"], mistake["msg"]
    return f"Item {place[1] + 1}: {text}" if len(place) > 1 and isinstance(place[1], int) and place[1] else text


def _describe_sent_value(mistake: ErrorDetails) -> str:
    value = mistake["input"]
    if isinstance(value, list | tuple) and mistake["type"] in {"too_long", "too_short"}:
        return f"{len(value)} items"
    return describe_value(value)


@cache
def example_body(kind: type[BaseModel]) -> str:
    """Return the model's first example as JSON; that of a forecast if it has none."""
    examples = kind.model_json_schema().get("examples")
    return json.dumps(examples[0]) if examples else EXAMPLE_BODY


@cache
def _read_properties(kind: type[BaseModel], outer: tuple[Any, ...] = ()) -> dict[str, dict[str, Any]]:
    """Return the JSON schema of each field; for an optional field, the schema of its value.

    Args:
        kind: the model.
        outer: the names of the fields that contain the object, outermost first; none for the model itself.
    """
    whole = kind.model_json_schema()
    properties = whole.get("properties", {})
    for name in outer:
        reference = _drop_null(properties.get(name, {})).get("$ref", "")
        properties = whole.get("$defs", {}).get(reference.rpartition("/")[2], {}).get("properties", {})
    return {name: _drop_null(schema) for name, schema in properties.items()}


def _drop_null(schema: dict[str, Any]) -> dict[str, Any]:
    kinds = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
    return schema | kinds[0] if kinds else schema


def _describe_allowed(schema: dict[str, Any]) -> str:
    """Describe the allowed values of a schema."""
    if "enum" in schema:
        *others, last = map(str, schema["enum"])
        return f"{', '.join(others)} or {last}" if others else last
    return _describe_kind(schema) + _describe_example(schema)


def _describe_kind(schema: dict[str, Any]) -> str:
    match schema:
        case {"type": "number", "exclusiveMinimum": 0}:
            return "a positive number"
        case {"type": "integer" | "number" as kind}:
            noun = "a whole number" if kind == "integer" else "a number"
            bounds = schema.get("minimum"), schema.get("maximum")
            return noun if None in bounds else f"{noun} from {bounds[0]} to {bounds[1]}"
        case {"type": "array"}:
            least, most, length = schema.get("minItems", 0), schema["maxItems"], _describe_length(schema["items"])
            return f"a list of {least} to {most} {_describe_items(schema['items'])}{length}"
        case {"type": "boolean"}:
            return "true or false"
        case {"$ref": _}:
            return "an object"
    return _FORMATS[schema["format"]] if schema.get("format") in _FORMATS else f"text{_describe_length(schema)}"


def _describe_items(schema: dict[str, Any]) -> str:
    return (
        "numbers"
        if schema.get("type") == "number"
        else "objects"
        if "oneOf" in schema or schema.get("type") == "object"
        else "texts"
    )


def _describe_length(schema: dict[str, Any]) -> str:
    if "maxLength" not in schema:
        return ""
    least, most = schema.get("minLength", 0), schema["maxLength"]
    return f" of {least} to {most} characters" if least else f" of at most {most} characters"


def _describe_example(schema: dict[str, Any]) -> str:
    example = next(iter(schema.get("examples", ())), schema.get("default"))
    if example is None or isinstance(example, bool):
        return ""
    shown = json.dumps(example) if isinstance(example, list | dict) else example
    return f"{',' if 'minimum' in schema else ''} such as {shown}"


def _suggest_corrections(schema: dict[str, Any], value: object) -> Iterable[str]:
    """Suggest a correction for a misspelt word, a number in quotes, or a percentage in place of a fraction."""
    if "enum" in schema and isinstance(value, str) and (near := find_nearest_name(value, map(str, schema["enum"]))):
        yield f"Did you mean {near}?"
    low, high = schema.get("minimum"), schema.get("maximum")
    number = _parse_number(value)
    if number is None or low is None or high is None:
        return
    if high < 1 and low <= number / 100 <= high:
        yield f"For {number:g} % write {number / 100:g}."
    elif isinstance(value, str) and low <= number <= high and not value.rstrip().endswith("%"):
        yield f"Write {number:g}{' without quotes' * (value == f'{number:g}')}."


def _parse_number(value: object) -> float | None:
    try:
        if isinstance(value, str):
            return float(value.strip().rstrip("%"))
        return float(value) if _is_number(value) else None
    except (ValueError, OverflowError):
        return None
