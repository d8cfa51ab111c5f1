#!/usr/bin/env bash
# Resolves pyproject.toml into uv.lock and exports the lists that pip and uv install.
#   --check    changes nothing; fails where uv.lock or a list is not current
#   --upgrade  takes the newest versions
set -euo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
uv=.venv/bin/uv
[ -x "$uv" ] || uv=uv

# Neither this machine's settings nor its mirror may appear in the lock.
unset "${!UV_INDEX@}" "${!UV_DEFAULT_INDEX@}" "${!UV_EXTRA_INDEX_URL@}" "${!UV_FIND_LINKS@}"
public=(--no-config --default-index https://pypi.org/simple)

# export FILE OPTION...
export_list() {
  local file=$1
  shift
  {
    echo "# Exported from uv.lock by requirements/lock.sh."
    "$uv" export --quiet --no-config --frozen --format requirements-txt --no-header --no-emit-project "$@"
  } >"$folder/$file"
}

export_lists() {
  local group
  mkdir -p "$folder/requirements"
  export_list requirements.txt --no-default-groups
  export_list requirements-dev.txt --only-group dev
  export_list requirements-bench.txt --only-group bench
  for group in webserver ingestion_service forecast_service stores uv; do
    export_list "requirements/$group.txt" --only-group "$group"
  done
}

check_lists() {
  local file
  for file in requirements{,-dev,-bench}.txt requirements/{webserver,ingestion_service,forecast_service,stores,uv}.txt; do
    cmp --silent "$file" "$folder/$file" || { echo "error: $file is not current; run requirements/lock.sh" >&2; exit 1; }
  done
}

if [ "${1:-}" = --check ]; then
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  "$uv" lock --quiet --check --offline "${public[@]}" ||
    { echo "error: uv.lock is not current; run requirements/lock.sh" >&2; exit 1; }
  export_lists
  check_lists
else
  folder=.
  "$uv" lock "${public[@]}" "$@"
  export_lists
fi
