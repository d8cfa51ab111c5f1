#!/usr/bin/env bash
# Builds the three images and has them make a forecast, as their own user, with a read-only root, no capability and no
# network but loopback; Redis and SeaweedFS run beside them.
#   ENGINE=podman|docker   which engine; by default the one that is there
#   BASE=IMAGE             another base image than that of the Dockerfiles (dockerfiles/base.sh makes one without a registry)
#   PIP_CONF, PIP_CERT     a pip.conf and certificates for a package index of one's own
set -euo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
services=(webserver ingestion_service forecast_service)
containers=(stockcast-check-redis stockcast-check-s3 stockcast-check-forecast stockcast-check-ingestion stockcast-check-web)
work=$(mktemp -d)

find_engine() {
  if [ -n "${ENGINE:-}" ]; then
    echo "$ENGINE"
  elif command -v docker >/dev/null && docker info >/dev/null 2>&1; then
    echo docker
  elif command -v podman >/dev/null; then
    echo podman
  else
    echo "error: neither docker nor podman is there; dockerfiles/base.sh says how to do without a registry" >&2
    exit 1
  fi
}

engine=$(find_engine)
run=("$engine")
build=(build --network host)
if [ -n "${BASE:-}" ]; then build+=(--build-arg "BASE=$BASE"); fi
limits=()
if [ "$engine" = podman ]; then
  # Debian's crun refuses hybrid cgroups; an OCI image could not carry a healthcheck.
  if command -v runc >/dev/null; then run+=(--runtime runc); fi
  build+=(--format docker)
  # Its defaults are more than a machine need allow; its timers for healthchecks are systemd's, so these are run below.
  limits=(--ulimit nofile=4096:4096 --ulimit nproc=4096:4096 --no-healthcheck --read-only-tmpfs=false)
fi

remove_containers() {
  local name
  for name in stockcast-check-{web,ingestion,forecast,s3,redis}; do
    "${run[@]}" rm --force "$name" >/dev/null 2>&1 || true
  done
}

clean_up() {
  remove_containers
  rm -rf "$work"
}

fail() {
  echo "error: $1" >&2
  for name in "${containers[@]}"; do
    echo "-- $name" >&2
    "${run[@]}" logs --tail 15 "$name" >&2 || true
  done
  exit 1
}

secrets() {
  local conf=${PIP_CONF:-}
  if [ -z "$conf" ] && [ -n "${PIP_CERT:-}" ]; then
    conf=$work/pip.conf
    printf '[global]\ncert = /etc/pip-ca.pem\n' >"$conf"
  fi
  if [ -n "$conf" ]; then build+=(--secret "id=pip,src=$conf"); fi
  if [ -n "${PIP_CERT:-}" ]; then build+=(--secret "id=ca,src=$PIP_CERT"); fi
}

build_images() {
  local name
  for name in "${services[@]}" stores; do
    echo "== build $name"
    "${run[@]}" "${build[@]}" --build-arg "REVISION=$(git rev-parse HEAD 2>/dev/null || echo unknown)" \
      --tag "localhost/stockcast/$name" --tag "localhost/stockcast/$name:0.2.0" --file "dockerfiles/$name.Dockerfile" . >"$work/build.log" 2>&1 ||
      { tail -n 30 "$work/build.log" >&2; exit 1; }
  done
}

