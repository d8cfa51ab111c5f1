#!/usr/bin/env bash
# Starts Stockcast on this machine, or makes one forecast; see ./run_app.sh --help.
set -euo pipefail

# Handles signals until Python does. Stopping a stack that has not started yet is a success (see --help).
end() {
  case "$command" in
    serve | -*) exit 0 ;;
    *) exit $((128 + $1)) ;;
  esac
}
command=${1:-serve}
trap 'end 2' INT
trap 'end 15' TERM

root=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)

# shellcheck source=cli/setup/find_python.sh
. "$root/cli/setup/find_python.sh"
# GNU env blocks the signals for the milliseconds until Python has its handlers.
block=()
if env --block-signal=INT,TERM true 2>/dev/null; then block=(env --block-signal=INT,TERM); fi
# -I and -S ignore the caller's Python settings and this Python's packages, and shorten the start.
exec ${block[@]+"${block[@]}"} "$python" -I -S "$root/cli/setup/bootstrap.py" \
  "$root/.venv" "$root/requirements.txt" --run "$@"
