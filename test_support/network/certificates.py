"""A certificate authority for one test, and the certificates that it issues."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from common.rpc.tls import CredentialFiles, Credentials

DAY = timedelta(days=1)


class Authority:
    """Issues certificates for addresses. They are valid until tomorrow, unless a call sets another end."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._name = _distinguished_name(name)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.file = folder / f"{name}.pem"
        certificate = _certificate_builder(self._name, self._name, self._key, datetime.now(UTC) + DAY).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        self.file.write_bytes(certificate.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str, host: str = "127.0.0.1", *, until: datetime | None = None) -> CredentialFiles:
        """Issue a certificate for an address and return its files. Files of the same name are replaced."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            _certificate_builder(_distinguished_name(name), self._name, key, until or datetime.now(UTC) + DAY)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        files = CredentialFiles(self._folder / f"{name}.crt", self._folder / f"{name}.key", self.file)
        files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        files.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return files


def tls_settings(files: CredentialFiles) -> dict[str, str]:
    """Return the settings that name a service's certificate files."""
    return {
        "TLS_CERTIFICATE_FILE": str(files.certificate),
        "TLS_KEY_FILE": str(files.key),
        "TLS_CA_FILE": str(files.authority),
    }


def credentials_trusting(files: CredentialFiles, authority: Authority) -> Credentials:
    """Return credentials that present these files and trust another authority."""
    return Credentials(CredentialFiles(files.certificate, files.key, authority.file))


def _distinguished_name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


def _certificate_builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, until: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(until - 30 * DAY)
        .not_valid_after(until)
    )
