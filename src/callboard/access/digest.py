"""Digest authentication, RFC 2617 and 7616, for HTTP and SIP alike: pure text and hashes.

MD5 and SHA-256 with `qop=auth`, and the older RFC 2069 form without qop that some clients still send. `auth-int` and
the `-sess` algorithms are refused: no client in the field needs them, and they would have to be right.

Nonces are not stored when they are issued: each carries its time and proves by an HMAC that it is ours, so that a flood
of unauthenticated requests costs no memory. Only what was used successfully is remembered, in bounded memory.
"""

import hashlib
import hmac
import re
from collections import OrderedDict
from collections.abc import Iterator
from enum import Enum
from hmac import compare_digest
from itertools import count

import msgspec

from callboard.calls.refusals import Malformed

__all__ = [
    "ALGORITHMS",
    "Authorization",
    "Nonces",
    "OneTimeNonces",
    "Standing",
    "canonical_algorithm",
    "challenge",
    "expected_response",
    "ha1",
    "read_authorization",
    "same_target",
    "stored_ha1",
    "verify",
]

ALGORITHMS = ("MD5", "SHA-256")
"""The algorithms we speak, in their registered spelling (RFC 7616 section 6.1)."""

_MAX_HEADER = 8192
_MAX_VALUE = 2048


def canonical_algorithm(name: str) -> str:
    """The registered spelling of an algorithm's name, whatever its case. Raises Malformed for one we do not speak."""
    for known in ALGORITHMS:
        if name.upper() == known:
            return known
    raise Malformed(f"The digest algorithm {name[:40]!r} is not supported: use one of {', '.join(ALGORITHMS)}.")


def _hash(text: str, algorithm: str) -> str:
    data = text.encode("utf-8", "surrogateescape")
    if canonical_algorithm(algorithm) == "SHA-256":
        return hashlib.sha256(data).hexdigest()
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def ha1(user: str, realm: str, password: str, algorithm: str = "MD5") -> str:
    """The verifier to keep instead of a password: H(user:realm:password) in lower-case hex, RFC 7616 section 3.4.2.

    It holds for this realm only.
    """
    return _hash(f"{user}:{realm}:{password}", algorithm)


def stored_ha1(algorithm: str, md5: str, sha256: str) -> str:
    """Of the two verifiers that a login or account keeps, the one for this algorithm."""
    return sha256 if canonical_algorithm(algorithm) == "SHA-256" else md5


# --- the client's answer ---------------------------------------------------------------------------------------------


class Authorization(msgspec.Struct, frozen=True, kw_only=True):
    """The values of an `Authorization: Digest ...` header (in SIP also `Proxy-Authorization`), unquoted."""

    username: str
    realm: str
    nonce: str
    uri: str
    """What the client says it asks for; compare it with the request's target."""
    response: str
    """Lower-case hex."""
    algorithm: str = "MD5"
    """In its registered spelling."""
    qop: str = ""
    """As sent, for it is hashed so; empty for a client of RFC 2069."""
    nc: str = ""
    """Nonce count, hex digits as sent."""
    cnonce: str = ""
    opaque: str = ""


