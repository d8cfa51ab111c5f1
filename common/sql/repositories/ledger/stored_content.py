"""Reads the content of entries. One that was damaged by hand stops no other."""

from __future__ import annotations

import logging
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from common.runtime.log_limits import LogLimit

Content = TypeVar("Content", bound=BaseModel)
_log = logging.getLogger(__name__)
_log_limit = LogLimit(_log)


def parse_stored(model: type[Content], content: str, name: str) -> Content | None:
    """Return the content of an entry; None for one that cannot be read, which is logged by its name."""
    try:
        return model.model_validate_json(content)
    except ValidationError:
        _log_limit.log(logging.ERROR, "damaged", "%s of the track record is damaged; verify lists all such", name)
        return None
