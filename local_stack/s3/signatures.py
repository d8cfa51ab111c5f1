"""AWS Signature Version 4, on the server's side: whether a request was signed with the access key of this store.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_DATE = re.compile(r"\d{8}T\d{6}Z")
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/,\s]+)/(\d{8})/([a-z0-9-]+)/s3/aws4_request,"
    r"\s*SignedHeaders=([a-z0-9;-]+),\s*Signature=([0-9a-f]{64})"
)
_ALWAYS_SIGNED = {"host", "x-amz-date", "x-amz-content-sha256"}


@dataclass(frozen=True)
class AccessKey:
    """The pair that S3 calls an access key; the secret never appears in a log."""

    id: str
    secret: str = field(repr=False)


class BadSignature(Exception):
    """A request is not signed with the access key; ``code`` is S3's word for the reason."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def verify_signature(environ: WSGIEnvironment, key: AccessKey) -> str:
    """Return the SHA-256 of the body that the signature covers, as it stands in the headers.

    A signature never expires, other than at AWS: a program whose clock is wrong still reaches its data, and a process
    that can read the loopback traffic to replay it can read the key too.

    Args:
        environ: the request, with ``RAW_URI`` as the client sent it.
        key: the only access key that is accepted.

    Raises:
        BadSignature: there is no signature, or it is of another key or another request.
    """
    given = _AUTHORIZATION.fullmatch(environ.get("HTTP_AUTHORIZATION", ""))
    if given is None:
        raise BadSignature("AccessDenied", "The request is not signed.")
    key_id, day, region, names, signature = given.groups()
    headers = _signed_headers(environ, names.split(";"))
    date = headers["x-amz-date"]
    if not hmac.compare_digest(key_id.encode(), key.id.encode()):
        raise BadSignature("InvalidAccessKeyId", "The access key is not known.")
    if not _DATE.fullmatch(date) or not date.startswith(day):
        raise BadSignature("AccessDenied", "The date of the signature cannot be read.")
    if not hmac.compare_digest(_signature(environ, headers, key, region), signature):
        raise BadSignature("SignatureDoesNotMatch", "The signature is of another key or another request.")
    return headers["x-amz-content-sha256"]


def _signed_headers(environ: WSGIEnvironment, names: list[str]) -> dict[str, str]:
    headers = {name: _header(environ, name) for name in names}
    present = {name: value for name, value in headers.items() if value is not None}
    if len(present) < len(headers) or not set(present) >= _ALWAYS_SIGNED:
        raise BadSignature("AccessDenied", "The signature covers too few headers.")
    return present


def _header(environ: Mapping[str, Any], name: str) -> str | None:
    variable = name.upper().replace("-", "_")
    return environ.get(variable if variable in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{variable}")


def _signature(environ: WSGIEnvironment, headers: Mapping[str, str], key: AccessKey, region: str) -> str:
    """Sign the same request as the client should have."""
    uri = str(environ.get("RAW_URI", ""))
    if not uri.startswith("/"):
        raise BadSignature("AccessDenied", "The address is not a path.")
    request = AWSRequest(environ["REQUEST_METHOD"], f"http://{headers['host']}{uri}", headers)
    request.context["timestamp"] = headers["x-amz-date"]
    signer = S3SigV4Auth(Credentials(key.id, key.secret), "s3", region)
    return str(signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request))
