from __future__ import annotations

import subprocess
import sys

from local_stack.programs import ROOT

SLOW_TO_IMPORT = {"pydantic", "httpx", "numpy", "sqlalchemy", "boto3", "redis"}
OF_FEW_SERVERS = {"psycopg", "httpx", "requests", "authlib", "joserfc"}
"""Libraries for PostgreSQL, a language model, an identity provider and notifications in browsers."""


def imported_by(module: str, then: str = "pass") -> set[str]:
    command = f"import sys, {module}; {then}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_a_start_does_not_import_the_libraries_of_questions() -> None:
    assert not SLOW_TO_IMPORT & imported_by("cli.main")


def test_the_web_server_imports_no_library_that_few_servers_need() -> None:
    imported = imported_by("webserver.app")
    assert "sqlalchemy" in imported
    assert not (OF_FEW_SERVERS | {"alembic"}) & imported


def test_a_store_in_postgresql_imports_its_driver_before_the_web_server_forks() -> None:
    make = "common.sql.store.SqlStore(common.sql.database_urls.DatabaseUrl.parse('postgresql://127.0.0.1:1/x'))"
    imported = imported_by("common.sql.store, common.sql.database_urls", make)
    assert imported >= {"psycopg", "sqlalchemy.dialects.postgresql"}
