"""SeaweedFS's command line and its files of configuration.

One process runs four servers: master, volume server, filer and S3 gateway. Each listens on one port for HTTP and on
one for gRPC. Other programs use the S3 port only. On the other ports, HTTP is off, or the servers require a client
certificate that only this process has.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from local_stack.credentials import write_private
from local_stack.s3.certificate import make_self_signed

ADDRESS = "127.0.0.1"
INNER_PORTS = 7
"""The ports of master, volume server and filer, for HTTP and gRPC each, and the gateway's for gRPC."""
_GRPC = ("master", "volume", "filer", "s3", "client")
_HTTPS = ("master", "volume", "filer", "client")
_VOLUME_MB = 64
"""The size limit of a volume. SeaweedFS divides a bucket among seven volumes, which grow with their objects."""


@dataclass(frozen=True)
class AccessKey:
    """The key pair that every request to the S3 port must be signed with."""

    id: str
    secret: str


def write_configuration(folder: Path, bucket: str, key: AccessKey, data: Path) -> None:
    """Write the files that SeaweedFS reads at its start. Only their owner can read them."""
    pair = make_self_signed("object-store", ADDRESS)
    certificate, private = folder / "certificate.pem", folder / "key.pem"
    write_private(certificate, pair.certificate)
    write_private(private, pair.key)
    write_private(folder / "security.toml", _security_toml(certificate, private))
    write_private(folder / "filer.toml", f"[leveldb2]\nenabled = true\ndir = {json.dumps(str(data / 'filerldb2'))}\n")
    write_private(_identities_file(folder), json.dumps({"identities": [_identity(bucket, key)]}))


def _identities_file(folder: Path) -> Path:
    return folder / "identities.json"


def _identity(bucket: str, key: AccessKey) -> dict[str, object]:
    actions = [f"{action}:{bucket}" for action in ("Admin", "Read", "Write", "List")]
    return {
        "name": "stockcast",
        "credentials": [{"accessKey": key.id, "secretKey": key.secret}],
        "actions": actions,
    }


def _security_toml(certificate: Path, private: Path) -> str:
    # A JSON string is a TOML string too.
    authority = f"ca = {json.dumps(str(certificate))}\n"
    pair = f"cert = {json.dumps(str(certificate))}\nkey = {json.dumps(str(private))}\n"
    grpc = [f"[grpc.{server}]\n{pair}" for server in _GRPC]
    https = [f"[https.{server}]\nenabled = true\n{pair}{authority}" for server in _HTTPS]
    return "".join([f"[grpc]\n{authority}", *grpc, *https])


def weed_command(binary: Path, port: int, inner_ports: Sequence[int], configuration: Path, data: Path) -> list[str]:
    """Return the command of an S3 on ``port``.

    Args:
        binary: the ``weed`` program.
        port: the S3 port.
        inner_ports: :data:`INNER_PORTS` further ports, for SeaweedFS itself.
        configuration: the folder of :func:`write_configuration`.
        data: the folder of objects and metadata.
    """
    master, master_grpc, volume, volume_grpc, filer, filer_grpc, s3_grpc = inner_ports
    options: dict[str, object] = {
        "dir": data,
        "ip": ADDRESS,
        "ip.bind": ADDRESS,
        "disableHttp": "true",
        "master.port": master,
        "master.port.grpc": master_grpc,
        "master.peers": "none",  # without this, an election delays the start by 1.5 s
        "master.telemetry": "false",
        "master.volumeSizeLimitMB": _VOLUME_MB,
        "volume.port": volume,
        "volume.port.grpc": volume_grpc,
        "volume.max": 0,  # as many as the disk has room for
        "filer": "true",
        "filer.port": filer,
        "filer.port.grpc": filer_grpc,
        "filer.disableHttp": "true",
        "s3": "true",
        "s3.port": port,
        "s3.port.grpc": s3_grpc,
        "s3.port.iceberg": 0,
        "s3.port.lance": 0,
        "s3.iam": "false",
        "s3.allowedOrigins": "none",
        "s3.config": _identities_file(configuration),
    }
    logging = [f"-config_dir={configuration}", "-logtostderr=true"]
    return [str(binary), *logging, "server", *(f"-{name}={value}" for name, value in options.items())]
