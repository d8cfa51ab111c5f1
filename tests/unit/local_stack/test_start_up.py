from __future__ import annotations

import subprocess
import sys

from local_stack.programs import ROOT

SLOW_TO_IMPORT = {"pydantic", "httpx", "numpy", "sqlalchemy", "boto3", "redis"}
SQL_LIBRARIES = {"sqlalchemy", "psycopg"}


def imported_by(module: str) -> set[str]:
    command = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_a_start_does_not_import_the_libraries_of_questions() -> None:
    assert not SLOW_TO_IMPORT & imported_by("cli.main")


def test_the_web_server_imports_what_sql_needs_before_it_forks() -> None:
    imported = imported_by("webserver.app")
    assert imported >= SQL_LIBRARIES
    assert "alembic" not in imported
