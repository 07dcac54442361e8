"""One question to the server as a value: what is sent, and the type of the answer. Both clients ask the same ones."""

from collections.abc import Mapping
from types import NoneType
from typing import Any, Generic, TypeVar, cast
from urllib.parse import quote

import msgspec

from callboard.client.decoding import decoded
from callboard.client.problems import NotUnderstood

__all__ = ["JSON", "Ask", "answer", "place"]

T = TypeVar("T")

JSON = "application/json"


class Ask(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A request below /v1."""

    method: str
    route: str
    """The path as the API's document has it, such as `/calls/{id}`."""
    gives: type[T]
    """What the JSON answer is; bytes: the body as it is; NoneType: there is none."""
    path: str = ""
    """The path itself; empty: the route."""
    query: Mapping[str, str] = {}
    body: bytes | None = None
    content_type: str = JSON
    accept: str = JSON
    checked: Any = None
    """What the answer is besides, where it is taken as it comes."""
    once: bool = False
    """Whether the server heeds an `Idempotency-Key`, so that it can be sent again without being done twice."""

    def __repr__(self) -> str:
        """Without the body, which may hold a password."""
        return f"Ask({self.method} {self.target})"

    @property
    def plain(self) -> "Ask[dict[str, Any]]":
        """The same question, its answer taken as it comes, with all that a newer server may tell.

        It has what `gives` needs: somebody else's answer is found out all the same.
        """
        return Ask(
            method=self.method,
            route=self.route,
            gives=dict[str, Any],
            checked=self.gives,
            path=self.path,
            query=self.query,
            body=self.body,
            content_type=self.content_type,
            accept=self.accept,
            once=self.once,
        )

    @property
    def target(self) -> str:
        """The path to send it to."""
        return f"/v1{self.path or self.route}"

    @property
    def repeatable(self) -> bool:
        """Whether to send it twice does no harm."""
        return self.once or self.method == "GET"


def place(text: str | int) -> str:
    """An id or a name as a piece of a path."""
    return quote(str(text), safe="")


def answer(ask: Ask[T], body: bytes) -> T:
    """The body of a success as what it is. Raises `NotUnderstood` if it is something else."""
    wanted: Any = ask.gives
    if wanted is NoneType:
        return cast("T", None)
    if wanted is bytes:
        return cast("T", body)
    try:
        if ask.checked is not None:
            decoded(body, ask.checked)
        return cast("T", decoded(body, wanted))
    except ValueError as error:
        raise NotUnderstood(f"{ask.method} {ask.target} is not answered as a Callboard does: {error}") from None
