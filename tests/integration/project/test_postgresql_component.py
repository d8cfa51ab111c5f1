"""The role of the services in the PostgreSQL of a cluster."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import psycopg

from common.sql.database_urls import DatabaseUrl
from common.sql.migrate import find_problem, migrate
from test_support.paths import ROOT
from test_support.stores.postgres import RunningPostgres, find_program, running_postgres

SCRIPT = ROOT / "k8s/components/postgresql/create_role.sh"


def test_the_services_own_their_database_and_are_no_superuser() -> None:
    with running_postgres() as server:
        name_superuser_as_the_image_does(server)
        run_script(server)
        url = DatabaseUrl.parse(server.url("stockcast"))
        migrate(url)
        assert find_problem(url) is None
        with psycopg.connect(server.url("stockcast")) as connection:
            roles = connection.execute("SELECT rolname, rolsuper FROM pg_roles WHERE rolname !~ '^pg_'").fetchall()
            assert dict(roles) == {"stockcast": False, "postgres": True}
            owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'stockcast'"
            assert connection.execute(owner).fetchone() == ("stockcast",)
        with psycopg.connect(server.url().replace("stockcast:password", "postgres")) as connection:
            passwords = connection.execute("SELECT rolname FROM pg_authid WHERE rolpassword IS NOT NULL").fetchall()
            assert passwords == [("stockcast",)]


def name_superuser_as_the_image_does(server: RunningPostgres) -> None:
    """Rename the superuser of a cluster of the tests to postgres, with a password."""
    server.execute("CREATE ROLE other SUPERUSER LOGIN")
    with psycopg.connect(server.url().replace("stockcast:password", "other"), autocommit=True) as connection:
        connection.execute("ALTER ROLE stockcast RENAME TO postgres")
        connection.execute("ALTER ROLE postgres PASSWORD 'password'")
    with psycopg.connect(server.url().replace("stockcast:password", "postgres"), autocommit=True) as connection:
        connection.execute("DROP ROLE other")


def run_script(server: RunningPostgres) -> None:
    """Run the script in the environment that the image has."""
    programs = str(Path(find_program("psql")).parent)
    environment = {"PATH": f"{programs}:{os.defpath}", "POSTGRES_PASSWORD": "pass'word"}
    place = {"PGHOST": "127.0.0.1", "PGPORT": str(server.port)}
    subprocess.run(["sh", SCRIPT], env=environment | place, check=True, capture_output=True)
