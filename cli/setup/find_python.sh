# Sourced by run_app.sh and run_tests.sh: sets $python to Python 3.11 or newer, or exits with an error.
# shellcheck shell=bash

# Runs the candidate: a shim on the PATH may exist and start nothing.
is_new_enough() {
  "$1" -I -S -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
  local candidate
  if [ -n "${PYTHON:-}" ]; then
    is_new_enough "$PYTHON" || return 1
    printf '%s\n' "$PYTHON"
    return
  fi
  # The environment's own Python first: a shim on the PATH may take ten times as long to start.
  for candidate in "${BASH_SOURCE%/*}/../../.venv/bin/python" python3 python python3.12 python3.11 python3.13 python3.14; do
    if is_new_enough "$candidate"; then
      printf '%s\n' "$candidate"
      return
    fi
  done
  return 1
}

if ! python=$(find_python); then
  echo "error: Python 3.11 or newer is needed${PYTHON:+, and PYTHON=$PYTHON is not one}. Install it (https://www.python.org) or set PYTHON." >&2
  exit 1
fi
