"""The front end that Prometheus scrapes."""

from callboard.access.access import TRUSTED
from callboard.access.claims import PasswordClaim, TokenClaim
from callboard.access.rights import Principal, Right, Role
from callboard.calls.refusals import Forbidden, Refusal, Throttled, Unauthenticated
from callboard.directory.addresses import AddressSet
from callboard.directory.records import ROOT
from callboard.http.credentials import read_authorization, read_basic
from callboard.http.values import Reply, Request
from callboard.metrics.counting import Counting
from callboard.operations.desk import Desk
from callboard.operations.figures import READ_METRICS, ReadMetrics

__all__ = ["MetricsFront"]

_PRIVATE = (("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"))
_FORWARDED = ("forwarded", "via", "x-forwarded", "x-real-ip")
"""What headers begin with by which a proxy says that it asks for somebody else."""


class MetricsFront:
    """Answers the requests to `paths`; `answer` is its `Handler`."""

    def __init__(self, desk: Desk, counting: Counting) -> None:
        self._desk = desk
        self._counting = counting
        self._trusted = AddressSet(counting.settings.allowed_addresses)

    @property
    def paths(self) -> tuple[str, ...]:
        """None if the settings turn it off."""
        return (self._counting.settings.path,) if self._counting.settings.enabled else ()

    async def answer(self, request: Request) -> Reply:
        """All figures, in Prometheus's text format or, where the request prefers that, in OpenMetrics."""
        if request.method not in ("GET", "HEAD"):
            return _words(405, f"{request.method} is not for this: use GET.", ("Allow", "GET, HEAD"))
        try:
            principal = await self._principal(request)
            figures = self._desk.perform(READ_METRICS, principal, ReadMetrics(), request.at)
        except Refusal as refusal:
            return _refused(refusal)
        body, content_type = self._counting.text(figures, request.headers.get("accept", ""))
        return Reply(content_type=content_type, headers=_PRIVATE, body=body)

    async def _principal(self, request: Request) -> Principal:
        """Who signs in is who they are; else the address speaks, unless a proxy's stands in its place."""
        authorization = request.headers.get("authorization", "")
        by_proxy = any(name.startswith(_FORWARDED) for name in request.headers)
        if authorization or by_proxy or not self._trusted.contains(request.client):
            return await self._desk.sign_in(_claim(authorization, request.client), request.at)
        return Principal(
            login=f"{TRUSTED}{request.client}",
            role=Role.USER,
            customer=ROOT,
            rights=frozenset({Right.METRICS_READ}),
            address=request.client,
        )


def _claim(authorization: str, address: str) -> PasswordClaim | TokenClaim:
    """Raises Unauthenticated for a header that is missing or cannot be read."""
    scheme, credentials = read_authorization(authorization)
    if scheme == "bearer":
        return TokenClaim(credentials, address)
    if scheme != "basic":
        raise Unauthenticated(
            "Sign in with a token (Bearer) or with HTTP Basic. Without, only metrics.allowed_addresses may read this, "
            "and not through a proxy."
        )
    try:
        name, password = read_basic(credentials)
    except ValueError as error:
        raise Unauthenticated(str(error)) from None
    return PasswordClaim(name, password, address)


def _refused(refusal: Refusal) -> Reply:
    match refusal:
        case Throttled():
            return _words(429, str(refusal), ("Retry-After", str(max(1, round(refusal.wait)))))
        case Unauthenticated():
            return _words(401, str(refusal), ("WWW-Authenticate", 'Basic realm="Callboard", charset="UTF-8"'))
        case Forbidden():
            return _words(403, str(refusal))
        case _:
            return _words(400, str(refusal))


def _words(status: int, text: str, *headers: tuple[str, str]) -> Reply:
    return Reply(status=status, headers=(*_PRIVATE, *headers), body=f"{text}\n".encode("utf-8", "replace"))
