"""What answers is no Callboard, or not to be trusted; and addresses and tokens that cannot be right."""

import gzip
import shutil
from pathlib import Path
from typing import Any

import pytest

from callboard.client import AsyncClient, Client, ClientError, NotUnderstood, Patience, Unavailable, Untrusted
from callboard.client.ask import Ask
from callboard.client.asks import calls, records, switches
from callboard.client.messages import read
from callboard.client.problems import problem_of
from callboard.client.sse import Event
from tests.strangers import certificate, stranger

openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl: apt-get install openssl")
AT_ONCE = Patience(retries=0)
LIST = calls({}, (), (), None, None)


def failure(server: str, ask: Ask[Any]) -> ClientError:
    with Client(server, patience=AT_ONCE) as client, pytest.raises(ClientError) as caught:
        client.ask(ask)
    return caught.value


async def async_failure(server: str, ask: Ask[Any]) -> ClientError:
    async with AsyncClient(server, patience=AT_ONCE) as client:
        with pytest.raises(ClientError) as caught:
            await client.ask(ask)
    return caught.value


@pytest.mark.parametrize("ask", [LIST, LIST.plain], ids=["typed", "plain"])
@pytest.mark.parametrize(
    "body",
    [b"", b"\0" * 9, b"<html>", b"[]", b"[" * 200_000, b'{"calls": ["\xff"], "next": null}', b'{"calls": []}']
    + [b'{"at": "2026-01-02T00:00:00Z", "revision": "1-1", "total": 1, "next": null, "calls": [%s]}' % one
       for one in (b"1", b"{}", b'{"id": 1}', b'{"id": "1", "duration": "long"}', b'{"id": "\xff"}')],
)  # fmt: skip
async def test_another_answer_is_not_understood(body: bytes, ask: Ask[Any]) -> None:
    with stranger(body) as server:
        for error in (failure(server, ask), await async_failure(server, ask)):
            assert type(error) is NotUnderstood
            assert str(error).startswith("GET /v1/calls is not answered as a Callboard does: ")


async def test_what_is_not_packed_as_it_says() -> None:
    with stranger(b"plain", headers={"Content-Encoding": "gzip"}) as server:
        for error in (failure(server, LIST), await async_failure(server, LIST)):
            assert type(error) is NotUnderstood
            assert "not packed as it says" in str(error)


def test_what_a_newer_server_tells_besides_is_kept() -> None:
    body = b'{"at": "2026-01-02T00:00:00Z", "switches": [], "weather": "fine"}'
    with stranger(gzip.compress(body), headers={"Content-Encoding": "gzip"}) as server, Client(server) as client:
        assert client.ask(switches().plain)["weather"] == "fine"
        assert client.switches() == ()


@pytest.mark.parametrize(
    ("location", "where"),
    [
        ("https://root:pw@calls.example.net:8443/v1/calls?ticket=x", "https://calls.example.net:8443"),
        ("/elsewhere", "another path"),
        ("", "another path"),
        ("http://[::1", "nowhere"),
        ("http://calls.example.net:x/", "nowhere"),
    ],
)
def test_a_redirection_is_told_and_not_followed(location: str, where: str) -> None:
    error = problem_of(308, {"location": location}, b"")
    assert (type(error), str(error)) == (NotUnderstood, f"it redirects to {where} (status 308)")


def test_credentials_do_not_follow_a_redirection() -> None:
    with (
        stranger(b"{}") as target,
        stranger(b"", 307, {"Location": f"{target}/v1/whoami"}) as server,
        Client(server, token="cb_secret.secret") as client,
        pytest.raises(NotUnderstood, match=f"it redirects to {target} "),
    ):
        client.whoami()


@pytest.mark.parametrize(("status", "kind"), [(204, NotUnderstood), (200, NotUnderstood), (502, Unavailable)])
async def test_what_is_no_stream(status: int, kind: type[ClientError]) -> None:
    with stranger(b"<html>" if status != 204 else b"", status, {"Content-Type": "text/html"}) as server:
        async with AsyncClient(server) as other:
            with pytest.raises(kind):
                await anext(aiter(other.live()))
        with Client(server) as client, pytest.raises(kind):
            next(iter(client.live()))


