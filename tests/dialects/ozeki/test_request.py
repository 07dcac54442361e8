"""Their parameters, in every way that clients write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.access.claims import PasswordClaim
from callboard.calls.refusals import CallNotFound, Malformed, MissingArgument
from callboard.dialects.ozeki.request import command, credentials, disconnect_call, read, text
from callboard.http.parameters import LIMIT
from callboard.http.values import Request

FORM = "application/x-www-form-urlencoded"


def request(query: str = "", body: bytes = b"", content_type: str = FORM, method: str = "GET") -> Request:
    headers = {"content-type": content_type}
    return Request(method=method, path="/api", query=query.encode(), headers=headers, body=body, at=0.0)


@pytest.mark.parametrize(
    ("query", "body", "content_type"),
    [
        ("command=Hangup&CallId=000FU&Username=a&Password=b", b"", ""),
        ("Command=Hangup&callid=000FU&USERNAME=a&password=b", b"", ""),
        ("", b"command=Hangup&CallId=000FU&Username=a&Password=b", FORM),
        ("", b"command=Hangup&CallId=000FU&Username=a&Password=b\r\n", f"{FORM}; charset=utf-8"),
        ("command=Hangup", b"CALLID=000FU&username=a&password=b", FORM),
        ("command=+Hangup%20;CallId=+000FU+;Username=%61;Password=b", b"", ""),
        ("command=Hold&command=Hangup&CallId=000FU&Username=a&password=x&Password=b", b"", ""),
        ("command=Hangup&ApiExtension=9998&CallId=000FU&Username=a&Password=b&x", b"", ""),
        ("", b'{"command": "Hangup", "CallId": "000FU", "Username": "a", "Password": "b"}', "application/json"),
    ],
)
def test_the_same_request_in_many_ways(query: str, body: bytes, content_type: str) -> None:
    parameters = read(request(query, body, content_type, "POST" if body else "GET"))
    assert command(parameters) == "Hangup"
    assert credentials(parameters, "192.0.2.9") == PasswordClaim("a", "b", "192.0.2.9")
    assert disconnect_call(parameters).number == 960


@pytest.mark.parametrize(
    "query", ["", "Username=a", "Password=b", "Username=a&Password=", "Username=&Password=b", "User=a&Pass=b"]
)
def test_credentials_are_complete_or_they_are_none(query: str) -> None:
    assert credentials(read(request(query)), "192.0.2.9") is None


@pytest.mark.parametrize("query", ["", "command", "command=", "command=%20", "cmd=ListActiveCalls"])
def test_a_request_without_a_command_says_what_to_give(query: str) -> None:
    with pytest.raises(Malformed, match="command=ListActiveCalls"):
        command(read(request(query)))


@pytest.mark.parametrize("query", ["", "CallId=", "CallId=+", "ID=000FU"])
def test_hangup_without_a_call_id(query: str) -> None:
    with pytest.raises(MissingArgument) as caught:
        disconnect_call(read(request(query)))
    assert caught.value.argument == "CallId"


@pytest.mark.parametrize("call_id", ["960", "FU", "000FU0000000", "%00", "%F0%9F%98%80", "x" * 10_000])
def test_an_id_that_no_call_can_have_is_not_found(call_id: str) -> None:
    with pytest.raises(CallNotFound):
        disconnect_call(read(request(f"CallId={call_id}")))


@pytest.mark.parametrize(
    "unreadable",
    [
        request("&".join(["a=b"] * (LIMIT + 1))),
        request(body=b"[1]", content_type="application/json", method="POST"),
        request(body=b'{"command": ', content_type="application/json", method="POST"),
        request(body=b'{"command": "\\ud800"}', content_type="application/json", method="POST"),
        request("command=ListActiveCalls", method="HEAD"),
        request("command=ListActiveCalls", method="PUT"),
        request("command=ListActiveCalls", method="OPTIONS"),
    ],
)
def test_what_cannot_be_read(unreadable: Request) -> None:
    with pytest.raises(Malformed):
        read(unreadable)


@given(st.binary(max_size=200), st.binary(max_size=200), st.sampled_from([FORM, "application/json", "text/xml", ""]))
def test_any_bytes_are_read_or_refused(query: bytes, body: bytes, content_type: str) -> None:
    sent = Request(method="POST", path="/", query=query, headers={"content-type": content_type}, body=body, at=0.0)
    try:
        parameters = read(sent)
    except Malformed:
        return
    assert all(name == name.lower() for name in parameters)
    assert isinstance(text(parameters, "CallId"), str)
