"""The way from the bare address to the board: for browsers, and for nobody else."""

import pytest

from callboard.http.values import Reply, Request
from callboard.wallboard.door import Door

CHROMIUM = (
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,"
    "application/signed-exchange;v=b3;q=0.7"
)
FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
LYNX = "text/html, text/plain, text/sgml, */*;q=0.01"
JAVA = "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"
"""What HttpURLConnection sends unless it is told otherwise."""


async def within(request: Request) -> Reply:
    return Reply(body=b"within")


async def opened(
    accept: str | None, path: str = "/", method: str = "GET", query: bytes = b"", body: bytes = b""
) -> Reply:
    headers = {} if accept is None else {"accept": accept}
    asked = Request(method=method, path=path, query=query, headers=headers, body=body, at=0.0)
    return await Door(within).answer(asked)


@pytest.mark.parametrize("accept", [CHROMIUM, FIREFOX, LYNX, "TEXT/HTML; q=0.5, application/xml;q=0.4"])
@pytest.mark.parametrize("path", ["/", "//"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_browser_is_led_to_the_board(accept: str, path: str, method: str) -> None:
    reply = await opened(accept, path, method)
    headers = dict(reply.headers)
    assert (reply.status, headers["Location"]) == (302, "/board")
    assert (headers["Vary"], headers["Cache-Control"]) == ("Accept", "no-store")


@pytest.mark.parametrize(
    "accept",
    [
        None,
        "",
        "*/*",
        "text/*",
        "application/xml",
        "application/xml, text/html",
        "text/xml, text/html;q=0.9",
        "application/json, text/html",
        "text/html;q=0",
        "text/html;q=much",
        "text/html;q=nan",
        ";;,;q=,",
    ],
)
async def test_who_does_not_ask_for_a_page_first_is_handed_on(accept: str | None) -> None:
    assert (await opened(accept)).body == b"within"


@pytest.mark.parametrize(
    "more",
    [
        {"query": b"command=ListActiveCalls"},
        {"query": b"a"},
        {"body": b"command=ListActiveCalls"},
        {"method": "POST"},
        {"method": "OPTIONS"},
        {"path": "/api"},
        {"path": "/board"},
        {"path": "/nothing"},
    ],
)
@pytest.mark.parametrize("accept", [CHROMIUM, JAVA])
async def test_whatever_says_more_than_the_bare_address_is_handed_on(accept: str, more: dict[str, str | bytes]) -> None:
    assert (await opened(accept, **more)).body == b"within"  # type: ignore[arg-type]
