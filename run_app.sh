#!/usr/bin/env bash
# Starts Stockcast on this machine, or makes one forecast; ./run_app.sh --help says more.
set -euo pipefail

# Until Python listens to signals itself; Ctrl-C before a stack is there is as good an end as any (see --help).
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
# Where env can do it (GNU's), signals wait for those few milliseconds in which Python cannot listen yet.
held=()
if env --block-signal=INT,TERM true 2>/dev/null; then held=(env --block-signal=INT,TERM); fi
# -I and -S: neither the caller's settings nor packages of this Python take part, and it listens sooner.
exec ${held[@]+"${held[@]}"} "$python" -I -S "$root/cli/setup/bootstrap.py" \
  "$root/.venv" "$root/requirements.txt" --run "$@"
