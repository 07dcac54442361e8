"""Signatures, as Standard Webhooks has them (standardwebhooks.com, the specification's section on symmetric ones)."""

import base64
import hmac

__all__ = ["headers", "key_of"]

_PREFIX = "whsec_"


def key_of(secret: str) -> bytes:
    """The key behind `whsec_` and Base64."""
    return base64.b64decode(secret.removeprefix(_PREFIX))


def headers(secrets: tuple[str, ...], message: str, at: float, body: bytes) -> dict[str, str]:
    """The three headers that say which message this is, when it is sent, and that it is ours; one signature a secret.

    `at` is when it is sent, Unix seconds: receivers refuse what is minutes old.
    """
    signed = b".".join((message.encode(), str(int(at)).encode(), body))
    digests = (hmac.digest(key_of(secret), signed, "sha256") for secret in secrets)
    return {
        "webhook-id": message,
        "webhook-timestamp": str(int(at)),
        "webhook-signature": " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests),
    }
