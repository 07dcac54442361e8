"""The front that hands out the wallboard."""

import gzip
import re

import pytest

from callboard.http.values import Reply, Request
from callboard.wallboard.wallboard import Wallboard


async def asked(path: str, method: str = "GET", **headers: str) -> Reply:
    """What the front answers."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return await Wallboard().answer(Request(method=method, path=path, headers=given, at=0.0))


def body(reply: Reply) -> bytes:
    assert isinstance(reply.body, bytes)
    return reply.body


async def parts() -> list[str]:
    """What the page loads."""
    return re.findall(r'(?:src|href)="([^"]+)"', body(await asked("/board")).decode())


@pytest.mark.parametrize("path", ["/board", "/board/", "/board/calls/960", "//board//calls/960/"])
async def test_the_page_stands_at_each_of_its_addresses_and_is_asked_for_anew(path: str) -> None:
    reply = await asked(path)
    assert (reply.status, reply.content_type) == (200, "text/html; charset=utf-8")
    assert b"<title>Callboard</title>" in body(reply)
    assert dict(reply.headers)["Cache-Control"] == "no-cache"


async def test_all_that_the_page_loads_is_there_and_nothing_comes_from_elsewhere() -> None:
    found = {path: await asked(path) for path in await parts()}
    assert {reply.content_type for reply in found.values()} == {
        "image/svg+xml",
        "text/css; charset=utf-8",
        "text/javascript; charset=utf-8",
    }
    assert all(reply.status == 200 for reply in found.values())
    assert all(path.startswith("/board/") for path in found)


async def test_what_has_a_hash_in_its_name_is_kept_for_ever() -> None:
    script = next(path for path in await parts() if path.endswith(".js"))
    assert "immutable" in dict((await asked(script)).headers)["Cache-Control"]


@pytest.mark.parametrize("path", ["/board", "/board/icon.svg", "/board/nothing"])
async def test_every_answer_forbids_what_is_not_ours(path: str) -> None:
    headers = dict((await asked(path)).headers)
    directives = dict(each.strip().split(" ", 1) for each in headers["Content-Security-Policy"].split(";"))
    shut = ("default-src", "base-uri", "form-action", "frame-ancestors", "trusted-types")
    ours = ("script-src", "style-src", "img-src", "connect-src")
    assert directives == {
        **dict.fromkeys(shut, "'none'"),
        **dict.fromkeys(ours, "'self'"),
        "require-trusted-types-for": "'script'",
    }
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"


async def test_who_has_it_already_is_told_so() -> None:
    tag = dict((await asked("/board")).headers)["ETag"]
    reply = await asked("/board", if_none_match=f'"other", W/{tag}')
    assert (reply.status, reply.body) == (304, b"")
    assert dict(reply.headers)["ETag"] == tag
    assert (await asked("/board", if_none_match='"other"')).status == 200


@pytest.mark.parametrize("accepted", ["gzip", "br, GZIP;q=0.5", "deflate,gzip"])
async def test_it_is_sent_packed_to_who_takes_that(accepted: str) -> None:
    reply = await asked("/board", accept_encoding=accepted)
    assert dict(reply.headers)["Content-Encoding"] == "gzip"
    assert dict(reply.headers)["Vary"] == "Accept-Encoding"
    assert gzip.decompress(body(reply)) == body(await asked("/board"))


@pytest.mark.parametrize("accepted", ["", "br", "gzip;q=0", "gzip; q=0.000"])
async def test_it_is_sent_plain_to_all_others(accepted: str) -> None:
    reply = await asked("/board", accept_encoding=accepted)
    assert "Content-Encoding" not in dict(reply.headers)


@pytest.mark.parametrize(
    "path", ["/board/nothing", "/board/sources.sha256", "/board/../wallboard.py", "/board/calls", "/board/calls/1/2"]
)
async def test_there_is_nothing_else(path: str) -> None:
    assert (await asked(path)).status == 404


async def test_it_is_only_read() -> None:
    reply = await asked("/board", method="POST")
    assert reply.status == 405
    assert dict(reply.headers)["Allow"] == "GET, HEAD"
