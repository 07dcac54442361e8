"""The server, asked by the clients that people use, over real sockets."""

import asyncio
import hashlib
import json
import shutil
import socket
import ssl
import subprocess
import xmlrpc.client
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import httpx2
import pytest
import requests
import uvloop

from callboard.http.server import CannotListen, HttpServer
from callboard.http.values import Reply, Request
from tests.http.conftest import Connect, Start, serving

curl = pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl: apt-get install curl")
openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl: apt-get install openssl")


async def _run(*command: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


# --- clients ---


@curl
async def test_curl(start: Start) -> None:
    server = await start()
    url = f"http://{server.addresses[0]}//a%20b/c?x=1;y=%3B"
    _, output = await _run("curl", "-sS", "-H", "X-Name: Zoë", "--data", "k=v", url)
    seen = json.loads(output)
    assert (seen["method"], seen["path"], seen["target"]) == ("POST", "//a b/c", "//a%20b/c?x=1;y=%3B")
    assert (seen["query"], seen["body"], seen["client"]) == ("x=1;y=%3B", "k=v", "127.0.0.1")
    assert seen["headers"]["x-name"] == "Zoë"


@curl
async def test_curl_offering_http2_goes_on_in_http1(start: Start) -> None:
    server = await start()
    url = f"http://{server.addresses[0]}/"
    _, output = await _run("curl", "-sS", "--http2", "--data", "k=v", url, "-w", "%{http_version}\n", url)
    assert output.count('"body":"k=v"') == 2
    assert output.endswith("1.1\n")


@curl
async def test_curl_waits_for_100_continue(start: Start) -> None:
    server = await start()
    url = f"http://{server.addresses[0]}/"
    _, output = await _run("curl", "-sSv", "-H", "Expect: 100-continue", "--data", "x" * 2000, url)
    assert "100 Continue" in output
    assert "x" * 2000 in output


async def test_requests_with_a_session(start: Start) -> None:
    server = await start()

    def ask() -> list[Any]:
        with requests.Session() as session:
            return [session.post(f"http://{server.addresses[0]}/{n}", data={"n": str(n)}).json() for n in range(3)]

    seen = await asyncio.to_thread(ask)
    assert [(each["path"], each["body"]) for each in seen] == [("/0", "n=0"), ("/1", "n=1"), ("/2", "n=2")]


async def test_httpx2_sends_chunks(start: Start) -> None:
    server = await start()

    async def chunks() -> Any:
        for number in range(100):
            yield f"{number},".encode()

    async with httpx2.AsyncClient(trust_env=False) as client:
        answer = await client.post(f"http://{server.addresses[0]}/", content=chunks())
    assert answer.json()["body"] == "".join(f"{n}," for n in range(100))


async def test_aiohttp_reads_blocks(start: Start) -> None:
    async def listing(request: Request) -> Reply:
        return Reply(content_type="text/xml", body=(b"<row>%d</row>" % n for n in range(5000)))

    server = await start(listing)
    async with aiohttp.ClientSession() as session, session.get(f"http://{server.addresses[0]}/") as answer:
        assert answer.headers["content-type"] == "text/xml"
        assert await answer.read() == b"".join(b"<row>%d</row>" % n for n in range(5000))


async def test_xmlrpc_client(start: Start) -> None:
    async def answer(request: Request) -> Reply:
        params, method = xmlrpc.client.loads(request.body.decode())
        return Reply(
            content_type="text/xml", body=xmlrpc.client.dumps(((method, *params),), methodresponse=True).encode()
        )

    server = await start(answer)

    def ask() -> object:
        with xmlrpc.client.ServerProxy(f"http://{server.addresses[0]}/RPC2") as proxy:
            return proxy.double(21)

    assert await asyncio.to_thread(ask) == ["double", 21]


# --- replies ---


async def test_a_reply_whole(start: Start, connect: Connect) -> None:
    async def handler(request: Request) -> Reply:
        return Reply(
            status=401, headers=(("WWW-Authenticate", "Digest x"), ("WWW-Authenticate", "Basic y")), body=b"no"
        )

    raw = await connect(await start(handler))
    await raw.send(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    head, _, body = (await raw.rest()).partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"HTTP/1.1 401 Unauthorized"
    assert b"WWW-Authenticate: Digest x" in lines
    assert b"WWW-Authenticate: Basic y" in lines
    assert b"Content-Length: 2" in lines
    assert b"Content-Type: text/plain; charset=utf-8" in lines
    assert any(line.startswith(b"Date: ") for line in lines)
    assert not any(line.lower().startswith(b"server:") for line in lines)
    assert body == b"no"


async def test_no_content_has_no_length(start: Start, connect: Connect) -> None:
    async def handler(request: Request) -> Reply:
        return Reply(status=204, content_type="", body=b"what would be taken for the next answer")

    raw = await connect(await start(handler))
    await raw.send(b"DELETE / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    answer = await raw.rest()
    assert answer.startswith(b"HTTP/1.1 204 ")
    assert b"content-" not in answer.lower()
    assert b"transfer-encoding" not in answer.lower()
    assert answer.endswith(b"\r\n\r\n")


async def test_head_makes_no_rows(start: Start, connect: Connect) -> None:
    rows = _Rows()

    async def handler(request: Request) -> Reply:
        assert request.method == "HEAD"
        return Reply(body=rows if request.path == "/rows" else b"12345")

    raw = await connect(await start(handler))
    await raw.send(b"HEAD /rows HTTP/1.1\r\nHost: x\r\n\r\nHEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    answer = await raw.rest()
    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert b"Content-Length: 5\r\n" in answer
    assert answer.endswith(b"\r\n\r\n")
    assert rows.made == 0


async def test_blocks_for_http_1_0(start: Start, connect: Connect) -> None:
    async def handler(request: Request) -> Reply:
        return Reply(body=[b"one ", b"two ", b"three"])

    raw = await connect(await start(handler))
    await raw.send(b"GET / HTTP/1.0\r\n\r\n")
    answer = await raw.rest()
    assert b"transfer-encoding" not in answer.lower()
    assert b"Content-Length: 13\r\n" in answer
    assert answer.endswith(b"\r\n\r\none two three")


async def test_an_empty_listing(start: Start) -> None:
    async def handler(request: Request) -> Reply:
        return Reply(body=iter(()))

    server = await start(handler)
    async with httpx2.AsyncClient(trust_env=False) as client:
        assert (await client.get(f"http://{server.addresses[0]}/")).content == b""


# --- faults of handlers ---


async def test_a_handler_that_fails(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    async def handler(request: Request) -> Reply:
        raise LookupError("inside")

    server = await start(handler)
    async with httpx2.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"http://{server.addresses[0]}/calls?password=secret-word")
        assert answer.status_code == 500
        reference = answer.text.split()[-1].rstrip(".")
        assert "inside" not in answer.text
    assert f"GET /calls failed, reference {reference}" in caplog.text
    assert "LookupError: inside" in caplog.text
    assert "secret-word" not in caplog.text


@pytest.mark.parametrize(
    "reply",
    [
        Reply(headers=(("X-Split", "a\r\nSet-Cookie: b"),)),
        Reply(headers=(("X Name", "a"),)),
        Reply(headers=(("X-Name", "日本"),)),
        Reply(content_type="text/plain\n"),
        Reply(body=(1 // zero for zero in (0,))),  # type: ignore[misc]
    ],
)
async def test_a_reply_that_cannot_be_sent(start: Start, reply: Reply, caplog: pytest.LogCaptureFixture) -> None:
    async def handler(request: Request) -> Reply:
        return reply

    server = await start(handler)
    async with httpx2.AsyncClient(trust_env=False) as client:
        answer = await client.get(f"http://{server.addresses[0]}/")
    assert answer.status_code == 500
    assert "set-cookie" not in answer.headers
    assert "failed, reference" in caplog.text


async def test_a_listing_that_fails_in_the_middle_is_not_taken_for_complete(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    def rows() -> Iterator[bytes]:
        yield b"one"
        raise LookupError("inside")

    async def handler(request: Request) -> Reply:
        return Reply(body=rows())

    server = await start(handler)
    async with httpx2.AsyncClient(trust_env=False) as client:
        with pytest.raises(httpx2.TransportError):
            await client.get(f"http://{server.addresses[0]}/")
    assert "failed in the middle of the answer" in caplog.text


# --- slow readers and clients that leave ---


class _Rows:
    """Endless blocks of rows, and how many were made."""

    def __init__(self) -> None:
        self.made = 0
        self.finished = asyncio.Event()

    def __iter__(self) -> Iterator[bytes]:
        try:
            while True:
                self.made += 1
                yield b"r" * 100_000
        finally:
            self.finished.set()


async def test_rows_stop_when_the_client_leaves(start: Start, connect: Connect) -> None:
    rows = _Rows()

    async def handler(request: Request) -> Reply:
        return Reply(body=rows)

    raw = await connect(await start(handler))
    await raw.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    await raw.until(b"rrrr")
    assert not rows.finished.is_set()
    await raw.close()
    await asyncio.wait_for(rows.finished.wait(), 20)


async def test_a_client_that_stops_reading_holds_little_and_is_cut(start: Start, connect: Connect) -> None:
    rows = _Rows()

    async def handler(request: Request) -> Reply:
        return Reply(body=rows)

    raw = await connect(await start(handler, send_timeout=0.5))
    raw.writer.transport.pause_reading()  # type: ignore[attr-defined]
    await raw.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    await asyncio.wait_for(rows.finished.wait(), 20)
    assert rows.made < 300  # the rest is in the kernel's buffers, some MB on loopback


class _Reused:
    """Blocks of many lengths, every one in the same memory."""

    def __init__(self) -> None:
        self.sent = hashlib.sha256()

    def __iter__(self) -> Iterator[memoryview]:
        memory = bytearray(600_000)
        for number in range(30):
            memory[:] = b"%8d" % number * (len(memory) // 8)
            block = memoryview(memory)[: (1, 0, 17, 300_000, len(memory))[number % 5]]
            self.sent.update(block)
            yield block
        memory[:] = bytes(len(memory))


async def _reads_what_was_made(server: HttpServer, rows: _Reused, tls: ssl.SSLContext | None) -> None:
    """A client that reads little at a time gets every byte as it was when its block was made; and the next answer."""
    host, _, port = server.addresses[0].rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port), ssl=tls, limit=1 << 14)
    got = hashlib.sha256()
    for _ in range(2):
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
        while size := int(await reader.readuntil(b"\r\n"), 16):
            got.update(await reader.readexactly(size))
            assert await reader.readexactly(2) == b"\r\n"
        assert await reader.readexactly(2) == b"\r\n"
    writer.close()
    assert got.digest() == rows.sent.digest()


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_the_memory_of_a_block_may_be_used_again_at_once(loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    async def scene() -> None:
        rows = _Reused()

        async def handler(request: Request) -> Reply:
            return Reply(body=rows)

        async with serving(handler) as server:
            await asyncio.wait_for(_reads_what_was_made(server, rows, None), 30)

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(scene())


@openssl
async def test_the_memory_of_a_block_may_be_used_again_under_tls(start: Start, certificate: tuple[Path, Path]) -> None:
    rows, (file, key) = _Reused(), certificate

    async def handler(request: Request) -> Reply:
        return Reply(body=rows)

    server = await start(handler, certificate=str(file), key=str(key))
    context = ssl.create_default_context(cafile=str(file))
    await asyncio.wait_for(_reads_what_was_made(server, rows, context), 30)


async def test_a_long_listing_leaves_others_their_turn(start: Start) -> None:
    rows = _Rows()

    async def handler(request: Request) -> Reply:
        return Reply(body=rows) if request.path == "/rows" else Reply(body=b"quick")

    server = await start(handler)
    url = f"http://{server.addresses[0]}"
    async with httpx2.AsyncClient(trust_env=False) as client, client.stream("GET", f"{url}/rows") as listing:
        blocks = listing.aiter_bytes()
        for _ in range(20):
            await anext(blocks)
            assert (await client.get(url)).content == b"quick"


async def test_a_client_that_leaves_before_its_body_is_complete(start: Start, connect: Connect) -> None:
    asked: list[str] = []

    async def handler(request: Request) -> Reply:
        asked.append(request.path)
        return Reply()

    server = await start(handler)
    raw = await connect(server)
    await raw.send(b"POST /half HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf")
    await raw.close()
    async with httpx2.AsyncClient(trust_env=False) as client:
        await client.get(f"http://{server.addresses[0]}/whole")
    assert asked == ["/whole"]


# --- proxies ---


@pytest.mark.parametrize(
    ("proxies", "forwarded", "client"),
    [
        ([], "192.0.2.9", "127.0.0.1"),
        (["198.51.100.1"], "192.0.2.9", "127.0.0.1"),
        (["127.0.0.1"], "192.0.2.9", "192.0.2.9"),
        (["127.0.0.0/8"], "10.0.0.1, 192.0.2.9, 127.0.0.7", "192.0.2.9"),
        (["127.0.0.1"], None, "127.0.0.1"),
    ],
)
async def test_whom_a_proxy_speaks_for(start: Start, proxies: list[str], forwarded: str | None, client: str) -> None:
    server = await start(proxies=proxies)
    async with httpx2.AsyncClient(trust_env=False) as asking:
        headers = {"X-Forwarded-For": forwarded} if forwarded else {}
        answer = await asking.get(f"http://{server.addresses[0]}/", headers=headers)
    assert answer.json()["client"] == client


# --- logs ---


async def test_the_access_log_has_no_query(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    for access_log in (False, True):
        caplog.clear()
        server = await start(access_log=access_log)
        async with httpx2.AsyncClient(trust_env=False) as client:
            await client.get(f"http://{server.addresses[0]}/api?password=secret-word")
        await server.stop()
        ours = [record.getMessage() for record in caplog.records if not record.name.startswith(("httpx2", "httpcore2"))]
        assert any(line.startswith("127.0.0.1 GET /api 200 ") for line in ours) is access_log
        assert not any("secret-word" in line for line in ours)


# --- starting and stopping ---


async def test_several_addresses_and_one_more(start: Start) -> None:
    server = await start(listen=["127.0.0.1:0", "[::1]:0"])
    await server.listen("127.0.0.2:0")
    assert [address.rpartition(":")[0] for address in server.addresses] == ["127.0.0.1", "[::1]", "127.0.0.2"]
    async with httpx2.AsyncClient(trust_env=False) as client:
        seen = [(await client.get(f"http://{address}/")).json()["client"] for address in server.addresses]
    assert seen == ["127.0.0.1", "::1", "127.0.0.1"]


async def test_a_busy_port_is_named_and_nothing_stays_open(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy, socket.create_server(("127.0.0.1", 0)) as spare:
        port, free = busy.getsockname()[1], spare.getsockname()[1]
        spare.close()
        with pytest.raises(CannotListen, match=f"127.0.0.1:{port}: another program uses this port"):
            await start(listen=[f"127.0.0.1:{free}", f"127.0.0.1:{port}"])
        server = await start(listen=[f"127.0.0.1:{free}"])
        assert server.addresses == (f"127.0.0.1:{free}",)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"listen": ["192.0.2.1:0"]}, "no such address"),
        ({"listen": ["no.such.host.invalid:0"]}, "no such host"),
        ({"certificate": "/nowhere/callboard.pem"}, "certificate /nowhere/callboard.pem cannot be used"),
    ],
)
async def test_settings_that_cannot_be_are_explained(start: Start, settings: dict[str, Any], words: str) -> None:
    with pytest.raises(CannotListen, match=words):
        await start(**settings)


async def test_stopping_lets_answers_finish(connect: Connect) -> None:
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def handler(request: Request) -> Reply:
        asked.set()
        await go_on.wait()
        return Reply(body=b"finished")

    async with serving(handler) as server:
        raw, idle = await connect(server), await connect(server)
        await raw.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.wait_for(asked.wait(), 20)
        stopping = asyncio.create_task(server.stop())
        assert await idle.rest() == b""
        go_on.set()
        assert (await raw.rest()).endswith(b"finished")
        await stopping
        assert server.addresses == ()


async def test_stopping_cuts_what_does_not_finish(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    asked = asyncio.Event()

    async def handler(request: Request) -> Reply:
        asked.set()
        await asyncio.Event().wait()
        return Reply()

    async with serving(handler, stop_grace=0.1) as server:
        raw = await connect(server)
        await raw.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.wait_for(asked.wait(), 20)
        await server.stop()
        assert await raw.rest() == b""
    assert caplog.text == ""


def test_under_uvloop() -> None:
    async def scene() -> None:
        rows = _Rows()

        async def handler(request: Request) -> Reply:
            return Reply(body=rows if request.path == "/rows" else b"here")

        async with serving(handler) as server:
            async with httpx2.AsyncClient(trust_env=False) as client:
                assert (await client.get(f"http://{server.addresses[0]}/")).content == b"here"
                async with client.stream("GET", f"http://{server.addresses[0]}/rows") as listing:
                    await anext(listing.aiter_bytes())
            await asyncio.wait_for(rows.finished.wait(), 20)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(scene())


# --- TLS ---


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*make, *names, "-out", certificate, "-keyout", key], check=True, capture_output=True)
    return certificate, key


@openssl
@pytest.mark.parametrize("together", [False, True])
async def test_tls(start: Start, certificate: tuple[Path, Path], together: bool, tmp_path: Path) -> None:
    file, key = certificate
    if together:
        both = tmp_path / "both.pem"
        both.write_text(key.read_text() + file.read_text())
        server = await start(certificate=str(both))
    else:
        server = await start(certificate=str(file), key=str(key))
    async with httpx2.AsyncClient(trust_env=False, verify=ssl.create_default_context(cafile=str(file))) as client:
        answer = await client.post(f"https://{server.addresses[0]}/secure", content=b"x" * 100_000)
    assert answer.json()["path"] == "/secure"
    assert len(answer.json()["body"]) == 100_000


@openssl
async def test_a_key_of_another_certificate(start: Start, certificate: tuple[Path, Path], tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    await _run("openssl", "genpkey", "-algorithm", "ed25519", "-out", str(other))
    with pytest.raises(CannotListen, match=r"http\.certificate and http\.key"):
        await start(certificate=str(certificate[0]), key=str(other))
