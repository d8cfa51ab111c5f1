#!/usr/bin/env bash
# Runs the rendered local overlay with podman kube play, and uses what runs: as near to a cluster as a machine without one
# comes. Needs podman, catatonit, kubectl to render, and the images of dockerfiles/check.sh and dockerfiles/cluster_stores.sh.
#   k8s/play.sh [mtls] [valkey-sentinel]     with one of these components, or with both
set -euo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
exec .venv/bin/python -m tools.podman_play "$@"
