"""The version of this release. A test compares it with the packages, the images and the manifests."""

from __future__ import annotations

VERSION = "0.2.0"
