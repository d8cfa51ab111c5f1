"""The encryption of Web Push (RFC 8291): the push service cannot read what it passes on to the browser."""

from __future__ import annotations

import base64
import os
import struct

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

MOST_BYTES = 3993
"""The longest text of one notification."""
AUTH_BYTES, SALT_BYTES = 16, 16
_RECORD_BYTES = 4096
_LAST_RECORD = b"\x02"


def encode_base64url(data: bytes) -> str:
    """Return bytes in the alphabet for addresses, without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode_base64url(text: str) -> bytes:
    """Return the bytes of a text in the alphabet for addresses.

    Raises:
        ValueError: the text has other characters, or another length.
    """
    padded = text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4)
    return base64.b64decode(padded, altchars=b"-_", validate=True)


def public_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the public part of a key as an uncompressed point."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def encrypt(
    text: bytes,
    browser_key: bytes,
    auth_secret: bytes,
    key: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """Return the body of a request to a push service, in the content encoding ``aes128gcm``.

    Args:
        text: at most :data:`MOST_BYTES` bytes.
        browser_key: the subscription's ``p256dh``.
        auth_secret: the subscription's ``auth``.
        key: a key of this message alone; a new one by default.
        salt: 16 bytes of this message alone; new ones by default.

    Raises:
        ValueError: the browser's key is no point of the curve P-256.
    """
    key, salt = key or ec.generate_private_key(ec.SECP256R1()), salt or os.urandom(SALT_BYTES)
    own = public_bytes(key)
    shared = key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), browser_key))
    secret = _derive(shared, auth_secret, b"WebPush: info\0" + browser_key + own, 32)
    content_key = _derive(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derive(secret, salt, b"Content-Encoding: nonce\0", 12)
    header = salt + struct.pack(">IB", _RECORD_BYTES, len(own)) + own
    return header + AESGCM(content_key).encrypt(nonce, text + _LAST_RECORD, None)


def _derive(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(secret)
