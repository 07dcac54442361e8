"""A phone's answer to a digest challenge (RFC 3261 section 22, RFC 7616 section 3.4)."""

import re
import secrets

import msgspec

from callboard.access.digest import ALGORITHMS, Authorization, expected_response, ha1
from callboard.demo.sip import Response

__all__ = ["CHALLENGED", "Credentials"]

CHALLENGED = {401: ("WWW-Authenticate", "Authorization"), 407: ("Proxy-Authenticate", "Proxy-Authorization")}
"""Status code -> the header that challenges and the header that answers."""

_PARAMETER = re.compile(r'([A-Za-z0-9-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')
_ESCAPED = re.compile(r"\\(.)")


class Credentials(msgspec.Struct, frozen=True):
    """What a phone signs in with."""

    user: str
    password: str

    def answer(self, challenge: Response, method: str, uri: str) -> tuple[str, str] | None:
        """The header that answers the first challenge we can; None if there is none. `uri` is the request's URI."""
        asks, answers = CHALLENGED[challenge.code]
        for value in challenge.all(asks):
            scheme, _, rest = value.partition(" ")
            terms = {
                name.lower(): _ESCAPED.sub(r"\1", quoted) or bare for name, quoted, bare in _PARAMETER.findall(rest)
            }
            algorithm = terms.get("algorithm", "MD5").upper()
            if scheme.lower() == "digest" and algorithm in ALGORITHMS:
                return answers, _print(self._sign(terms, algorithm, method, uri))
        return None

    def _sign(self, terms: dict[str, str], algorithm: str, method: str, uri: str) -> Authorization:
        with_quality = "auth" in [quality.strip() for quality in terms.get("qop", "").split(",")]
        unsigned = Authorization(
            username=self.user,
            realm=terms.get("realm", ""),
            nonce=terms.get("nonce", ""),
            uri=uri,
            response="",
            algorithm=algorithm,
            qop="auth" if with_quality else "",
            nc="00000001" if with_quality else "",
            cnonce=secrets.token_hex(8) if with_quality else "",
            opaque=terms.get("opaque", ""),
        )
        secret = ha1(self.user, unsigned.realm, self.password, algorithm)
        return msgspec.structs.replace(unsigned, response=expected_response(secret, unsigned, method))


def _print(given: Authorization) -> str:
    quoted = {name: getattr(given, name) for name in ("username", "realm", "nonce", "uri", "response")}
    bare = {"algorithm": given.algorithm}
    if given.opaque:
        quoted["opaque"] = given.opaque
    if given.qop:
        quoted["cnonce"] = given.cnonce
        bare |= {"qop": given.qop, "nc": given.nc}
    parts = [
        *(f'{name}="{_escape(value)}"' for name, value in quoted.items()),
        *(f"{name}={bare[name]}" for name in bare),
    ]
    return "Digest " + ", ".join(parts)


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