# start NAME IMAGE [SETTING=VALUE…] [-- COMMAND…]: the first one has the loopback that the others share.
start() {
  local name=$1 image=$2 network="container:${containers[0]}" options=()
  shift 2
  if [ "$name" = "${containers[0]}" ]; then network=none; fi
  while [ $# -gt 0 ] && [ "$1" != -- ]; do
    options+=(--env "$1")
    shift
  done
  if [ $# -gt 0 ]; then shift; fi
  "${run[@]}" run --detach --name "$name" --network "$network" --read-only --tmpfs /tmp:rw,mode=1777 --cap-drop ALL \
    --security-opt no-new-privileges "${limits[@]}" "${options[@]}" "localhost/stockcast/$image" "$@" >/dev/null
}

start_all() {
  local aws=(AWS_ENDPOINT_URL_S3=http://127.0.0.1:9000 AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local)
  start stockcast-check-redis stores -- redis-server --bind 127.0.0.1 --dir /tmp --appendonly yes --maxmemory-policy noeviction
  start stockcast-check-s3 stores "${aws[@]}"
  start stockcast-check-forecast forecast_service "${aws[@]}"
  start stockcast-check-ingestion ingestion_service "${aws[@]}" PROVIDERS=sample
  start stockcast-check-web webserver "${aws[@]}" AUTH=open
}

wait_until_ready() {
  local port
  for port in 8082 8081 5000; do
    python_in web - "$port" <<'PYTHON' || fail "nothing is ready on port $port"
import sys, time
from urllib.request import urlopen
for _ in range(360):
    try:
        sys.exit(urlopen(f"http://127.0.0.1:{sys.argv[1]}/readyz", timeout=2).status != 200)
    except OSError:
        time.sleep(0.5)
sys.exit(1)
PYTHON
  done
}

python_in() {
  local name=stockcast-check-$1
  shift
  "${run[@]}" exec --interactive "$name" python "$@"
}

# Checks of the inside of each image; $1 is the container, the rest are modules that must not be there.
look_inside() {
  local name=$1
  shift
  python_in "$name" - "$@" <<'PYTHON' || fail "$name is not what it should be"
import importlib.util, os, pathlib, shutil, sys
assert os.getuid() == 10001, os.getuid()
for place in ("/app", "/opt/packages", "/var/tmp", "/"):
    try:
        pathlib.Path(place, "probe").write_text("")
    except OSError:
        continue
    sys.exit(f"{place} can be written")
pathlib.Path("/tmp/probe").write_text("")
for tool in ("cc", "gcc", "g++", "make", "git"):
    assert shutil.which(tool) is None, tool
for module in ("pytest", "mypy", "cli", "tests", *sys.argv[1:]):
    assert importlib.util.find_spec(module) is None, module
PYTHON
}

# A Job runs this command in the web server's image.
migrate() {
  "${run[@]}" exec --env DATABASE_URL=sqlite:////tmp/check.sqlite stockcast-check-web python -m common.sql migrate ||
    fail "the tables of the SQL store cannot be made"
}

forecast() {
  python_in web - <<'PYTHON' || fail "no forecast came out"
import json
from urllib.request import urlopen
answer = json.load(urlopen("http://127.0.0.1:5000/api/v1/forecasts", b'{"ticker": "AAPL", "days": 30}', timeout=60))
assert answer["status"] == "done", answer
interval = answer["interval"]
assert interval["lower"] < answer["predicted_price"] < interval["upper"], answer
png = urlopen("http://127.0.0.1:5000" + answer["plot_url"], timeout=10).read()
assert png.startswith(b"\x89PNG"), png[:20]
print(f"AAPL on {answer['target_date']}: {answer['predicted_price']:.2f} {answer['currency']}, "
      f"{interval['level']:.0%} between {interval['lower']:.2f} and {interval['upper']:.2f}; picture {len(png)} bytes")
PYTHON
}

# Runs the command of the image's HEALTHCHECK.
check_health() {
  "${run[@]}" image inspect --format '{{json .Config.Healthcheck}}' "localhost/stockcast/$2" >"$work/health.json"
  python_in "$1" -c 'import json, subprocess, sys; subprocess.run(json.load(sys.stdin)["Test"][1:], check=True)' \
    <"$work/health.json" || fail "the healthcheck of $1 fails"
}

trap clean_up EXIT
secrets
build_images
remove_containers
start_all
wait_until_ready
look_inside web prophet pandas matplotlib scipy yfinance local_stack.s3
look_inside ingestion prophet matplotlib scipy flask gunicorn local_stack
look_inside forecast flask gunicorn yfinance quandl local_stack
check_health web webserver
check_health ingestion ingestion_service
check_health forecast forecast_service
migrate
forecast
for name in "${services[@]}"; do
  "${run[@]}" image inspect --format "$name {{.Size}}" "localhost/stockcast/$name"
done | awk '{printf "%-20s %4d MB\n", $1, $2 / 1e6}'
echo "the images do what they should"
