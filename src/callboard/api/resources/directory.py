"""The directory as one document, and the operator's own table of destinations."""

import asyncio

import msgspec

from callboard.api.parameters import read_query
from callboard.api.route import JSON, Asked, Route, answer_json
from callboard.calls.refusals import Malformed, Mistaken
from callboard.directory.destinations import read_csv
from callboard.directory.directory import DirectoryError
from callboard.directory.document import Format, read_document, write_document
from callboard.http.values import Reply, Request
from callboard.operations.destinations import REPLACE_DESTINATIONS, ReplaceDestinations
from callboard.operations.directory_document import (
    EXPORT_DIRECTORY,
    IMPORT_DIRECTORY,
    ExportDirectory,
    ImportDirectory,
    Imported,
)

__all__ = ["ROUTES"]

TOML = "application/toml"
CSV = "text/csv"


class DestinationCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many destinations of the operator's own there are now."""

    destinations: int


class ImportQuery(msgspec.Struct, frozen=True, kw_only=True):
    """How."""

    dry_run: bool = False
    """Check all of it, tell what would become of it, and do nothing."""


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

    With `dry_run` all is checked and nothing is done.
    """
    return await _read_and_import(asked, beside=False)


async def _add_directory(asked: Asked) -> Reply:
    """Add what a document has to what there is, and change what is there under the same id; nothing is removed."""
    return await _read_and_import(asked, beside=True)


async def _read_and_import(asked: Asked, *, beside: bool) -> Reply:
    """Plain passwords in it take 0.1 s each, hence the thread; the gate is asked before that work."""
    asked.desk.check(IMPORT_DIRECTORY, asked.principal)
    query = read_query(asked.request, ImportQuery)
    form, text = _format(_media_type(asked.request)), _text(asked.request)
    there = asked.desk.directory.records() if beside else ()
    try:
        document = await asyncio.to_thread(read_document, text, form, asked.sealing, there)
    except DirectoryError as error:
        raise Mistaken(error.mistakes) from error
    arguments = ImportDirectory(document=document, beside=beside, dry_run=query.dry_run)
    return answer_json(asked.desk.perform(IMPORT_DIRECTORY, asked.principal, arguments, asked.request.at))


async def _replace_destinations(asked: Asked) -> Reply:
    """Put a CSV table in the place of the operator's own destinations; all its mistakes are told at once."""
    asked.desk.check(REPLACE_DESTINATIONS, asked.principal)
    if _media_type(asked.request) != CSV:
        raise Malformed(f"a table of destinations is {CSV}: say so in the Content-Type header")
    try:
        destinations = await asyncio.to_thread(read_csv, _text(asked.request))
    except DirectoryError as error:
        raise Mistaken(error.mistakes) from error
    arguments = ReplaceDestinations(destinations=destinations)
    count = asked.desk.perform(REPLACE_DESTINATIONS, asked.principal, arguments, asked.request.at)
    return answer_json({"destinations": count})


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


_DOCUMENTS = {JSON: bytes, TOML: bytes}

ROUTES = (
    Route(
        method="GET",
        path="/directory",
        operation=EXPORT_DIRECTORY,
        endpoint=_export_directory,
        gives=_DOCUMENTS,
    ),
    Route(
        method="PUT",
        path="/directory",
        operation=IMPORT_DIRECTORY,
        endpoint=_import_directory,
        query=ImportQuery,
        takes=_DOCUMENTS,
        gives={JSON: Imported},
    ),
    Route(
        method="POST",
        path="/directory/import",
        operation=IMPORT_DIRECTORY,
        endpoint=_add_directory,
        summary="Add what a document has to the directory, and change what is there under the same id.",
        query=ImportQuery,
        takes=_DOCUMENTS,
        gives={JSON: Imported},
    ),
    Route(
        method="PUT",
        path="/directory/destinations",
        operation=REPLACE_DESTINATIONS,
        endpoint=_replace_destinations,
        takes={CSV: bytes},
        gives={JSON: DestinationCount},
    ),
)
