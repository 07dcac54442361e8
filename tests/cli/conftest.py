"""Run the command line in this process, as the installed script does."""

import asyncio
import gc
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ParamSpec, TypeVar

import msgspec
import pytest

from callboard.access.entries import sealing
from callboard.api.api import Api
from callboard.api.idempotency import Book
from callboard.cli import main
from callboard.http.routing import Router
from callboard.http.server import HttpServer
from callboard.http.settings import HttpSettings
from callboard.storage.database import open_database
from callboard.storage.replies import KeptReplies
from tests.house import House


class Ran(msgspec.Struct, frozen=True):
    """What a command did."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]
P = ParamSpec("P")
T = TypeVar("T")


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """A server that ran in this process has set logging up for itself: the next test's lines are not its own."""
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    yield
    root.setLevel(level)
    root.handlers[:] = handlers


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Iterator[Run]:
    """`run("calls", "list", CALLBOARD_USER="root")`: words of the command line, and variables of its environment."""
    for name in [name for name in os.environ if name.startswith("CALLBOARD_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))

    def run(*words: str, **environment: str) -> Ran:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["callboard", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as exit_:
            main()
        captured = capsys.readouterr()
        code = exit_.value.code
        return Ran(code if isinstance(code, int) else 0, captured.out, captured.err)

    yield run
    gc.unfreeze()  # a verb that serves never looks again at what it loaded, and what else there is here


@pytest.fixture
def house() -> House:
    """The core behind the server."""
    return House()


@pytest.fixture
def book() -> Iterator[Book]:
    """The replies to requests with a key, kept as a real server keeps them."""
    with open_database(None) as database:
        yield KeptReplies(database)


@pytest.fixture
def server(house: House, book: Book, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of a server, in a thread of its own, that answers with our API over `house`."""
    router = Router()
    api = Api(house.desk, sealing(sip_realm="callboard", http_realm="Callboard"), lambda: (), book)
    for path in api.paths:
        router.add(path, api.answer)
    http = HttpServer(router.answer, HttpSettings(listen=("127.0.0.1:0",)))
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    for name in ("call", "answer", "end"):
        monkeypatch.setattr(house, name, in_loop(getattr(house, name), loop, thread))
    asyncio.run_coroutine_threadsafe(http.start(), loop).result(10)
    beat = asyncio.run_coroutine_threadsafe(step_batches(house), loop)
    yield f"http://{http.addresses[0]}"
    beat.cancel()
    asyncio.run_coroutine_threadsafe(http.stop(), loop).result(10)
    asyncio.run_coroutine_threadsafe(loop.shutdown_default_executor(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


def in_loop(work: Callable[P, T], loop: asyncio.AbstractEventLoop, thread: threading.Thread) -> Callable[P, T]:
    """What changes the table, for tests: at once and in the server's loop, as the switches of a real server do it."""

    def anywhere(*args: P.args, **kwargs: P.kwargs) -> T:
        if threading.current_thread() is thread:
            return work(*args, **kwargs)

        async def there() -> T:
            return work(*args, **kwargs)

        return asyncio.run_coroutine_threadsafe(there(), loop).result(30)

    return anywhere


async def step_batches(house: House) -> None:
    """What the assembly does: see to it that calls of a batch have their turn."""
    while True:
        house.desk.batches.step(time.time())
        await asyncio.sleep(0.02)


@pytest.fixture
def ask(run: Run, server: str) -> Run:
    """As `run`, signed in as root at the server."""

    def ask(*words: str, **environment: str) -> Ran:
        signed_in = {
            "CALLBOARD_SERVER": server,
            "CALLBOARD_USER": "root",
            "CALLBOARD_PASSWORD": "demo-root",
        }
        return run(*words, **(signed_in | environment))

    return ask
