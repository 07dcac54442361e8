"""Which front end answers at which path."""

import pytest

from callboard.http.routing import Router, plain_path
from callboard.http.values import Handler, Reply, Request


def _named(name: str) -> Handler:
    async def handler(request: Request) -> Reply:
        return Reply(body=f"{name} {request.path}".encode())

    return handler


@pytest.fixture
def router() -> Router:
    router = Router()
    router.add("/xmlapi/xmlapi", _named("sippy"))
    router.add("/", _named("front"))
    router.add("/v1/*", _named("api"))
    router.add("/v1/calls/*", _named("calls"))
    return router


async def _ask(router: Router, path: str) -> Reply:
    return await router.answer(Request(method="GET", path=path, headers={}, at=0.0))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/xmlapi/xmlapi", "sippy"),
        ("//xmlapi///xmlapi", "sippy"),
        ("/xmlapi/xmlapi/", "sippy"),
        ("/", "front"),
        ("//", "front"),
        ("/v1", "api"),
        ("/v1/", "api"),
        ("/v1/switches", "api"),
        ("/v1/calls", "calls"),
        ("/v1/calls/7/disconnect", "calls"),
    ],
)
async def test_who_answers(router: Router, path: str, expected: str) -> None:
    assert (await _ask(router, path)).body == f"{expected} {path}".encode()


@pytest.mark.parametrize("path", ["/xmlapi", "/xmlapi/xmlapi/x", "/v11", "/XMLAPI/xmlapi", "", "*"])
async def test_nobody_answers_with_a_hint(router: Router, path: str) -> None:
    reply = await _ask(router, path) if path else await _ask(router, "/nowhere")
    assert reply.status == 404
    assert isinstance(reply.body, bytes)
    assert b"/xmlapi/xmlapi" in reply.body
    assert b"/v1/calls/*" in reply.body


async def test_a_hostile_path_is_shown_short_and_harmless(router: Router) -> None:
    reply = await _ask(router, "/\r\n\x1b[31m\ud800" + "x" * 5000)
    assert isinstance(reply.body, bytes)
    assert len(reply.body) < 500
    assert b"\x1b" not in reply.body


async def test_everything_below_the_root(router: Router) -> None:
    router.add("/*", _named("all"))
    assert (await _ask(router, "/elsewhere")).body == b"all /elsewhere"
    assert (await _ask(router, "/")).body == b"front /"
    assert router.paths == ("/", "/*", "/v1/*", "/v1/calls/*", "/xmlapi/xmlapi")


@pytest.mark.parametrize("path", ["/xmlapi/xmlapi", "//xmlapi/xmlapi/", "/v1/*"])
def test_a_path_has_one_front_end(router: Router, path: str) -> None:
    with pytest.raises(ValueError, match="is taken already"):
        router.add(path, _named("other"))


def test_what_is_no_path(router: Router) -> None:
    with pytest.raises(ValueError, match="does not begin with a slash"):
        router.add("xmlapi", _named("other"))


@pytest.mark.parametrize(
    ("path", "plain"), [("/", "/"), ("//", "/"), ("", "/"), ("/api/", "/api"), ("//api//v1//", "/api/v1")]
)
def test_a_path_without_needless_slashes(path: str, plain: str) -> None:
    assert plain_path(path) == plain
