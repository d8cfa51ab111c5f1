#!/bin/sh
# As the entrypoint of the official image postgres: makes a cluster in PGDATA if there is none, with the superuser postgres and
# the scripts of /docker-entrypoint-initdb.d, and starts the server with the arguments.
set -eu
umask 077
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  echo "$POSTGRES_PASSWORD" >/tmp/password
  initdb --locale=C.UTF-8 --username=postgres --pwfile=/tmp/password --auth-local=trust $POSTGRES_INITDB_ARGS
  rm /tmp/password
  echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
  echo "listen_addresses = '*'" >>"$PGDATA/postgresql.conf"
  pg_ctl --wait --options="-c listen_addresses=''" start
  for script in /docker-entrypoint-initdb.d/*.sh; do . "$script"; done
  pg_ctl --wait --mode=fast stop
fi
exec postgres "$@"
