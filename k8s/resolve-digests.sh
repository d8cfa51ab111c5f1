#!/usr/bin/env bash
# Prints, for every image of an overlay, the entry of "images:" that pins it to the digest its tag has now.
#   k8s/resolve-digests.sh k8s/overlays/production       needs kubectl, and skopeo or crane and a registry in reach
# For an upgrade, first take the digests of the version before out of the overlay: they would hide the new tags.
set -euo pipefail

overlay=${1:?usage: k8s/resolve-digests.sh OVERLAY}

digest_of() {
  if command -v skopeo >/dev/null; then
    skopeo inspect --format '{{.Digest}}' "docker://$1"
  elif command -v crane >/dev/null; then
    crane digest "$1"
  else
    echo "error: neither skopeo nor crane is there" >&2
    return 1
  fi
}

# Without those that have a tag and a digest: the manifests pin them.
images=$(kubectl kustomize "$overlay" | sed -n 's/^[- ]*image: //p' | sed '/:[^/]*@/d' | sort -u)
if [ -z "$images" ]; then
  echo "Each image has a digest." >&2
  exit
fi
if pinned=$(grep @ <<<"$images"); then
  echo "error: these have a digest already; take it out of the overlay to look for another one:" >&2
  echo "$pinned" >&2
  exit 1
fi
echo "images:"
while read -r image; do
  digest=$(digest_of "$image")
  echo "  - {name: ${image%:*}, digest: $digest}"
done <<<"$images"
