"""The fields of a finished forecast that a client requests: all, all but the chart, or the named ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Self

from flask import request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from common.domain.questions import validate_as
from common.domain.validation import explain_unknown_name
from webserver.schemas import FinishedForecast

CHART = "plot_png_base64"
ALWAYS = frozenset({"request_id", "status"})
"""The fields of every response, by which a client distinguishes a finished forecast from progress."""
_FLAGS = {"true": True, "false": False}


@cache
def field_paths() -> dict[str, bool]:
    """Return every field that a client may select, inner ones with a dot, and whether its value fits a CSV cell."""
    schema = FinishedForecast.model_json_schema(mode="serialization")
    return dict(_paths(schema, schema["$defs"], ""))


def _paths(schema: dict[str, Any], definitions: dict[str, Any], prefix: str) -> Iterator[tuple[str, bool]]:
    for name, field in schema["properties"].items():
        kind = next((one for one in field.get("anyOf", ()) if one.get("type") != "null"), field)
        inner = definitions[kind["$ref"].rpartition("/")[2]] if "$ref" in kind else {}
        items = kind["items"].get("type") if "items" in kind else "string"
        yield prefix + name, "properties" not in inner and kind.get("type") != "object" and items == "string"
        if "properties" in inner:
            yield from _paths(inner, definitions, f"{prefix}{name}.")


def _flag(text: Any) -> Any:
    return _FLAGS.get(text, text) if isinstance(text, str) else text


def _names_schema() -> dict[str, Any]:
    name = "|".join(path.replace(".", r"\.") for path in field_paths())
    return {
        "type": "string",
        "pattern": f"^({name})(,({name}))*$",
        "examples": ["predicted_price,interval", "target_date,interval.lower,data.stale"],
    }


Flag = Annotated[bool, BeforeValidator(_flag)]
FieldNames = Annotated[str, WithJsonSchema(_names_schema())]
FIELDS = Field(
    default=None,
    description="The fields of a finished forecast to return, separated by commas. A dot selects an inner field. "
    "`request_id` and `status` are always returned.",
)


class RepresentationQuery(BaseModel):
    """The query parameters that select a part of a finished forecast."""

    model_config = ConfigDict(frozen=True, strict=True)

    picture: Flag = Field(default=True, description="`false` leaves out the chart (`plot_png_base64`).")
    fields: FieldNames | None = FIELDS


@dataclass(frozen=True)
class Representation:
    """The selected part of a finished forecast: with or without the chart, and the fields (None means all)."""

    picture: bool = True
    fields: tuple[str, ...] | None = None

    @classmethod
    def of(cls, picture: bool, fields: str | None) -> Self:
        """Return the representation with the fields named in ``fields``.

        Raises:
            InvalidRequest: a name is not a field.
        """
        return cls(picture, None if fields is None else names_in(fields))

    def select(self, forecast: dict[str, Any]) -> dict[str, Any]:
        """Return the named fields of a finished forecast."""
        if self.fields is None:
            return forecast
        selected: dict[str, Any] = {}
        for name in self.fields:
            _copy(forecast, selected, name.split("."))
        return selected


WHOLE = Representation()


def names_in(fields: str) -> tuple[str, ...]:
    """Return the field names in a comma-separated list, each once, in the order of a forecast.

    Raises:
        InvalidRequest: a name is not a field.
    """
    known = field_paths()
    names = {name.strip() for name in fields.split(",")}
    for name in sorted(names - known.keys()):
        raise explain_unknown_name("field", name, known, [path for path in known if "." not in path])
    return tuple(path for path in known if path in names)


def representation_of(parameters: dict[str, str]) -> Representation:
    """Return the representation that query parameters select.

    Raises:
        InvalidRequest: a value is wrong.
    """
    query = validate_as(RepresentationQuery, parameters)
    return Representation.of(query.picture, query.fields)


def requested_representation() -> Representation:
    """Return the representation that the present request selects.

    Raises:
        InvalidRequest: a query parameter is wrong.
    """
    if not request.environ.get("QUERY_STRING"):
        return WHOLE
    return representation_of(request.args.to_dict())


def _copy(source: dict[str, Any], target: dict[str, Any], path: list[str]) -> None:
    """Copy one field; leave out a field that the source lacks, and a field inside null."""
    name, *inner = path
    if name not in source:
        return
    if inner and isinstance(source[name], dict):
        # If the whole object was selected before, the target already has its fields.
        if target.get(name) is not source[name]:
            _copy(source[name], target.setdefault(name, {}), inner)
    else:
        target[name] = source[name]
