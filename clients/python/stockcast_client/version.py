"""The version of this client."""

from __future__ import annotations

VERSION = "0.2.0"
