"""A FreeSWITCH in memory that speaks ESL: its calls are a recorded one, told anew under other names."""

import asyncio
import json
import re
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from itertools import pairwise
from typing import Any

from tests.switches.freeswitch.recording import CHANNELS, FOLDER, answer, bodies, subscribed
from tests.switches.freeswitch.replay import Replay, body_of

__all__ = ["Freeswitch"]

SCENE = "bridged"
LAG = 0.15
"""Seconds by which the list of the real one is behind its events."""

_MOMENT = re.compile(rb"\b1795246\d{9}\b")
"""Microseconds since 1970, in the recording."""


@cache
def _script() -> tuple[tuple[float, bytes], ...]:
    """The events of the recorded call, each with the pause before it in seconds."""
    told = [body for body in bodies(SCENE) if subscribed(body) and b'"Event-Name":"HEARTBEAT"' not in body]
    moments = [int(json.loads(body)["Event-Date-Timestamp"]) / 1e6 for body in told]
    pauses = [0.0, *(after - before for before, after in pairwise(moments))]
    return tuple(zip(pauses, told, strict=True))


@cache
def _rows() -> dict[str, dict[str, str]]:
    """The rows of both channels, once they talk."""
    (path,) = (FOLDER / SCENE).glob("*show_channels_as_json*")
    rows: list[dict[str, str]] = json.loads(answer(path))["rows"]
    return {row["uuid"]: row for row in rows}


class Freeswitch(Replay):
    """One switch with calls of its own; it can be killed and started again on the same port."""

    def __init__(self) -> None:
        super().__init__(SCENE)
        self.channels: dict[str, dict[str, Any]] = {}
        """The truth: each channel that is up, with all that was told of it."""
        self._listed: dict[str, dict[str, str]] = {}
        self._calls: dict[str, asyncio.Event] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Come to life, with a new name."""
        self.core = str(uuid.uuid4())
        self._server = await asyncio.start_server(self.serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def kill(self) -> None:
        """Die with all calls, whose ends nobody tells."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.channels.clear()
        self._listed.clear()
        self._calls.clear()
        if self._server is not None:
            self._server.close()
        await self.end()

    # --- calls -------------------------------------------------------------------------------------------------------

    def begin(self, seconds: float) -> None:
        """A call begins, and once answered goes on for so long unless it is killed."""
        task = asyncio.get_running_loop().create_task(self._call(seconds))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _call(self, seconds: float) -> None:
        names = {old: str(uuid.uuid4()) for old in _rows()}
        killed = asyncio.Event()
        self._calls.update(dict.fromkeys(names.values(), killed))
        for pause, body in _script():
            # The long pause of the recording is the talk.
            if pause > 1.0:
                with suppress(TimeoutError):
                    await asyncio.wait_for(killed.wait(), seconds)
            else:
                await asyncio.sleep(pause)
            self._tell(_renamed(body, names), names)
        for name in names.values():
            self._calls.pop(name, None)

    def _tell(self, body: bytes, names: dict[str, str]) -> None:
        event = json.loads(body)
        channel: str = event["Unique-ID"]
        if event["Event-Name"] in ("CHANNEL_HANGUP_COMPLETE", "CHANNEL_DESTROY"):
            self.channels.pop(channel, None)
            asyncio.get_running_loop().call_later(LAG, self._listed.pop, channel, None)
        else:
            self.channels.setdefault(channel, {}).update(event)
            asyncio.get_running_loop().call_later(LAG, self._list_again, channel, names)
        self.send(body)

    def _list_again(self, channel: str, names: dict[str, str]) -> None:
        known = self.channels.get(channel)
        if known is None:
            return
        old = next(old for old, new in names.items() if new == channel)
        text = json.dumps(_rows()[old])
        for before, after in names.items():
            text = text.replace(before, after)
        row = json.loads(text) | {"created_epoch": str(int(known["Caller-Channel-Created-Time"]) // 1_000_000)}
        self._listed[channel] = row | ({} if known["Answer-State"] == "answered" else {"callstate": "RINGING"})

    # --- answers -----------------------------------------------------------------------------------------------------

    def _api(self, command: str) -> bytes:
        verb, _, rest = command.partition(" ")
        channel = rest.split(" ")[0]
        known = self.channels.get(channel)
        return body_of(b"".join(self._answer(verb, rest, channel, known)))

    def _answer(self, verb: str, rest: str, channel: str, known: dict[str, Any] | None) -> Iterator[bytes]:
        match verb:
            case "show" if rest == CHANNELS:
                rows = list(self._listed.values())
                yield json.dumps({"row_count": len(rows)} | ({"rows": rows} if rows else {})).encode()
            case "global_getvar":
                yield self.core.encode()
            case "strmicroepoch":
                yield b"%d" % int(time.time() * 1e6)
            case "uuid_exists":
                yield b"false" if known is None else b"true"
            case "uuid_dump" if known is not None:
                yield json.dumps(known).encode()
            case "uuid_kill" if known is not None:
                self._calls[channel].set()
                yield b"+OK\n"
            case _:
                yield b"-ERR No such channel!\n"


def _renamed(body: bytes, names: dict[str, str]) -> bytes:
    """A recorded event as of now, of another call."""
    at = int(json.loads(body)["Event-Date-Timestamp"])
    later = int(time.time() * 1e6) - at
    for old, new in names.items():
        body = body.replace(old.encode(), new.encode())
    return _MOMENT.sub(lambda found: b"%d" % (int(found[0]) + later), body)