# RFC 7235 section 2.1: token "=" ( token / quoted-string ), separated by commas; empty elements are allowed.
_PARAMETER = re.compile(
    r'[\s,]*([A-Za-z0-9!#$%&\'*+.^_`|~-]+)\s*=\s*(?:"([^"\\]*(?:\\.[^"\\]*)*)"|([^\s,"]+))\s*(?:,|$)', re.DOTALL
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
# Bytes that are not UTF-8 may arrive as the escapes U+DC80 to U+DCFF; other surrogates are no text at all.
_ENCODABLE = re.compile(r"[^\ud800-\udc7f\udd00-\udfff]*")
_HEX = re.compile(r"[0-9A-Fa-f]+")
_RESPONSE_LENGTH = {"MD5": 32, "SHA-256": 64}


def read_authorization(text: str) -> Authorization:
    """Read the value of an Authorization header of the scheme Digest.

    Raises Malformed, naming what is wrong, if it is another scheme, cannot be read, or asks for what we do not do.
    """
    scheme, _, rest = text.strip().partition(" ")
    if scheme.lower() != "digest":
        raise Malformed("The Authorization header is not of the scheme Digest.")
    if len(rest) > _MAX_HEADER:
        raise Malformed(f"The Authorization header is longer than {_MAX_HEADER} characters.")
    if not rest.isascii() and not _ENCODABLE.fullmatch(rest):
        raise Malformed("The Authorization header holds what is no text.")
    values: dict[str, str] = {}
    for name, value in _parameters(rest):
        if name in values:
            raise Malformed(f"The Authorization header gives {name!r} twice.")
        values[name] = value
    return _authorization(values)


def _parameters(text: str) -> Iterator[tuple[str, str]]:
    end = len(text.rstrip(" \t,"))
    at = 0
    while at < end:
        found = _PARAMETER.match(text, at)
        if found is None:
            raise Malformed(
                "The Authorization header cannot be read: name=value pairs, separated by commas, are needed."
            )
        name, quoted, bare = found.groups()
        value = bare if quoted is None else _ESCAPED.sub(r"\1", quoted) if "\\" in quoted else quoted
        if len(value) > _MAX_VALUE:
            raise Malformed(f"{name[:40]!r} in the Authorization header is longer than {_MAX_VALUE} characters.")
        yield name.lower(), value
        at = found.end()


def _authorization(values: dict[str, str]) -> Authorization:
    for name in ("username", "realm", "nonce", "uri", "response"):
        if name not in values:
            raise Malformed(f"The Authorization header lacks {name!r}.")
    algorithm = canonical_algorithm(values.get("algorithm") or "MD5")
    response = values["response"].lower()
    if len(response) != _RESPONSE_LENGTH[algorithm] or not _HEX.fullmatch(response):
        raise Malformed(f"'response' in the Authorization header is no {algorithm} hash in hex.")
    qop = values.get("qop", "")
    _check_qop(qop, values)
    return Authorization(
        username=values["username"],
        realm=values["realm"],
        nonce=values["nonce"],
        uri=values["uri"],
        response=response,
        algorithm=algorithm,
        qop=qop,
        nc=values.get("nc", "") if qop else "",
        cnonce=values.get("cnonce", "") if qop else "",
        opaque=values.get("opaque", ""),
    )


def _check_qop(qop: str, values: dict[str, str]) -> None:
    if not qop:
        return
    if qop.lower() != "auth":
        raise Malformed(f"The quality of protection {qop[:40]!r} is not supported: use auth.")
    if not _HEX.fullmatch(values.get("nc", "")) or len(values["nc"]) > 8:
        raise Malformed("The Authorization header needs 'nc', up to eight hex digits, beside qop=auth.")
    if not values.get("cnonce"):
        raise Malformed("The Authorization header needs 'cnonce' beside qop=auth.")


# --- the server's side -----------------------------------------------------------------------------------------------


def challenge(realm: str, nonce: str, algorithm: str = "MD5", stale: bool = False) -> str:
    """The value of a `WWW-Authenticate` header. `stale` tells the client to try again with this nonce by itself.

    Realm, nonce and qop come first and quoted, qop as the one word `auth`: some clients read them by a fixed pattern.
    """
    parts = [f"realm={_quoted(realm)}", f"nonce={_quoted(nonce)}", 'qop="auth"']
    parts.append(f"algorithm={canonical_algorithm(algorithm)}")
    if stale:
        parts.append("stale=true")
    return "Digest " + ", ".join(parts)


def _quoted(text: str) -> str:
    if not text.isprintable():
        raise ValueError(f"{text!r} cannot stand in a header: it holds a control character")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def expected_response(ha1: str, authorization: Authorization, method: str) -> str:
    """The response that proves knowledge of the password behind `ha1` (RFC 7616 section 3.4.1, RFC 2069 without qop).

    `method` is the request's, `POST` or `INVITE`.
    """
    given = authorization
    ha2 = _hash(f"{method}:{given.uri}", given.algorithm)
    middle = f"{given.nonce}:{given.nc}:{given.cnonce}:{given.qop}" if given.qop else given.nonce
    return _hash(f"{ha1}:{middle}:{ha2}", given.algorithm)


def verify(authorization: Authorization, ha1: str, method: str) -> bool:
    """Whether the response fits, compared in constant time. An empty `ha1` fits nothing.

    It says nothing of the nonce (see `Nonces`) and of `uri` (see `same_target`).
    """
    expected = expected_response(ha1, authorization, method)
    return compare_digest(expected, authorization.response) and bool(ha1)


_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?]*")
_SLASHES = re.compile(r"/{2,}")


def same_target(uri: str, target: str) -> bool:
    """Whether a digest's `uri` names the HTTP request's target (path and query as on the wire).

    Doubled slashes in the path and an absolute URI are tolerated: clients in the field send them.
    """
    return _bare_target(uri) == _bare_target(target)


def _bare_target(text: str) -> str:
    path, mark, query = _ABSOLUTE.sub("", text, count=1).partition("?")
    return (_SLASHES.sub("/", path) or "/") + mark + query


