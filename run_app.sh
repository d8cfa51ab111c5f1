#!/usr/bin/env bash
# Starts Stockcast on this machine, or makes one forecast; ./run_app.sh --help says more.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)

# shellcheck source=local_stack/find_python.sh
. "$root/local_stack/find_python.sh"
# -P: a file named redis.py in the caller's directory must not be taken for the package.
export PYTHONPATH="$root"
exec "$python" -I "$root/local_stack/bootstrap.py" "$root/.venv" "$root/requirements.txt" \
  --then "$root/.venv/bin/python" -P -m local_stack "$@"
