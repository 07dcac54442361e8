"""An OpenSIPS in memory, as its documentation has it: dialogs that come and go, its RPC, and events in datagrams."""

import asyncio
import socket
from contextlib import suppress
from itertools import count

from tests.switches.dialogs.rpc_server import RpcServer
from tests.switches.opensips.proxy import body, changed, dialog, fault

__all__ = ["Opensips"]

LINGER = 1.0
"""Seconds that a dialog is listed after its end."""
OVER = 5


class Opensips:
    """One switch with calls of its own; it can be killed and started again on the same port."""

    def __init__(self) -> None:
        self.port = 0
        self._states: dict[int, int] = {}
        self._numbers = count(1)
        self._lives = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._killed: dict[str, asyncio.Event] = {}
        self._out: socket.socket | None = None
        self._rpc = RpcServer({})
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Come to life."""
        self._lives += 1
        self._out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        since = f"life {self._lives}"
        self._rpc = RpcServer(
            {
                "uptime": body({"Now": "now", "Up since": since, "Up time": "1 [sec]"}),
                "event_subscribe": body("OK"),
                "dlg_list_ctx": self._list,
                "dlg_end_dlg": self._end,
            }
        )
        self._server = await asyncio.start_server(self._rpc.serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def kill(self) -> None:
        """Die with all calls, whose ends nobody tells."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._states.clear()
        self._killed.clear()
        if self._out is not None:
            self._out.close()
        if self._server is not None:
            self._server.close()
        await self._rpc.end()

    def up(self) -> dict[str, bool]:
        """The truth: dialogs that are not over, and whether each is answered."""
        return {_id(number): state in (3, 4) for number, state in self._states.items() if state != OVER}

    # --- calls -------------------------------------------------------------------------------------------------------

    def begin(self, seconds: float) -> None:
        """A call begins, and once answered goes on for so long unless it is ended."""
        task = asyncio.get_running_loop().create_task(self._call(next(self._numbers), seconds))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _call(self, number: int, seconds: float) -> None:
        killed = self._killed[_id(number)] = asyncio.Event()
        self._states[number] = 1
        for pause, state in ((0.05, 2), (0.3, 3), (0.02, 4)):
            await asyncio.sleep(pause)
            self._move(number, state)
        with suppress(TimeoutError):
            await asyncio.wait_for(killed.wait(), seconds)
        self._move(number, OVER)
        await asyncio.sleep(LINGER)
        del self._states[number], self._killed[_id(number)]

    def _move(self, number: int, state: int) -> None:
        before, self._states[number] = self._states[number], state
        subscribed = [params for method, params in self._rpc.asked if method == "event_subscribe"]
        if subscribed and self._out is not None:
            assert isinstance(subscribed[-1], dict)
            _, host, port = str(subscribed[-1]["socket"]).split(":")
            self._out.sendto(changed(number, before, state), (host, int(port)))

    # --- answers -----------------------------------------------------------------------------------------------------

    def _list(self, params: dict[str, object] | list[object]) -> bytes:
        assert isinstance(params, dict)
        entries = [dialog(number, state) for number, state in self._states.items()]
        if "callid" in params:
            found = [entry for entry in entries if entry["callid"] == params["callid"]]
            return body({"Dialog": found[0]}) if found else fault(404, "No such dialog")
        index, counter = params["index"], params["counter"]
        assert isinstance(index, int)
        assert isinstance(counter, int)
        return body({"count": len(entries), "Dialogs": entries[index : index + counter]})

    def _end(self, params: dict[str, object] | list[object]) -> bytes:
        assert isinstance(params, dict)
        killed = self._killed.get(str(params["dialog_id"]))
        if killed is None:
            return fault(404, "Requested Dialog not found")
        killed.set()
        return body("OK")


def _id(number: int) -> str:
    return str(dialog(number)["ID"])
