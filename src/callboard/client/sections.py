"""The sections of the directory, one way for all of them: customers, accounts, devices, vendors, logins and so on."""

from collections.abc import AsyncIterator, Iterator
from typing import Generic, Protocol, TypeVar

from callboard.client import asks
from callboard.client.ask import Ask
from callboard.client.asks import LONGEST_PAGE
from callboard.client.records import RecordPage

__all__ = ["AsyncRecords", "Records"]

T = TypeVar("T")
R = TypeVar("R")


class Asks(Protocol):
    """What puts a question to the server."""

    def ask(self, ask: Ask[T], *, key: str | None = None) -> T:
        """The answer."""


class AsyncAsks(Protocol):
    """The same, to be awaited."""

    async def ask(self, ask: Ask[T], *, key: str | None = None) -> T:
        """The answer."""


class Records(Generic[R]):
    """One section of the directory."""

    def __init__(self, client: Asks, section: str, kind: type[R]) -> None:
        self._client = client
        self._section = section
        self._kind = kind

    def __iter__(self) -> Iterator[R]:
        return self.list()

    def list(
        self,
        *,
        customer: int | None = None,
        recursive: bool | None = None,
        search: str | None = None,
        page: int = LONGEST_PAGE,
    ) -> Iterator[R]:
        """Every record that one sees and that matches, page by page."""
        after: str | None = None
        while True:
            found = self.page(customer=customer, recursive=recursive, search=search, after=after, limit=page)
            yield from found.records
            after = found.next
            if after is None:
                return

    def page(
        self,
        *,
        customer: int | None = None,
        recursive: bool | None = None,
        search: str | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> RecordPage[R]:
        """One page."""
        where = {"customer": customer, "recursive": recursive, "search": search, "after": after, "limit": limit}
        return asks.page_of(self._client.ask(asks.records(self._section, self._kind, where)))

    def show(self, key: str | int) -> R:
        """One, by its id; a login by its name."""
        return self._client.ask(asks.record(self._section, self._kind, key))

    def create(self, **fields: object) -> R:
        """Make one. Without an id it gets the next free one."""
        return self._client.ask(asks.create_record(self._section, self._kind, fields))

    def replace(self, key: str | int, **fields: object) -> R:
        """Put another in its place: what is left out gets its usual value, but secrets stay."""
        return self._client.ask(asks.replace_record(self._section, self._kind, key, fields))

    def change(self, key: str | int, **fields: object) -> R:
        """Change these fields; all others stay."""
        return self._client.ask(asks.change_record(self._section, self._kind, key, fields))

    def remove(self, key: str | int) -> None:
        """Remove it."""
        self._client.ask(asks.remove_record(self._section, key))


class AsyncRecords(Generic[R]):
    """The same with `await` and `async for`."""

    def __init__(self, client: AsyncAsks, section: str, kind: type[R]) -> None:
        self._client = client
        self._section = section
        self._kind = kind

    def __aiter__(self) -> AsyncIterator[R]:
        return self.list()

    async def list(
        self,
        *,
        customer: int | None = None,
        recursive: bool | None = None,
        search: str | None = None,
        page: int = LONGEST_PAGE,
    ) -> AsyncIterator[R]:
        """Every record that one sees and that matches, page by page."""
        after: str | None = None
        while True:
            found = await self.page(customer=customer, recursive=recursive, search=search, after=after, limit=page)
            for record in found.records:
                yield record
            after = found.next
            if after is None:
                return

    async def page(
        self,
        *,
        customer: int | None = None,
        recursive: bool | None = None,
        search: str | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> RecordPage[R]:
        """One page."""
        where = {"customer": customer, "recursive": recursive, "search": search, "after": after, "limit": limit}
        return asks.page_of(await self._client.ask(asks.records(self._section, self._kind, where)))

    async def show(self, key: str | int) -> R:
        """One, by its id; a login by its name."""
        return await self._client.ask(asks.record(self._section, self._kind, key))

    async def create(self, **fields: object) -> R:
        """Make one. Without an id it gets the next free one."""
        return await self._client.ask(asks.create_record(self._section, self._kind, fields))

    async def replace(self, key: str | int, **fields: object) -> R:
        """Put another in its place: what is left out gets its usual value, but secrets stay."""
        return await self._client.ask(asks.replace_record(self._section, self._kind, key, fields))

    async def change(self, key: str | int, **fields: object) -> R:
        """Change these fields; all others stay."""
        return await self._client.ask(asks.change_record(self._section, self._kind, key, fields))

    async def remove(self, key: str | int) -> None:
        """Remove it."""
        await self._client.ask(asks.remove_record(self._section, key))
