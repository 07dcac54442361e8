"""The front end that hands out the wallboard: the files of its bundle, and its one page at each of its addresses.

Everything the page shows it asks the API for, with the credentials that were typed into it: the files are for anyone.
The bundle is built from the folder `wallboard` at the top of the source tree and kept beside this file.
"""

import gzip
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import msgspec

from callboard.http.values import Reply, Request

__all__ = ["Wallboard"]

_PAGE = "index.html"
_TYPES = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
}
"""Content types by a file's ending; files of other kinds are not handed out."""

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
"""Content Security Policy: nothing from elsewhere, nothing inline, no text taken for markup or for a program, and no
other page around ours.
"""

_ALWAYS = (
    ("Content-Security-Policy", _POLICY),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
)
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"


class _File(msgspec.Struct, frozen=True):
    """A file of the bundle, ready to be sent."""

    content_type: str
    content: bytes
    packed: bytes
    """The content in gzip."""
    tag: str
    """Its ETag."""
    caching: str
    """Its Cache-Control: a file with a hash in its name never changes."""


class Wallboard:
    """Answers the requests to `paths`; `answer` is its `Handler`."""

    paths = ("/board/*",)

    async def answer(self, request: Request) -> Reply:
        """The page at `/board` and `/board/calls/{id}`, the bundle's files below `/board`."""
        if request.method not in ("GET", "HEAD"):
            return _words(405, f"{request.method} is not for this: use GET.", ("Allow", "GET, HEAD"))
        file = _find([piece for piece in request.path.split("/") if piece][1:])
        if file is None:
            return _words(404, "There is no such page on the wallboard. It begins at /board.")
        return _handed_out(file, request)


def _find(pieces: list[str]) -> _File | None:
    match pieces:
        case [] | ["calls", _]:
            return _bundle()[_PAGE]
        case [name]:
            return _bundle().get(name)
        case _:
            return None


def _handed_out(file: _File, request: Request) -> Reply:
    caching = (*_ALWAYS, ("Cache-Control", file.caching), ("ETag", file.tag), ("Vary", "Accept-Encoding"))
    if file.tag in request.headers.get("if-none-match", ""):
        return Reply(status=304, content_type="", headers=caching)
    if _takes_gzip(request.headers.get("accept-encoding", "")):
        packed = (*caching, ("Content-Encoding", "gzip"))
        return Reply(content_type=file.content_type, headers=packed, body=file.packed)
    return Reply(content_type=file.content_type, headers=caching, body=file.content)


def _takes_gzip(accepted: str) -> bool:
    """Whether a client's Accept-Encoding names gzip and does not weigh it as nothing (RFC 9110 section 12.5.3)."""
    for each in accepted.split(","):
        coding, _, weight = each.partition(";")
        if coding.strip().lower() == "gzip":
            return weight.replace(" ", "").lower() not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def _words(status: int, text: str, *headers: tuple[str, str]) -> Reply:
    return Reply(status=status, headers=(*_ALWAYS, *headers), body=f"{text}\n".encode())


@cache
def _bundle() -> Mapping[str, _File]:
    """The bundle's files by their names."""
    folder = files("callboard.wallboard").joinpath("bundle")
    found = ((each.name, each.name.rpartition(".")[2], each.read_bytes()) for each in folder.iterdir())
    return {name: _file(name, ending, content) for name, ending, content in found if ending in _TYPES}


def _file(name: str, ending: str, content: bytes) -> _File:
    return _File(
        content_type=_TYPES[ending],
        content=content,
        packed=gzip.compress(content, mtime=0),
        tag=f'"{hashlib.sha256(content).hexdigest()[:32]}"',
        caching=_FOR_EVER if name.endswith((".js", ".css")) else _ASK_AGAIN,
    )
