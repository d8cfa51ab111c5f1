# Sourced by run_app.sh and run_tests.sh: sets $python to a Python that is new enough, or ends with one line.
# shellcheck shell=bash

# A candidate is judged by running it: a shim on the PATH may exist and yet start nothing.
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
  # The environment's own first: what stands for a Python on the PATH may take ten times as long to start it.
  for candidate in "${BASH_SOURCE%/*}/../../.venv/bin/python" python3 python python3.12 python3.11 python3.13 python3.14; do
    if is_new_enough "$candidate"; then
      printf '%s\n' "$candidate"
      return
    fi
  done
  return 1
}

if ! python=$(find_python); then
  echo "error: Python 3.11 or newer is needed${PYTHON:+, and PYTHON=$PYTHON is none}; see https://www.python.org" >&2
  exit 1
fi
