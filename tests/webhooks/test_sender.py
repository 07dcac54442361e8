"""One attempt: over TLS to whom the certificate names, to addresses that were judged, with an end to everything."""

import asyncio
import base64
import contextlib
import json
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook as Judge

from callboard.webhooks import sender as sender_module
from callboard.webhooks.own import is_own
from callboard.webhooks.sender import Attempt, Sender
from callboard.webhooks.signing import headers

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl: apt-get install openssl")

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


@asynccontextmanager
async def answering(answer: bytes, context: ssl.SSLContext | None = None) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server that answers every request with these bytes; its port, and what it got."""
    got: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        got.append(await reader.read(65_536))
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1], got


@asynccontextmanager
async def sending(patience: float = 5.0) -> AsyncIterator[Sender]:
    """A sender at Unix time 0."""
    sender = Sender(patience, lambda: 0.0)
    try:
        yield sender
    finally:
        await sender.close()


async def sent(sender: Sender, url: str, fault: str | None = None) -> Attempt:
    return await sender.send("root", url, {"Content-Type": "application/json"}, b"{}", lambda address: fault)


class Certificate(NamedTuple):
    """Where it is kept, and what serves with it."""

    file: Path
    context: ssl.SSLContext


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Of localhost, by nobody whom anybody trusts."""
    folder = tmp_path_factory.mktemp("tls")
    made, key = folder / "certificate.pem", folder / "key.pem"
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run([*make, *names, "-out", made, "-keyout", key], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made, key)
    return Certificate(made, context)


async def test_who_has_no_certificate_that_is_trusted_gets_nothing(certificate: Certificate) -> None:
    async with answering(OK, certificate.context) as (port, got), sending() as sender:
        attempt = await sent(sender, f"https://localhost:{port}/")
        assert (attempt.status, attempt.arrived) == (None, False)
        assert "certificate" in attempt.words.lower()
        assert got == []


async def test_a_trusted_certificate_must_be_the_hosts(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    async with answering(OK, certificate.context) as (port, got), sending() as sender:
        assert (await sent(sender, f"https://localhost:{port}/")).arrived
        assert got[0].startswith(b"POST / HTTP/1.1\r\n")
        assert f"\r\nhost: localhost:{port}\r\n".encode() in got[0].lower()
        attempt = await sent(sender, f"https://127.0.0.1:{port}/")
        assert "certificate" in attempt.words.lower()
        assert len(got) == 1


@asynccontextmanager
async def keeping(answer: bytes, context: ssl.SSLContext | None = None) -> AsyncIterator[tuple[int, list[list[bytes]]]]:
    """A server that keeps connections open and answers each request with these bytes; its port, and what it got on each
    connection.
    """
    connections: list[list[bytes]] = []
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        got: list[bytes] = []
        connections.append(got)
        writers.append(writer)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                got.append(await reader.readuntil(b"\r\n\r\n{}"))
                writer.write(answer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1], connections
    finally:
        server.close()
        for writer in writers:
            writer.close()


@pytest.fixture
def any_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name is this machine's."""
    look_up = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, port, **more: look_up("127.0.0.1", port, **more))


@pytest.mark.usefixtures("any_name")
async def test_a_connection_that_proved_to_be_one_hosts_is_not_used_for_another(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
    async with keeping(OK, certificate.context) as (port, connections), sending() as sender:
        for _ in range(3):
            assert (await sent(sender, f"https://localhost:{port}/")).arrived
        assert [len(got) for got in connections] == [3], "for the same host it is"
        attempt = await sent(sender, f"https://billing.example:{port}/")
        assert "certificate" in attempt.words.lower()
        assert sum(len(got) for got in connections) == 3


@pytest.mark.usefixtures("any_name")
async def test_connections_to_few_hosts_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender_module, "_MOST_HOSTS", 2)
    async with keeping(OK) as (port, connections), sending() as sender:
        for host in ("a", "b", "c", "c", "b", "a"):
            assert (await sent(sender, f"http://{host}.example:{port}/")).arrived
        assert [len(got) for got in connections] == [1, 2, 2, 1]


async def test_an_answer_is_read_as_far_as_the_connection_needs_it() -> None:
    answer = b'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{"ok": true}'
    async with keeping(answer) as (port, connections), sending() as sender:
        for _ in range(3):
            assert (await sent(sender, f"http://127.0.0.1:{port}/")).arrived
        assert len(connections) == 1


