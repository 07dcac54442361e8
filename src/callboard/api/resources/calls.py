"""Calls: list them, or look at one."""

from collections.abc import Iterator

import msgspec

from callboard.api import request as ask
from callboard.api.fields import blocks, call_view, timestamp
from callboard.api.route import JSON, Asked, Route, answer_json
from callboard.http.blocks import body
from callboard.http.values import Reply
from callboard.operations.list_calls import LIST_CALLS, Listing
from callboard.operations.show import SHOW_CALL, ShowCall

__all__ = ["ROUTES"]


async def _list_calls(asked: Asked) -> Reply:
    """`{"at", "revision", "calls"}`: two listings of equal revision hold the same calls, in the same states.

    A long list is rendered while it is sent.
    """
    arguments = ask.list_calls(asked.request)
    listing = asked.desk.perform(LIST_CALLS, asked.principal, arguments, asked.request.at)
    return Reply(content_type=JSON, body=body(_listing(listing), len(listing.calls)))


def _listing(listing: Listing) -> Iterator[bytes]:
    revision = f"{listing.revision.epoch}-{listing.revision.number}"
    yield msgspec.json.encode({"at": timestamp(listing.at), "revision": revision})[:-1] + b',"calls":['
    yield from blocks(listing.calls, listing.at)
    yield b"]}"


async def _show_call(asked: Asked) -> Reply:
    arguments = ShowCall(number=ask.call_number(asked.name))
    call = asked.desk.perform(SHOW_CALL, asked.principal, arguments, asked.request.at)
    return answer_json(call_view(call, asked.request.at))


ROUTES = (
    Route(method="GET", path="/calls", operation=LIST_CALLS, endpoint=_list_calls),
    Route(method="GET", path="/calls/{id}", operation=SHOW_CALL, endpoint=_show_call),
)
