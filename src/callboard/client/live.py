"""The list of calls, kept up to date by a stream that is taken up again where it broke."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator, Mapping, Sequence
from contextlib import aclosing, closing
from typing import Self

import httpx2
import msgspec

from callboard.client.answers import Call
from callboard.client.exchange import broken
from callboard.client.messages import Ended, Message, read
from callboard.client.mirror import Mirror, News
from callboard.client.problems import ClientError, NotUnderstood, Problem, Unavailable, Unreachable, problem_of
from callboard.client.queries import filters, query
from callboard.client.sse import EventReader

__all__ = ["AsyncLiveCalls", "LiveCalls", "StreamWish"]

SILENCE = 40.0
"""Seconds without a word after which the link is given up: a heartbeat comes every 15."""
PAUSES = (0.5, 1.0, 2.0, 5.0)
"""Seconds before each further try; the last goes on."""
EVENTS = "text/event-stream"


class StreamWish(msgspec.Struct, frozen=True):
    """What is to be followed."""

    query: dict[str, str]
    since: str = ""

    @classmethod
    def of(cls, where: Mapping[str, object], rate: float, fields: Sequence[str], legs: bool, since: str) -> Self:
        """From what a client was told. Raises `ValueError` as filters do."""
        shown = query({"rate": rate, "fields": fields or None, "view": "legs" if legs else None})
        return cls(filters(where) | shown, since)


class _Copy:
    """What both kinds have in common: the copy, and how to go on after a break."""

    def __init__(self, server: str, wish: StreamWish) -> None:
        self._server = server
        self._wish = wish
        self._mirror = Mirror()
        self._mirror.since = wish.since
        self._failures = 0
        self._begun = False
        self.connected = False
        """Whether the copy is kept up to date at present."""

    @property
    def calls(self) -> Mapping[str, Call]:
        """Every call by its id."""
        return self._mirror.calls

    @property
    def revision(self) -> str:
        """The server's list of this revision is what the copy holds; empty before the first snapshot."""
        return self._mirror.revision

    def _request(self) -> dict[str, object]:
        since = {"since": self._mirror.since} if self._mirror.since else {}
        return {
            "method": "GET",
            "url": "/v1/stream",
            "params": self._wish.query | since,
            "headers": {"Accept": EVENTS, "Cache-Control": "no-store"},
            "timeout": httpx2.Timeout(10.0, read=SILENCE),
        }

    def _take(self, message: Message) -> News | None:
        if isinstance(message, Ended):
            raise problem_of(message.status, {}, msgspec.json.encode(message))
        news = self._mirror.take(message)
        if news is not None:
            self.connected, self._begun, self._failures = True, True, 0
        return news

    def _lost(self, error: ClientError) -> News:
        """What to tell of a break. Raises it again where it is no use to come back, or where there never was a link."""
        self.connected = False
        passing = isinstance(error, Unreachable | Unavailable)
        if not passing or not self._begun:
            raise error
        self._failures += 1
        return News(kind="lost", why=error.detail if isinstance(error, Problem) else str(error))

    @property
    def _pause(self) -> float:
        return PAUSES[min(self._failures, len(PAUSES)) - 1]


def _is_stream(answer: httpx2.Response) -> bool:
    return answer.status_code == 200 and answer.headers.get("content-type", "").startswith(EVENTS)


def _refusal(answer: httpx2.Response, body: bytes) -> ClientError:
    if answer.status_code == 200:
        return NotUnderstood("GET /v1/stream is not answered with a stream of events")
    return problem_of(answer.status_code, answer.headers, body)


class LiveCalls(_Copy):
    """Iterate it: each round takes in what the server told next. Between two rounds the copy stands still.

    After a break it goes on by itself, and tells so: `lost`, then `resumed` or `snapshot`. Raises a `Problem` when the
    server lets it see no more, and whatever is wrong before the first word came.
    """

    def __init__(self, http: httpx2.Client, server: str, wish: StreamWish) -> None:
        super().__init__(server, wish)
        self._http = http

    def __iter__(self) -> Iterator[News]:
        while True:
            try:
                with closing(self._messages()) as messages:
                    for message in messages:
                        news = self._take(message)
                        if news is not None:
                            yield news
                raise Unreachable(f"{self._server} has closed the stream")
            except ClientError as error:
                yield self._lost(error)
            time.sleep(self._pause)

    def _messages(self) -> Generator[Message, None, None]:
        reader = EventReader()
        try:
            with self._http.stream(**self._request()) as answer:  # type: ignore[arg-type]
                if not _is_stream(answer):
                    raise _refusal(answer, answer.read())
                for block in answer.iter_bytes():
                    for event in reader.feed(block):
                        message = read(event)
                        if message is not None:
                            yield message
        except httpx2.RequestError as error:
            raise broken(self._server, error) from error


class AsyncLiveCalls(_Copy):
    """The same with `async for`."""

    def __init__(self, http: httpx2.AsyncClient, server: str, wish: StreamWish) -> None:
        super().__init__(server, wish)
        self._http = http

    async def __aiter__(self) -> AsyncIterator[News]:
        while True:
            try:
                async with aclosing(self._messages()) as messages:
                    async for message in messages:
                        news = self._take(message)
                        if news is not None:
                            yield news
                raise Unreachable(f"{self._server} has closed the stream")
            except ClientError as error:
                yield self._lost(error)
            await asyncio.sleep(self._pause)

    async def _messages(self) -> AsyncGenerator[Message, None]:
        reader = EventReader()
        try:
            async with self._http.stream(**self._request()) as answer:  # type: ignore[arg-type]
                if not _is_stream(answer):
                    raise _refusal(answer, await answer.aread())
                async for block in answer.aiter_bytes():
                    for event in reader.feed(block):
                        message = read(event)
                        if message is not None:
                            yield message
        except httpx2.RequestError as error:
            raise broken(self._server, error) from error
