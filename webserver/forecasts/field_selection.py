"""Which fields of a finished forecast a client wants: all, all but the picture, or those that it names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from common.domain.questions import checked
from common.domain.validation import unknown_name
from webserver.schemas import FinishedForecast

PICTURE = "plot_png_base64"
ALWAYS = frozenset({"request_id", "status"})
"""The fields of every finished forecast, so that a client can tell it from one that is under way."""
_FLAGS = {"true": True, "false": False}


@cache
def field_paths() -> dict[str, bool]:
    """Return every name that a client may choose, inner ones with a dot, and whether its value fits one cell."""
    schema = FinishedForecast.model_json_schema()
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
    """Which part of a finished forecast is answered."""

    model_config = ConfigDict(frozen=True, strict=True)

    picture: Flag = Field(default=True, description="`false` leaves out the chart (`plot_png_base64`).")
    fields: FieldNames | None = FIELDS


@dataclass(frozen=True)
class Representation:
    """Whether the picture is wanted, and the names of the fields; None means all."""

    picture: bool = True
    fields: tuple[str, ...] | None = None

    @classmethod
    def of(cls, picture: bool, fields: str | None) -> Self:
        """Read the names in ``fields``.

        Raises:
            InvalidRequest: one of them is no field.
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


@lru_cache(100)
def names_in(fields: str) -> tuple[str, ...]:
    """Return the field names in a list with commas, each once, in the order of a forecast.

    Raises:
        InvalidRequest: one of them is no field.
    """
    known = field_paths()
    names = {name.strip() for name in fields.split(",")}
    for name in sorted(names - known.keys()):
        raise unknown_name("field", name, known, [path for path in known if "." not in path])
    return tuple(path for path in known if path in names)


@lru_cache(100)
def representation_of(parameters: tuple[tuple[str, str], ...]) -> Representation:
    """Read query parameters.

    Raises:
        InvalidRequest: a value is wrong.
    """
    query = checked(RepresentationQuery, dict(parameters))
    return Representation.of(query.picture, query.fields)


def _copy(source: dict[str, Any], target: dict[str, Any], path: list[str]) -> None:
    """Copy one field; a field that the source lacks is left out, and so is what is inside null."""
    name, *inner = path
    if name not in source:
        return
    if inner and isinstance(source[name], dict):
        # A whole object may have been selected before: then its fields are there.
        if target.get(name) is not source[name]:
            _copy(source[name], target.setdefault(name, {}), inner)
    else:
        target[name] = source[name]
