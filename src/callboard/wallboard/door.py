"""The way to the wallboard for a browser that opens the bare address of the server."""

from callboard.http.routing import plain_path
from callboard.http.values import Handler, Reply, Request

__all__ = ["Door"]

_MACHINES = ("application/xml", "text/xml", "application/json")
"""What programs ask for at the same address."""


class Door:
    """Leads browsers from `/` to the board, and hands every other request on; `answer` is its `Handler`.

    Ozeki XE's programs are asked for at `/` too: with a command in the query or the body, which a browser that opens
    the address has neither of.
    """

    def __init__(self, within: Handler) -> None:
        self._within = within

    async def answer(self, request: Request) -> Reply:
        """302 to the board, or what there is within."""
        return _TO_THE_BOARD if _opened_by_a_person(request) else await self._within(request)


_TO_THE_BOARD = Reply(
    status=302,
    headers=(
        ("Location", "/board"),
        ("Cache-Control", "no-store"),
        ("Vary", "Accept"),
        ("X-Content-Type-Options", "nosniff"),
    ),
    body=b"The wallboard is at /board.\n",
)


def _opened_by_a_person(request: Request) -> bool:
    return (
        request.method in ("GET", "HEAD")
        and plain_path(request.path) == "/"
        and not request.query
        and not request.body
        and _prefers_html(request.headers.get("accept", ""))
    )


def _prefers_html(accepted: str) -> bool:
    """Whether text/html is asked for by name, and weighs more than what programs ask for (RFC 9110 section 12.5.1)."""
    weights = dict(_weighed(each) for each in accepted.lower().split(","))
    html = weights.get("text/html", 0.0)
    return html > max(weights.get(each, 0.0) for each in _MACHINES)


def _weighed(offer: str) -> tuple[str, float]:
    """A media type and its weight, 1 unless one is given; one that cannot be read weighs nothing."""
    name, *parameters = (piece.strip() for piece in offer.split(";"))
    weight = next((piece[2:] for piece in parameters if piece.startswith("q=")), "1")
    try:
        return name, float(weight)
    except ValueError:
        return name, 0.0
