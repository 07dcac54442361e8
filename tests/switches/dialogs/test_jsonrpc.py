"""JSON-RPC: what goes out is checked, what comes in is never trusted."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.switches.dialogs.jsonrpc import FaultError, MalformedError, read_result, request

TEXTS = msgspec.json.Decoder(list[str])


def test_a_request() -> None:
    assert msgspec.json.decode(request("dlg.end_dlg", [1, 2], 7)) == {
        "jsonrpc": "2.0",
        "method": "dlg.end_dlg",
        "id": 7,
        "params": [1, 2],
    }
    assert "params" not in msgspec.json.decode(request("dlg.list"))


@pytest.mark.parametrize("control", ["\r", "\n", "\0", "\x7f"])
def test_a_value_with_control_characters_never_leaves(control: str) -> None:
    with pytest.raises(ValueError, match="control characters"):
        request("x", [f"a{control}b"])
    with pytest.raises(ValueError, match="control characters"):
        request("x", {"dialog_id": f"a{control}b"})


def test_a_fault_has_the_words_of_the_switch() -> None:
    with pytest.raises(FaultError, match="Dialog not found") as raised:
        read_result(b'{"jsonrpc":"2.0","error":{"code":404,"message":"Dialog not found"},"id":1}', TEXTS)
    assert raised.value.code == 404


def test_a_text_that_is_not_utf_8_is_read_all_the_same() -> None:
    assert read_result(b'{"result":["caf\xe9"]}', TEXTS) == ["caf\ufffd"]


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b'{"result":{}}', b'{"result":[1]}', b'{"result":["', b"[" * 100_000]
)
def test_what_is_no_answer(body: bytes) -> None:
    with pytest.raises(MalformedError):
        read_result(body, TEXTS)


@given(st.binary())
def test_nothing_else_is_raised(body: bytes) -> None:
    with pytest.raises((MalformedError, FaultError)):
        read_result(body, TEXTS)
