#!/usr/bin/env bash
# Checks everything: format, lint, types, import layers, tests. --quick leaves out what needs more than this process;
# --faults, as always with CI=true, adds the tests that kill and cut off parts of a stack, and a minute of chaos.
set -euo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
export CI="${CI:-}"
# As in the workers: many small fits gain nothing from threads, and lose much where the cores are busy.
export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1

quick=false
faults=false
if [ "$CI" = true ]; then faults=true; fi
for argument in "$@"; do
  case "$argument" in
    --quick) quick=true ;;
    --faults) faults=true ;;
    -h | --help)
      echo "usage: ./run_tests.sh [--quick | --faults]   (--quick: checks and unit tests only; --faults: the killing too)"
      exit 0
      ;;
    *)
      echo "usage: ./run_tests.sh [--quick | --faults]" >&2
      exit 2
      ;;
  esac
done

step() {
  echo "== $1"
  shift
  "$@"
}

# Only on a machine that is thrown away afterwards: nobody's own computer gets packages from a test run.
install_browser() {
  if [ "$CI" != true ] || [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then return; fi
  if command -v chromium >/dev/null || command -v google-chrome >/dev/null; then return; fi
  step "apt-get install chromium" apt_install chromium
}

apt_install() {
  apt-get update -qq >/dev/null
  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" >/dev/null
}

# shellcheck source=local_stack/find_python.sh
. local_stack/find_python.sh
"$python" -I local_stack/bootstrap.py .venv requirements.txt
"$python" -I local_stack/bootstrap.py .venv requirements.txt requirements-dev.txt
bin=.venv/bin

step "format" "$bin/ruff" format --check .
step "lint" "$bin/ruff" check --quiet .
step "types" "$bin/mypy" .
step "import layers" "$bin/lint-imports" --no-logo
# B310 is ruff's S310, which is answered line by line.
step "security" "$bin/bandit" -q -r -ll -s B310 common webserver ingestion_service forecast_service local_stack
if "$quick"; then
  step "unit tests" "$bin/python" -m pytest -q -n 2 --dist worksteal tests/unit
  exit
fi
install_browser
# Two at a time: much of a test with processes is waiting. A file's tests share its stores, so they stay together.
step "tests" "$bin/python" -m pytest -q -n 2 --dist loadfile tests/unit tests/integration
step "browser" "$bin/python" -m pytest -q tests/e2e
if "$faults"; then
  step "faults" "$bin/python" -m pytest -q tests/faults
  step "chaos" "$bin/python" -m benchmarks.chaos --minutes 1 --seed 1
fi
