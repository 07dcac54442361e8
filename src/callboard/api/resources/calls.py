"""Calls: list them, look at one, end it, or take a stuck row out."""

from collections.abc import Iterator
from http import HTTPStatus

import msgspec

from callboard.api import request as ask
from callboard.api.fields import blocks, call_view, command_view, timestamp
from callboard.api.route import JSON, Asked, Route, answer_json
from callboard.http.blocks import body
from callboard.http.values import Reply
from callboard.operations.disconnect import DISCONNECT_CALL, DisconnectCall
from callboard.operations.forget import FORGET_CALL, ForgetCall
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


async def _disconnect_call(asked: Asked) -> Reply:
    """202: the switch was asked, or could not be; `/v1/commands/{command}` tells what came of it."""
    arguments = DisconnectCall(number=ask.call_number(asked.name))
    (command,) = asked.desk.perform(DISCONNECT_CALL, asked.principal, arguments, asked.request.at).commands
    return answer_json({"command": command}, HTTPStatus.ACCEPTED, ("Location", f"/v1/commands/{command}"))


async def _forget_call(asked: Asked) -> Reply:
    """The command and its outcome, which is known at once: no switch is asked."""
    arguments = ForgetCall(number=ask.call_number(asked.name))
    return answer_json(command_view(asked.desk.perform(FORGET_CALL, asked.principal, arguments, asked.request.at)))


ROUTES = (
    Route(method="GET", path="/calls", operation=LIST_CALLS, endpoint=_list_calls),
    Route(method="GET", path="/calls/{id}", operation=SHOW_CALL, endpoint=_show_call),
    Route(
        method="POST", path="/calls/{id}/disconnect", operation=DISCONNECT_CALL, endpoint=_disconnect_call, status=202
    ),
    Route(method="POST", path="/calls/{id}/forget", operation=FORGET_CALL, endpoint=_forget_call),
)