# --- nonces ----------------------------------------------------------------------------------------------------------


class Standing(Enum):
    """What a nonce that came back is worth."""

    GOOD = "good"
    STALE = "stale"
    """Ours, but too old."""
    FORGED = "forged"
    """Not ours, or for something else, or from before a restart or a clock set back."""


_NONCE = re.compile(r"[0-9a-f]{56}")


class Nonces:
    """Issues nonces and refuses what is replayed. Nonces are hex digits only; times are Unix seconds.

    At most `limit` uses are remembered. When that is full the oldest is dropped, and with it every nonce of its age or
    older becomes stale: the bound can cost a client a second challenge, but never lets a replay through.
    """

    def __init__(self, secret: bytes, lifetime: float = 300.0, limit: int = 100_000, purpose: str = "http") -> None:
        """`purpose` keeps nonces of different protocols apart; `lifetime` is in seconds."""
        self._secret = secret
        self._purpose = purpose
        self._lifetime = lifetime
        self._limit = limit
        self._key = b""
        self._epochs = 0
        self._latest = float("-inf")
        self._stale_before = 0
        self._serial = count()
        self._used: OrderedDict[bytes, tuple[int, float]] = OrderedDict()

    def issue(self, now: float, bound: str = "") -> str:
        """A fresh nonce. What it is `bound` to must be the same when it comes back."""
        self._tick(now)
        stamp = f"{_micros(now):016x}{next(self._serial) & 0xFFFFFFFF:08x}"
        return stamp + self._seal(stamp, bound)

    def check(self, nonce: str, now: float, bound: str = "") -> Standing:
        """What a nonce is worth now. A good one may still have been used: see `use`."""
        self._tick(now)
        if not _NONCE.fullmatch(nonce) or not compare_digest(self._seal(nonce[:24], bound), nonce[24:]):
            return Standing.FORGED
        issued = int(nonce[:16], 16)
        if issued <= self._stale_before or issued + _micros(self._lifetime) < _micros(now):
            return Standing.STALE
        return Standing.GOOD

    def use(self, nonce: str, once: str, now: float) -> bool:
        """Note the use of a good nonce, after the response proved right. False if it was used with this `once` before.

        `once` is what distinguishes the uses of one nonce: its nc and cnonce.
        """
        self._tick(now)
        key = hashlib.blake2b(f"{nonce} {once}".encode("utf-8", "surrogateescape"), digest_size=16).digest()
        if key in self._used:
            return False
        self._used[key] = (int(nonce[:16], 16), now)
        self._forget(now)
        return True

    def _forget(self, now: float) -> None:
        while self._used:
            issued, used_at = next(iter(self._used.values()))
            if len(self._used) > self._limit:
                self._stale_before = max(self._stale_before, issued)
            elif used_at + self._lifetime >= now:
                return
            self._used.popitem(last=False)

    def _tick(self, now: float) -> None:
        # A clock that was set back would make old nonces young again: start over with a new key instead.
        if now < self._latest - 1.0 or not self._key:
            self._epochs += 1
            self._key = hmac.digest(self._secret, f"{self._purpose} {self._epochs} {now!r}".encode(), "sha256")
            self._used.clear()
            self._stale_before = 0
            self._latest = now
        self._latest = max(self._latest, now)

    def _seal(self, stamp: str, bound: str) -> str:
        sealed = f"{stamp} {bound}".encode("utf-8", "surrogateescape")
        return hmac.digest(self._key, sealed, "sha256").hex()[:32]


def _micros(seconds: float) -> int:
    return int(seconds * 1_000_000)


class OneTimeNonces:
    """Nonces for SIP: each is good once, for the call and target it was issued for."""

    def __init__(self, secret: bytes, lifetime: float = 32.0, limit: int = 100_000) -> None:
        """`lifetime` is in seconds; at most `limit` redeemed nonces are remembered (see `Nonces`)."""
        self._nonces = Nonces(secret, lifetime, limit, purpose="sip")

    def issue(self, bound: str, now: float) -> str:
        """A fresh nonce for what it is `bound` to: Call-ID and request URI."""
        return self._nonces.issue(now, bound)

    def redeem(self, nonce: str, bound: str, now: float) -> bool:
        """Whether the nonce is ours, for this, not too old, and redeemed for the first time.

        Verify the response first and redeem after: then nobody without a password can wear nonces out.
        """
        return self._nonces.check(nonce, now, bound) is Standing.GOOD and self._nonces.use(nonce, "", now)
