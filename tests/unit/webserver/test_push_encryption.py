"""The encryption of Web Push against the example of RFC 8291, and the key of a server."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.jwk import ECKey

from webserver.alerts.channels.push_encryption import decode_base64url, encode_base64url, encrypt
from webserver.alerts.channels.web_push import PushKey

# RFC 8291, section 5 and appendix A.
TEXT = b"When I grow up, I want to be a watermelon"
SENDER_KEY = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
BROWSER_KEY = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH_SECRET = "BTBZMqHH6r4Tts7J_aSIgg"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl"
    "7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def test_a_text_is_encrypted_as_in_the_rfc() -> None:
    private = ec.derive_private_key(int.from_bytes(decode_base64url(SENDER_KEY), "big"), ec.SECP256R1())
    browser_key, auth_secret, salt = map(decode_base64url, (BROWSER_KEY, AUTH_SECRET, SALT))
    assert encode_base64url(encrypt(TEXT, browser_key, auth_secret, private, salt)) == BODY


def test_two_encryptions_share_neither_key_nor_salt() -> None:
    browser_key, auth_secret = map(decode_base64url, (BROWSER_KEY, AUTH_SECRET))
    one, other = (encrypt(TEXT, browser_key, auth_secret) for _ in range(2))
    assert one[:16] != other[:16]
    assert one[21:86] != other[21:86]


def test_a_key_signs_for_one_push_service_and_half_a_day() -> None:
    key = PushKey.parse(SENDER_KEY, "mailto:me@example.com")
    scheme, token, public = key.authorization("https://push.example", 1_000_000.0).replace(",", "").split()
    assert (scheme, public) == ("vapid", f"k={key.public}")
    point = urlsafe_b64decode(f"{key.public}=")
    coordinates = {"x": encode_base64url(point[1:33]), "y": encode_base64url(point[33:])}
    public_key = ECKey.import_key({"kty": "EC", "crv": "P-256", **coordinates})
    claims = jwt.decode(token.removeprefix("t="), public_key, ["ES256"]).claims
    assert claims == {"aud": "https://push.example", "exp": 1_043_200, "sub": "mailto:me@example.com"}
    assert SENDER_KEY not in json.dumps(repr(key))


@pytest.mark.parametrize("text", ["", "short", "!" * 43, "A" * 43, "A" * 64])
def test_a_wrong_key_is_refused_with_advice(text: str) -> None:
    with pytest.raises(ValueError, match="32 bytes in base64url"):
        PushKey.parse(text)
