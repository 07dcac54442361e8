"""The resources under /v1 and what can be done with them: each is an operation, asked for and answered in JSON."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from http import HTTPStatus
from typing import NamedTuple

import msgspec

from callboard.access.rights import Principal
from callboard.api import request as ask
from callboard.api.faults import Fault, problem
from callboard.api.fields import blocks, call_view, command_view, switch_view, timestamp
from callboard.calls.refusals import Malformed
from callboard.directory.destinations import read_csv
from callboard.directory.directory import DirectoryError
from callboard.directory.document import Format, Sealing, read_document, write_document
from callboard.http.blocks import body
from callboard.http.values import Reply, Request
from callboard.operations.desk import Desk
from callboard.operations.destinations import REPLACE_DESTINATIONS, ReplaceDestinations
from callboard.operations.directory_document import (
    EXPORT_DIRECTORY,
    IMPORT_DIRECTORY,
    ExportDirectory,
    ImportDirectory,
)
from callboard.operations.disconnect import DISCONNECT_CALL, DisconnectCall
from callboard.operations.forget import FORGET_CALL, ForgetCall
from callboard.operations.list_calls import LIST_CALLS, Listing
from callboard.operations.show import (
    LIST_SWITCHES,
    SHOW_CALL,
    SHOW_COMMAND,
    ListSwitches,
    ShowCall,
    ShowCommand,
)

__all__ = ["ROUTES", "Asked", "Endpoint"]

JSON = "application/json"
TOML = "application/toml"
CSV = "text/csv"

_MISTAKES = Fault(HTTPStatus.UNPROCESSABLE_ENTITY, "mistakes_in_document")


class Asked(NamedTuple):
    """What an endpoint works with."""

    desk: Desk
    principal: Principal
    request: Request
    sealing: Sealing
    name: str
    """What the path names, where it has a place for a name; else empty."""


Endpoint = Callable[[Asked], Awaitable[Reply]]


def _json(content: object, status: int = 200) -> Reply:
    return Reply(status=status, content_type=JSON, body=msgspec.json.encode(content))


# --- calls -----------------------------------------------------------------------------------------------------------


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
    return _json(call_view(call, asked.request.at))


async def _disconnect_call(asked: Asked) -> Reply:
    """202: the switch was asked, or could not be; `/v1/commands/{command}` tells what came of it."""
    arguments = DisconnectCall(number=ask.call_number(asked.name))
    (command,) = asked.desk.perform(DISCONNECT_CALL, asked.principal, arguments, asked.request.at).commands
    reply = _json({"command": command}, HTTPStatus.ACCEPTED)
    return msgspec.structs.replace(reply, headers=(("Location", f"/v1/commands/{command}"),))


async def _forget_call(asked: Asked) -> Reply:
    """The command and its outcome, which is known at once: no switch is asked."""
    arguments = ForgetCall(number=ask.call_number(asked.name))
    return _json(command_view(asked.desk.perform(FORGET_CALL, asked.principal, arguments, asked.request.at)))


async def _show_command(asked: Asked) -> Reply:
    record = asked.desk.perform(SHOW_COMMAND, asked.principal, ShowCommand(id=asked.name), asked.request.at)
    return _json(command_view(record))


# --- switches --------------------------------------------------------------------------------------------------------


async def _list_switches(asked: Asked) -> Reply:
    switches = asked.desk.perform(LIST_SWITCHES, asked.principal, ListSwitches(), asked.request.at)
    return _json({"at": timestamp(asked.request.at), "switches": [switch_view(switch) for switch in switches]})


# --- the directory ---------------------------------------------------------------------------------------------------


async def _export_directory(asked: Asked) -> Reply:
    """As TOML if the Accept header asks for it, else as JSON."""
    document = asked.desk.perform(EXPORT_DIRECTORY, asked.principal, ExportDirectory(), asked.request.at)
    wanted = asked.request.headers.get("accept", "").lower()
    form: Format = "toml" if TOML in wanted and JSON not in wanted else "json"
    media_type = TOML if form == "toml" else JSON
    headers = (("Cache-Control", "no-store"), ("Vary", "Accept"))
    return Reply(content_type=media_type, headers=headers, body=write_document(document, form).encode())


async def _import_directory(asked: Asked) -> Reply:
    """Put a document in the place of the whole directory. All its mistakes are told at once, and then nothing is done.

    Plain passwords in it take 0.1 s each, hence the thread; the gate is asked before that work.
    """
    asked.desk.check(IMPORT_DIRECTORY, asked.principal)
    form = _format(_media_type(asked.request))
    text = _text(asked.request)
    try:
        document = await asyncio.to_thread(read_document, text, form, asked.sealing)
    except DirectoryError as error:
        return problem(_MISTAKES, str(error), mistakes=error.mistakes)
    arguments = ImportDirectory(document=document)
    return _json(asked.desk.perform(IMPORT_DIRECTORY, asked.principal, arguments, asked.request.at))


async def _replace_destinations(asked: Asked) -> Reply:
    """Put a CSV table in the place of the operator's own destinations; all its mistakes are told at once."""
    asked.desk.check(REPLACE_DESTINATIONS, asked.principal)
    if _media_type(asked.request) != CSV:
        raise Malformed(f"a table of destinations is {CSV}: say so in the Content-Type header")
    try:
        destinations = await asyncio.to_thread(read_csv, _text(asked.request))
    except DirectoryError as error:
        return problem(_MISTAKES, str(error), mistakes=error.mistakes)
    arguments = ReplaceDestinations(destinations=destinations)
    count = asked.desk.perform(REPLACE_DESTINATIONS, asked.principal, arguments, asked.request.at)
    return _json({"destinations": count})


def _text(request: Request) -> str:
    try:
        return request.body.decode()
    except UnicodeDecodeError as error:
        raise Malformed(f"the document is not in UTF-8: {error.reason} at byte {error.start}") from None


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _format(media_type: str) -> Format:
    match media_type:
        case "application/toml" | "text/toml":
            return "toml"
        case "application/json":
            return "json"
        case _:
            raise Malformed(f"a directory is {TOML} or {JSON}: say which in the Content-Type header")


ROUTES: dict[tuple[str, ...], dict[str, Endpoint]] = {
    ("calls",): {"GET": _list_calls},
    ("calls", "{}"): {"GET": _show_call},
    ("calls", "{}", "disconnect"): {"POST": _disconnect_call},
    ("calls", "{}", "forget"): {"POST": _forget_call},
    ("commands", "{}"): {"GET": _show_command},
    ("directory",): {"GET": _export_directory, "PUT": _import_directory},
    ("directory", "destinations"): {"PUT": _replace_destinations},
    ("switches",): {"GET": _list_switches},
}
"""The path below /v1, piece by piece, -> HTTP method -> endpoint. `{}` is the place for a name."""
