"""JSON-RPC 2.0 as SIP proxies speak it: a request as bytes, an answer as a value."""

from typing import TypeVar

import msgspec

__all__ = ["FaultError", "MalformedError", "Params", "decode", "read_result", "request"]

Params = list[str | int] | dict[str, str | int]
Value = TypeVar("Value")

_encoder = msgspec.json.Encoder()
_CONTROLS = frozenset(map(chr, [*range(32), 127]))


class FaultError(Exception):
    """The switch answered with an error of its own."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{message} ({code})")
        self.code = code
        self.message = message


class MalformedError(Exception):
    """What came is no answer at all, or not of the expected shape."""


class _Error(msgspec.Struct, frozen=True):
    code: int = 0
    message: str = ""


class _Answer(msgspec.Struct, frozen=True):
    result: msgspec.Raw = msgspec.Raw()
    error: _Error | None = None


_answer = msgspec.json.Decoder(_Answer)


def request(method: str, params: Params | None = None, ask: int = 1) -> bytes:
    """A request's body. Raises ValueError for a value with control characters (CR, LF, NUL): none belongs there."""
    values = params.values() if isinstance(params, dict) else params or ()
    for value in values:
        if isinstance(value, str) and not _CONTROLS.isdisjoint(value):
            raise ValueError(f"{value!r} has control characters, so it is not sent to a switch")
    message: dict[str, object] = {"jsonrpc": "2.0", "method": method, "id": ask}
    if params:
        message["params"] = params
    return _encoder.encode(message)


def decode(data: bytes, decoder: msgspec.json.Decoder[Value]) -> Value:
    """JSON as a value. Texts of SIP may be in any encoding: what is not UTF-8 is replaced, the rest stays.

    Raises `MalformedError`, also for what is nested too deep to be read.
    """
    try:
        try:
            return decoder.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return decoder.decode(data.decode("utf-8", "replace"))
    except (msgspec.DecodeError, RecursionError) as error:
        raise MalformedError(f"no answer of the expected shape: {error}") from None


def read_result(body: bytes, decoder: msgspec.json.Decoder[Value]) -> Value:
    """The result in an answer's body. Raises `FaultError` for the switch's own error, else `MalformedError`."""
    answer = decode(body, _answer)
    if answer.error is not None:
        raise FaultError(answer.error.code, answer.error.message)
    result = bytes(answer.result)
    if not result:
        raise MalformedError("an answer with neither a result nor an error")
    return decode(result, decoder)
