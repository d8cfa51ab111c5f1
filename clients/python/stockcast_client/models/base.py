"""The bases of the generated models."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Answer(BaseModel):
    """A part of an answer.

    A field that only a newer server has is kept as an attribute. A field that an older server lacks is None.
    """

    model_config = ConfigDict(extra="allow", frozen=True, protected_namespaces=())


class Question(BaseModel):
    """A part of the body of a request. The server checks the values, and refuses unknown fields."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


def absent() -> Any:
    """Return the default of a field that a server of another version may lack: None, whatever the type of the field."""
    return Field(default=None)
