"""The revision of the schema that this version of the code reads and writes."""

from __future__ import annotations

HEAD = "0001"
"""The newest revision in ``migrations/versions``; a test compares them. Revisions have four digits and are ordered."""
VERSION_TABLE = "alembic_version"
"""The table in which Alembic keeps the revision of a store."""
MIGRATE_COMMAND = "python -m common.sql migrate"
