"""The Secrets that cert-manager would make."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tools.helm_chart.manifests import Object

_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


def make_certificates(objects: Sequence[Object]) -> dict[str, dict[str, str]]:
    """Return the files of each Certificate's Secret, by the Secret's name. One authority signs all of them."""
    wanted = [item["spec"] for item in objects if item["kind"] == "Certificate" and not item["spec"].get("isCA")]
    made: dict[str, dict[str, str]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if wanted:
            _openssl(folder, "-days", "1", "-subj", "/CN=stockcast", "-keyout", "ca.key", "-out", "ca.crt")
        for spec in wanted:
            names = ",".join(f"DNS:{name}" for name in spec["dnsNames"])
            _openssl(
                folder,
                *("-days", "1", "-subj", f"/CN={spec['dnsNames'][0]}", "-addext", f"subjectAltName={names}"),
                *("-addext", "basicConstraints=CA:FALSE", "-CA", "ca.crt", "-CAkey", "ca.key"),
                *("-keyout", "tls.key", "-out", "tls.crt"),
            )
            made[spec["secretName"]] = {
                file: (folder / file).read_text(encoding="ascii") for file in ("tls.crt", "tls.key", "ca.crt")
            }
    return made


def _openssl(folder: Path, *options: str) -> None:
    subprocess.run(["openssl", "req", "-x509", *_KEY, *options], cwd=folder, capture_output=True, check=True)  # noqa: S603, S607
