"""``k8s/play.sh``: the rendered manifests as pods of podman, on a machine without a cluster."""
