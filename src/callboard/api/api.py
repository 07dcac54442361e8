"""The front end of our own API: health for machines, and the resources under /v1 behind a sign-in."""

from collections.abc import Callable
from http import HTTPStatus

import msgspec
from msgspec.structs import replace

from callboard.access.rights import Principal
from callboard.api.compression import compressed
from callboard.api.faults import WRONG_METHOD, problem, refused
from callboard.api.idempotency import Book, Forgetful, Replies
from callboard.api.page import openapi_reply, page_reply
from callboard.api.request import claim, ticket_claim
from callboard.api.route import Asked, Route
from callboard.api.routes import find
from callboard.calls.refusals import Forbidden, Refusal, UnknownMethod
from callboard.directory.document import Sealing
from callboard.http.origin import from_other_site
from callboard.http.values import Reply, Request
from callboard.operations.desk import Desk

__all__ = ["Api"]

_SAFE = frozenset({"GET", "HEAD"})
_PRIVATE = (("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"))


class Api:
    """Answers the requests to `paths`; `answer` is its `Handler`.

    `not_ready` tells the reasons why the server cannot do its work yet, for people; none when it can. `sealing` makes
    verifiers of the plain passwords in a directory that is put in. `book` keeps the replies to requests with a key.
    """

    paths = ("/-/healthy", "/-/ready", "/v1/*")

    def __init__(
        self, desk: Desk, sealing: Sealing, not_ready: Callable[[], tuple[str, ...]], book: Book | None = None
    ) -> None:
        self._desk = desk
        self._sealing = sealing
        self._not_ready = not_ready
        self._replies = Replies(book or Forgetful())

    async def answer(self, request: Request) -> Reply:
        """Answer one request. A HEAD is answered as the GET that it stands for; the server leaves the body out."""
        return compressed(request, _private(await self._answer(request)))

    async def _answer(self, request: Request) -> Reply:
        pieces = tuple(piece for piece in request.path.split("/") if piece)
        try:
            match pieces:
                case ("-", "healthy"):
                    return _healthy()
                case ("-", "ready"):
                    return self._ready()
                case ("v1", "openapi.json") if request.method in _SAFE:
                    return openapi_reply()
                case ("v1", "docs") if request.method in _SAFE:
                    return page_reply()
                case ("v1", "openapi.json" | "docs"):
                    return _wrong_method(request, "GET")
                case ("v1", *rest):
                    return await self._resource(tuple(rest), request)
                case _:
                    raise UnknownMethod(f"there is nothing at {request.path[:80]!r}")
        except Refusal as refusal:
            return refused(refusal)

    def _ready(self) -> Reply:
        """503 with the reasons until every part that is needed works."""
        reasons = self._not_ready()
        status = HTTPStatus.SERVICE_UNAVAILABLE if reasons else HTTPStatus.OK
        content: dict[str, object] = {"ready": not reasons, "reasons": reasons}
        return Reply(status=status, content_type="application/json", body=msgspec.json.encode(content))

    async def _resource(self, path: tuple[str, ...], request: Request) -> Reply:
        routes, name = find(path)
        method = "GET" if request.method == "HEAD" else request.method
        if method not in routes:
            return _wrong_method(request, ", ".join(routes))
        _refuse_other_sites(request)
        principal = await self._sign_in(routes[method], request)
        return await self._replies.once(routes[method], Asked(self._desk, principal, request, self._sealing, name))

    async def _sign_in(self, route: Route, request: Request) -> Principal:
        ticket = ticket_claim(request) if route.ticket else None
        if ticket is not None:
            return self._desk.access.sign_in(ticket, request.at)
        return await self._desk.sign_in(request.once(claim), request.at)


def _wrong_method(request: Request, allowed: str) -> Reply:
    return problem(WRONG_METHOD, f"{request.method} is not for this: use {allowed}", ("Allow", allowed))


def _private(reply: Reply) -> Reply:
    """What is up now is nobody's to keep, and no browser's to guess at."""
    given = {name for name, _ in reply.headers}
    headers = tuple(header for header in _PRIVATE if header[0] not in given)
    return replace(reply, headers=(*reply.headers, *headers))


def _healthy() -> Reply:
    """The process runs and its loop turns."""
    return Reply(content_type="application/json", body=b'{"healthy":true}')


def _refuse_other_sites(request: Request) -> None:
    """What changes nothing may be asked for: the page does not get to see the answer."""
    if request.method not in _SAFE and from_other_site(request):
        raise Forbidden("a page of another site cannot change anything here")
