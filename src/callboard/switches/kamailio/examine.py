"""Examining the link to a Kamailio: its events, its RPC and the right to end a dialog, without ending any."""

import asyncio
from collections.abc import AsyncGenerator
from typing import TypeVar

import msgspec

from callboard.directory.trusted import split_address
from callboard.switches.dialogs.jsonrpc import FaultError, MalformedError, read_result, request
from callboard.switches.dialogs.rpc import Rpc
from callboard.switches.examining import Check, Step, closed, connected, examined, resolved
from callboard.switches.kamailio import wire
from callboard.switches.kamailio.settings import KamailioSettings
from callboard.switches.kamailio.translate import LIST, STATISTICS, UPTIME
from callboard.switches.link import LinkError
from callboard.switches.portions import at_once

__all__ = ["examine"]

Value = TypeVar("Value")

_NOBODY = request("dlg.end_dlg", [0, 0])
"""The end of a dialog that cannot exist: they are counted from 1."""
_ANYTHING = msgspec.json.Decoder(msgspec.Raw)
_EVENTS = (
    "write these lines into Kamailio's script and restart it; and look at the firewall:\n"
    '  loadmodule "evapi.so"\n  modparam("evapi", "bind_addr", "{address}")\n'
    '  modparam("evapi", "netstring_format", 1)'
)
_DIALOGS = (
    "write these lines into Kamailio's script and restart it:\n"
    '  loadmodule "dialog.so"\n  loadmodule "kex.so"\n  loadmodule "xhttp.so"\n  loadmodule "jsonrpcs.so"'
)
_CROWDED = 'raise modparam("evapi", "max_clients", ...) in its script: another client may have the only place'
_SILENT = "check that Kamailio runs and is not overloaded; a list needs private memory: start it with -M 64"
_STAYS = 0.3
"""Seconds after which a connection that was not closed is taken to stay."""


async def examine(settings: KamailioSettings) -> AsyncGenerator[Step, None]:
    """Step by step, until one fails that the others need."""
    examination = _Examination(settings)
    try:
        async for step in examined(examination.checks(), settings.list_timeout, _SILENT):
            yield step
    finally:
        await examination.close()


class _Examination:
    """Both connections, and what is asked on them."""

    def __init__(self, settings: KamailioSettings) -> None:
        self._settings = settings
        self._writer: asyncio.StreamWriter | None = None
        self._rpc = Rpc(
            "Kamailio",
            settings.rpc,
            user=settings.user,
            password=settings.password,
            ca=settings.ca,
            connect=settings.connect_timeout,
        )

    def checks(self) -> tuple[Check, ...]:
        """What there is to look at."""
        return (
            Check("address", lambda: resolved(split_address(self._settings.events)[0]), needed=False),
            Check("events", self._events, needed=False),
            Check("RPC", self._status),
            Check("dialogs", self._dialogs),
            Check("list", self._list, needed=False),
            Check("hang up", self._hang_up, needed=False),
        )

    async def close(self) -> None:
        """Give both connections up."""
        if self._writer is not None:
            await closed(self._writer)
        await self._rpc.close()

    async def _events(self) -> str:
        host, port = split_address(self._settings.events)
        reader, self._writer = await connected(host, port, _EVENTS.format(address=self._settings.events))
        try:
            async with asyncio.timeout(_STAYS):
                stays = bool(await reader.read(1))
        except TimeoutError:
            stays = True
        if not stays:
            raise LinkError("Kamailio closes the connection for events at once", _CROWDED)
        return "the connection stands; they show with the next call"

    async def _status(self) -> str:
        body = await self._rpc.ask(UPTIME, self._settings.answer_timeout)
        return f"up since {_read(body, wire.UPTIME, 'correct `rpc`: it must lead to the module jsonrpcs').up_since}"

    async def _dialogs(self) -> str:
        body = await self._rpc.ask(STATISTICS, self._settings.answer_timeout)
        return f"{_read(body, wire.STATISTICS, _DIALOGS).all} dialogs are up"

    async def _list(self) -> str:
        body = await self._rpc.ask(LIST, self._settings.list_timeout)
        try:
            dialogs, unread = at_once(wire.read_dialogs(body))
        except (FaultError, MalformedError) as error:
            raise LinkError(f"it is refused: {error}", _DIALOGS) from None
        if unread:
            raise LinkError(f"{unread} of {len(dialogs) + unread} dialogs cannot be read", "report this as a defect")
        return f"{len(dialogs)} dialogs are listed"

    async def _hang_up(self) -> str:
        """Of a dialog that cannot exist: whoever may end one is told that there is none."""
        body = await self._rpc.ask(_NOBODY, self._settings.answer_timeout)
        try:
            read_result(body, _ANYTHING)
        except FaultError as error:
            if error.message == "Method Not Found":
                raise LinkError(f"it is refused: {error}", _DIALOGS) from None
        except MalformedError as error:
            raise LinkError(f"it is not understood: {error}", _DIALOGS) from None
        return "it may be asked for"


def _read(body: bytes, decoder: msgspec.json.Decoder[Value], fix: str) -> Value:
    try:
        return read_result(body, decoder)
    except (FaultError, MalformedError) as error:
        raise LinkError(f"Kamailio answered: {error}", fix) from None
