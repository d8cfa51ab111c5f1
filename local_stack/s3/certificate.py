"""The certificate by which SeaweedFS's servers authenticate each other. It is its own authority."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_ONE_DAY = timedelta(days=1)
_VALIDITY = timedelta(days=3650)
"""Longer than any run of a store. Each start makes a new certificate."""


@dataclass(frozen=True)
class SelfSignedCertificate:
    """A certificate and its private key, both as PEM."""

    certificate: str
    key: str


def make_self_signed(name: str, address: str) -> SelfSignedCertificate:
    """Make a certificate for a server and client of ``name`` on an IP address."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _ONE_DAY)
        .not_valid_after(now + _VALIDITY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return SelfSignedCertificate(certificate.public_bytes(serialization.Encoding.PEM).decode(), private.decode())
