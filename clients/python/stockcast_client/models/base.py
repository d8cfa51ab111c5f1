"""The bases of the generated models."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Answer(BaseModel):
    """A part of an answer.

    A field that only a newer server has is kept as an attribute. A field that an older server lacks is None, and so is
    one that a newer server may leave open.
    """

    model_config = ConfigDict(extra="allow", frozen=True, protected_namespaces=())

    @model_validator(mode="before")
    @classmethod
    def _accept_null(cls, values: Any) -> Any:
        """Leave out each null whose field is None by default, also where its type has no null."""
        if not isinstance(values, dict):
            return values
        fields = cls.model_fields
        return {
            name: value
            for name, value in values.items()
            if value is not None or name not in fields or fields[name].default is not None
        }


class Question(BaseModel):
    """A part of the body of a request. The server checks the values, and refuses unknown fields."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


def absent() -> Any:
    """Return the default of a field that a server of another version may lack: None, whatever the type of the field."""
    return Field(default=None)
