"""The directory as one document, and the operator's own table of destinations."""

import asyncio

from callboard.api.faults import FAULTS, problem
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
)

__all__ = ["ROUTES"]

TOML = "application/toml"
CSV = "text/csv"

_MISTAKES = FAULTS[Mistaken]


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
    return answer_json(asked.desk.perform(IMPORT_DIRECTORY, asked.principal, arguments, asked.request.at))


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


ROUTES = (
    Route(method="GET", path="/directory", operation=EXPORT_DIRECTORY, endpoint=_export_directory),
    Route(method="PUT", path="/directory", operation=IMPORT_DIRECTORY, endpoint=_import_directory),
    Route(method="PUT", path="/directory/destinations", operation=REPLACE_DESTINATIONS, endpoint=_replace_destinations),
)
