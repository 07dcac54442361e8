"""The shape of a route: one method at one path of ours, the operation behind it, and what goes in and comes out."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal, NamedTuple

import msgspec

from callboard.access.rights import Principal
from callboard.directory.document import Sealing
from callboard.http.values import Reply, Request
from callboard.operations.desk import Desk
from callboard.operations.operation import Operation

__all__ = ["JSON", "Asked", "Endpoint", "HeaderName", "Route", "answer_json"]

JSON = "application/json"


class Asked(NamedTuple):
    """What an endpoint works with. The principal is signed in; the endpoint goes through the desk's gate."""

    desk: Desk
    principal: Principal
    request: Request
    sealing: Sealing
    """Makes verifiers of plain passwords that come in."""
    name: str
    """What the path names, where it has a place for a name; else empty."""


Endpoint = Callable[[Asked], Awaitable[Reply]]
HeaderName = Literal["ETag", "Location", "Next-Cursor", "Total-Count"]


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One method at one path. The OpenAPI document, the answer to OPTIONS and the rights tests are made from these."""

    method: str
    path: str
    """Below /v1, such as `/calls/{id}`; at most one place for a name."""
    operation: Operation[Any, Any]
    """What it asks for; its right is the one that is needed, its summary the route's unless `summary` is given."""
    endpoint: Endpoint
    summary: str = ""
    example: str = ""
    """A query that makes sense, for the documents."""
    query: type[msgspec.Struct] | None = None
    """Its query parameters, a field each (see `parameters.read_query`); None: it takes none."""
    takes: Mapping[str, Any] = {}
    """The bodies it reads: media type -> the type of the document (bytes for what has no schema)."""
    gives: Mapping[str, Any] = {}
    """The bodies it answers with when all goes well: media type -> type."""
    status: int = 200
    """The status when all goes well."""
    besides: Mapping[int, Any] = {}
    """Other statuses when all goes well, where there are: status -> the type of the JSON document."""
    ticket: bool = False
    """Whether a ticket will do in the place of credentials, as `?ticket=`."""
    once: bool = False
    """Whether it heeds the header `Idempotency-Key` (see `idempotency`)."""
    matched: bool = False
    """Whether it heeds the header `If-Match`."""
    tells: tuple[HeaderName, ...] = ()
    """Headers of the answer when all goes well, where there is something to tell in them."""

    @property
    def pieces(self) -> tuple[str, ...]:
        """The path piece by piece, `{}` for the place of a name."""
        return tuple("{}" if piece.startswith("{") else piece for piece in self.path.split("/") if piece)


def answer_json(content: object, status: int = 200, *headers: tuple[str, str]) -> Reply:
    """A JSON document."""
    return Reply(status=status, content_type=JSON, headers=headers, body=msgspec.json.encode(content))