@pytest.mark.parametrize("data", [b'{"calls": ["\xff"]}', b"[" * 200_000, b"1"])
def test_a_message_that_cannot_be_read(data: bytes) -> None:
    with pytest.raises(NotUnderstood, match="the stream holds what a Callboard does not send"):
        read(Event(b"rows", data))


@openssl
class TestCertificates:
    async def test_one_that_only_itself_vouches_for(self, tmp_path: Path) -> None:
        with stranger(b"{}", tls=certificate(tmp_path)) as server:
            for error in (failure(server, LIST), await async_failure(server, LIST)):
                assert type(error) is Untrusted
                assert str(error) == f"the certificate of {server} is not one to trust (self-signed certificate)"

    def test_it_is_not_asked_again(self, tmp_path: Path) -> None:
        patience = Patience(retries=1, first=600.0, longest=600.0)
        with (
            stranger(b"{}", tls=certificate(tmp_path)) as server,
            Client(server, patience=patience) as client,
            pytest.raises(Untrusted),
        ):
            client.whoami()

    def test_who_vouches_for_it_can_be_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        body, file = b'{"at": "2026-01-02T00:00:00Z", "switches": []}', certificate(tmp_path)
        with stranger(body, tls=file) as server:
            with Client(server, ca_file=str(file)) as client:
                assert client.switches() == ()
            monkeypatch.setenv("SSL_CERT_FILE", str(file))
            with Client(server) as client:
                assert client.switches() == ()

    def test_a_file_that_names_nobody(self, tmp_path: Path) -> None:
        (tmp_path / "empty.pem").write_bytes(b"")
        for name in ("empty.pem", "missing.pem"):
            with pytest.raises(ValueError, match=rf"{name} cannot be used \(.+\): name a PEM file"):
                Client("https://127.0.0.1:1", ca_file=str(tmp_path / name))


@pytest.mark.parametrize(
    "server",
    [
        "",
        "http://",
        "https:///v1",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:0",
        "http://127.0.0.1:x",
        "http:// x",
        "http://a\nb",
        "http://127.0.0.1?a=1",
        "http://127.0.0.1#a",
        "ftp://127.0.0.1",
        "http://root:opensesame@127.0.0.1:99999",
        "http://root:opensesame@127.0.0.1",
        "http://root:opensesame@[::1",
    ],
)
def test_what_is_no_address(server: str) -> None:
    for kind in (Client, AsyncClient):
        with pytest.raises(ValueError, match="address") as caught:
            kind(server)
        assert "opensesame" not in str(caught.value)
        assert str(caught.value).rpartition(": ")[2]


@pytest.mark.parametrize("server", ["http://localhost", "https://é.example:1", "http://[::1]:8080/", "http://a/b"])
def test_what_is_one(server: str) -> None:
    Client(server).close()


@pytest.mark.parametrize("token", ["cb_hidden.hidden\n", "cb_hidden hidden", "cb_hiddén.hidden", "\x1b[2Jhidden"])
def test_a_token_that_is_none_is_refused_and_not_shown(token: str) -> None:
    for kind in (Client, AsyncClient):
        with pytest.raises(ValueError, match="the token has characters") as caught:
            kind("http://127.0.0.1:1", token=token)
        assert "hidd" not in str(caught.value)
        assert caught.value.__cause__ is caught.value.__context__ is None


@pytest.mark.parametrize("key", ["", " ", "a\r\nX: y", "é"])
def test_a_key_that_cannot_be_sent(client: Client, key: str) -> None:
    with pytest.raises(ValueError, match="key: "):
        client.disconnect(960, key=key)


def test_a_section_is_asked_for_as_it_is() -> None:
    with stranger(b'{"customers": [7], "next": null}') as server:
        error = failure(server, records("customers", dict, {}).plain)
    assert type(error) is NotUnderstood
