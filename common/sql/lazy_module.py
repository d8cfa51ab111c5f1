"""Modules that are imported at their first use.

Importing SQLAlchemy takes as long as a third of the web server's other imports. A stack on which nobody has an account
needs it late or never.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


class LazyModule:
    """Stands for a module until the first use of one of its names.

    Example:
        >>> json = LazyModule("json")
        >>> json.dumps([1])
        '[1]'
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self._name), name)
