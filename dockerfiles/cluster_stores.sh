#!/usr/bin/env bash
# Makes the image localhost/stockcast/cluster_stores of Debian 13's packages with debootstrap (Debian, root): PostgreSQL and
# Valkey of the major versions that the manifests name, for k8s/play.sh. No cluster has it.
set -euo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
suite=trixie postgresql=17
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' | head -n 1)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

debootstrap --variant=minbase --include="postgresql-$postgresql,valkey-server,valkey-tools" "$suite" "$root" "$mirror"
# The official image's user. The cluster that the package made is of no use.
chroot "$root" usermod --uid 70 postgres
chroot "$root" groupmod --gid 70 postgres
rm -r "$root/run/postgresql"
# Podman 4.3 follows the absolute link to this machine's own /run when it fills a volume.
ln -sfn ../run "$root/var/run"
rm -rf "$root/var/lib/postgresql/$postgresql"
install -m 755 postgres_entrypoint.sh "$root/usr/local/bin/postgres-entrypoint"
tar -C "$root" --exclude='./var/cache/apt/*' --exclude='./var/lib/apt/lists/*' --exclude=./usr/share/doc \
  --exclude=./usr/share/man --exclude=./usr/share/locale -cf - . |
  podman import --change "ENV PATH=/usr/lib/postgresql/$postgresql/bin:/usr/local/bin:/usr/bin:/bin" \
    --change 'ENTRYPOINT=["postgres-entrypoint"]' - localhost/stockcast/cluster_stores
