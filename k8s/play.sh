#!/usr/bin/env bash
# Runs the Deployments of the rendered local overlay with podman kube play, and has them make a forecast: as near to a
# cluster as a machine without one comes. Needs the images of dockerfiles/check.sh, kubectl to render, and catatonit.
#   k8s/play.sh [mtls]     with mtls, the services also ask each other for certificates, made here as cert-manager would
set -euo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
python=.venv/bin/python
network=stockcast-play
work=$(mktemp -d)
podman=(podman)
if command -v runc >/dev/null; then podman+=(--runtime runc); fi
# podman's own limits are more than a machine need allow.
printf '[containers]\ndefault_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]\n' >"$work/containers.conf"
export CONTAINERS_CONF="$work/containers.conf"
services=(forecast ingestion webserver)

clean_up() {
  local name secret
  for name in "${services[@]}"; do "${podman[@]}" pod rm --force "$name-pod-0" >/dev/null 2>&1 || true; done
  "${podman[@]}" rm --force stockcast-play-redis stockcast-play-s3 >/dev/null 2>&1 || true
  for secret in "$work"/secret-*.json; do
    secret=${secret##*/secret-}
    "${podman[@]}" secret rm "${secret%.json}" >/dev/null 2>&1 || true
    "${podman[@]}" volume rm --force "${secret%.json}" >/dev/null 2>&1 || true
  done
  "${podman[@]}" network rm --force "$network" >/dev/null 2>&1 || true
  rm -rf "$work"
}

show_logs() {
  local name
  for name in "${services[@]}"; do
    echo "-- $name" >&2
    "${podman[@]}" logs --tail 15 "$name-pod-0-$name" >&2 || true
  done
}

address() { "$python" -c "import sys; sys.path.insert(0, 'k8s'); import play; print(play.ADDRESSES['$1'])"; }

store() {
  local name=$1 host=$2
  shift 2
  "${podman[@]}" run --detach --name "stockcast-play-$name" --network "$network" --ip "$(address "$host")" \
    --no-healthcheck --read-only localhost/stockcast/stores "$@" >/dev/null
}

# certificate NAME: the secret that cert-manager would keep, with a certificate for the Service of that name.
certificate() {
  local key=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes)
  if [ ! -e "$work/ca.crt" ]; then
    openssl req -x509 "${key[@]}" -days 1 -subj /CN=stockcast -keyout "$work/ca.key" -out "$work/ca.crt" 2>/dev/null
  fi
  openssl req -x509 "${key[@]}" -days 1 -subj "/CN=$1" -addext "subjectAltName=DNS:$1" -addext basicConstraints=CA:FALSE \
    -CA "$work/ca.crt" -CAkey "$work/ca.key" -keyout "$work/tls.key" -out "$work/tls.crt" 2>/dev/null
  "$python" - "$work" "$1" <<'PYTHON'
import json, sys
from pathlib import Path

folder, name = Path(sys.argv[1]), f"{sys.argv[2]}-tls"
# Not in base64, as a cluster has it: podman 4.3 puts what stands here into the files.
data = {file: (folder / file).read_text() for file in ("tls.crt", "tls.key", "ca.crt")}
secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": data}
(folder / f"secret-{name}.json").write_text(json.dumps(secret))
PYTHON
}

rendered() {
  local component
  mkdir "$work/overlay"
  {
    echo "resources: [$(realpath --relative-to "$work/overlay" k8s/overlays/local)]"
    echo "components:"
    for component in "$@"; do echo "  - $(realpath --relative-to "$work/overlay" "k8s/components/$component")"; done
  } >"$work/overlay/kustomization.yaml"
  kubectl kustomize "$work/overlay"
}

case "$*" in
  "" | mtls) ;;
  *) echo "usage: k8s/play.sh [mtls]" >&2; exit 2 ;;
esac
trap clean_up EXIT
trap show_logs ERR
rendered "$@" | "$python" k8s/play.py "$work"
if [ "$*" = mtls ]; then
  for name in "${services[@]}"; do certificate "$name"; done
fi
# Internal: nothing in it reaches anything outside.
"${podman[@]}" network create --internal --subnet 10.89.77.0/24 "$network" >/dev/null
for file in "$work"/secret-*.json; do
  name=${file##*/secret-}
  "${podman[@]}" secret create "${name%.json}" "$file" >/dev/null
done
store redis redis redis-server --bind 0.0.0.0 --dir /tmp --appendonly yes --requirepass local-only
# The identities of the overlay, whose services make the bucket. The container has them in an argument: no file is mounted.
store s3 object-store sh -c 'mkdir /tmp/s3 && echo "$0" >/tmp/identities.json &&
  exec weed -logtostderr=true server -dir=/tmp/s3 -ip.bind=0.0.0.0 -s3 -s3.port=8333 -s3.config=/tmp/identities.json' \
  "$(cat k8s/overlays/local/identities.json)"
for name in "${services[@]}"; do
  "${podman[@]}" kube play --network "$network" --ip "$(address "$name")" "$work/$name.yaml" >/dev/null
done
"${podman[@]}" exec --interactive webserver-pod-0-webserver python - <<'PYTHON'
import json, time
from urllib.error import URLError
from urllib.request import urlopen

for _ in range(120):
    try:
        urlopen("http://127.0.0.1:5000/readyz", timeout=2)
        urlopen("http://ingestion:8081/readyz", timeout=2)
        urlopen("http://forecast:8082/readyz", timeout=2)
        break
    except (URLError, OSError):
        time.sleep(0.5)
answer = json.load(urlopen("http://127.0.0.1:5000/api/v1/forecasts", b'{"ticker": "IBM", "days": 30}', timeout=60))
assert answer["status"] == "done", answer
print(f"IBM on {answer['target_date']}: {answer['predicted_price']:.2f} {answer['currency']}")
PYTHON
echo "the rendered Deployments make a forecast${1:+ (with $1)}"
