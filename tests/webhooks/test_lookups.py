"""Names that take long to be looked up hold up nobody but who gave them."""

import asyncio
import socket
import threading
from collections.abc import Iterator

import pytest

from callboard.webhooks.lookups import OF_ONE, Lookups


class Names:
    """The system's resolver; names of `slow.test` are answered once they are let go."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.go = threading.Event()
        self._look_up = socket.getaddrinfo

    def getaddrinfo(self, host: str, port: int, **more: int) -> object:
        """The port."""
        self.asked.append(host)
        if host.endswith("slow.test"):
            self.go.wait(60)
            raise socket.gaierror(socket.EAI_AGAIN, "no answer")
        return self._look_up("127.0.0.1", port, type=socket.SOCK_STREAM)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[Names]:
    names = Names()
    monkeypatch.setattr(socket, "getaddrinfo", names.getaddrinfo)
    yield names
    names.go.set()


async def test_who_asks_for_slow_names_waits_for_them_alone(names: Names) -> None:
    lookups = Lookups()
    waiting = [
        asyncio.create_task(lookups.addresses(f"tenant {number % 3}", f"{number}.slow.test", 80))
        for number in range(80)
    ]
    async with asyncio.timeout(20):
        assert await lookups.addresses("root", "quick.test", 80) == ["127.0.0.1"]
        assert await asyncio.to_thread(int, "7") == 7, "the threads that all share are free"
        while len(names.asked) < 3 * OF_ONE + 1:  # noqa: ASYNC110  threads tell nobody that they began
            await asyncio.sleep(0.01)
    assert len(names.asked) == 3 * OF_ONE + 1
    names.go.set()
    async with asyncio.timeout(20):
        found = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(one) for one in found} == {socket.gaierror}


async def test_who_stops_waiting_gives_the_turn_back_when_the_name_is_done_with(names: Names) -> None:
    lookups = Lookups()
    for number in range(OF_ONE + 2):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await lookups.addresses("acme", f"{number}.slow.test", 80)
    assert len(names.asked) <= OF_ONE
    names.go.set()
    async with asyncio.timeout(20):
        assert await lookups.addresses("acme", "quick.test", 80) == ["127.0.0.1"]
