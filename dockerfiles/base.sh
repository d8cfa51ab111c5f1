#!/usr/bin/env bash
# Makes the base image localhost/stockcast-base with debootstrap, where no registry can be reached (Debian, root).
#   apt-get install --no-install-recommends podman runc debootstrap catatonit
#   dockerfiles/base.sh && BASE=localhost/stockcast-base dockerfiles/check.sh
set -euo pipefail

suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
# The source of this machine's packages.
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Codename: $suite" | head -n 1)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

debootstrap --variant=minbase --include=ca-certificates,python3,python3-venv,python-is-python3 "$suite" "$root" "$mirror"
tar -C "$root" --exclude='./var/cache/apt/*' --exclude='./var/lib/apt/lists/*' --exclude=./usr/share/doc \
  --exclude=./usr/share/man --exclude=./usr/share/locale -cf - . |
  podman import --change 'CMD=["python"]' - localhost/stockcast-base
