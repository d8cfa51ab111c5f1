#!/bin/sh
# The image runs this once, when it makes the database. The services' role owns its database and is no superuser. The superuser
# has no password from then on, so that it can only log in by the socket inside the container.
psql --username=postgres --dbname=postgres --set=ON_ERROR_STOP=1 <<'SQL'
\getenv password POSTGRES_PASSWORD
CREATE ROLE stockcast LOGIN PASSWORD :'password';
CREATE DATABASE stockcast OWNER stockcast;
ALTER ROLE postgres PASSWORD NULL;
SQL