async def test_cookies_are_not_kept() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nSet-Cookie: who=tenant\r\n\r\n"
    async with answering(answer) as (port, got), sending() as sender:
        for _ in range(2):
            assert (await sent(sender, f"http://127.0.0.1:{port}/")).arrived
        assert b"cookie" not in b"".join(got).lower()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz",
    ],
)
async def test_what_was_taken_is_taken_whatever_else_is_said(answer: bytes) -> None:
    async with answering(answer) as (port, _), sending() as sender:
        assert await sent(sender, f"http://127.0.0.1:{port}/") == Attempt(200, "")


async def test_who_took_it_and_never_ends_the_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender_module, "_PATIENCE", 0.05)
    async with keeping(b"HTTP/1.1 202 OK\r\nContent-Length: 9\r\n\r\nok") as (port, _), sending() as sender:
        assert await sent(sender, f"http://127.0.0.1:{port}/") == Attempt(202, "")


async def test_a_connection_that_is_closed_as_it_comes_about_is_a_failure_as_any(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Seen with a receiver that goes after one message, on a busy machine: the next was never tried again."""

    async def closed(self: object, request: httpx2.Request) -> httpx2.Response:
        raise AttributeError("'NoneType' object has no attribute 'getpeername'")

    monkeypatch.setattr(httpx2.AsyncHTTPTransport, "handle_async_request", closed)
    async with sending() as sender:
        attempt = await sent(sender, "http://127.0.0.1:9/")
        assert attempt == Attempt(None, "it could not be sent: the connection was closed as soon as it was there")


async def test_a_name_is_looked_up_once_and_its_address_judged() -> None:
    judged: list[str] = []

    def fault_of(address: str) -> str | None:
        judged.append(address)
        return "it is not to be reached"

    async with answering(OK) as (port, got), sending() as sender:
        attempt = await sender.send("root", f"http://localhost:{port}/", {}, b"", fault_of)
        assert attempt.words == "nothing is sent to localhost: it is not to be reached"
        assert set(judged) <= {"127.0.0.1", "::1"}
        assert got == []


def test_what_is_this_machines_own() -> None:
    assert is_own("127.0.0.1")
    assert not is_own("192.0.2.1"), "it is kept for examples"
    assert not is_own("2001:db8::1"), "so is this"
    assert not is_own("nobody.invalid")


async def test_a_name_that_is_nobodys() -> None:
    async with sending() as sender:
        attempt = await sent(sender, "http://nobody.invalid/")
        assert "cannot be looked up" in attempt.words


@pytest.mark.parametrize(
    ("answer", "status", "words", "wait"),
    [
        (b"HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1/\r\n\r\n", 301, "redirects are not followed", 0.0),
        (b"HTTP/1.1 429 Slow\r\nRetry-After: 120\r\n\r\n", 429, "429", 120.0),
        (b"HTTP/1.1 503 No\r\nRetry-After: 99999999999\r\n\r\n", 503, "503", 86_400.0),
        (b"HTTP/1.1 503 No\r\nRetry-After: Thu, 01 Jan 1970 00:01:00 GMT\r\n\r\n", 503, "503", 60.0),
        (b"HTTP/1.1 503 No\r\nRetry-After: soon\r\n\r\n", 503, "503", 0.0),
        (b"HTTP/1.1 500 No\r\n\r\nout of \x1b[31morder\xff", 500, "out of [31morder\ufffd", 0.0),
        (b"nonsense\r\n\r\n", None, "could not be sent", 0.0),
        (b"", None, "could not be sent", 0.0),
    ],
)
async def test_answers_are_told_in_words(answer: bytes, status: int | None, words: str, wait: float) -> None:
    async with answering(answer) as (port, _), sending() as sender:
        attempt = await sent(sender, f"http://127.0.0.1:{port}/")
        assert (attempt.status, attempt.wait) == (status, wait)
        assert words in attempt.words


async def test_who_says_nothing_is_waited_for_so_long_and_no_longer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        async with sending(0.2) as sender:
            attempt = await sent(sender, f"http://127.0.0.1:{silent.getsockname()[1]}/")
            assert attempt == Attempt(None, "no answer within 0.2 s")


@given(st.binary(min_size=24, max_size=64), st.binary(max_size=300))
def test_another_library_finds_the_signatures_good(key: bytes, body: bytes) -> None:
    secret = f"whsec_{base64.b64encode(key).decode()}"
    text = json.dumps(body.hex()).encode()
    given = headers((secret, "whsec_AAAA"), "msg_1", time.time(), text)
    assert Judge(secret).verify(text, given) == body.hex()
