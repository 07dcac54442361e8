"""Examining the link to an OpenSIPS: its management interface, its events and the right to end a dialog."""

import asyncio
from collections.abc import AsyncGenerator
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec

from callboard.switches.dialogs.jsonrpc import FaultError, MalformedError, read_result, request
from callboard.switches.dialogs.rpc import Rpc
from callboard.switches.examining import Check, Step, examined, resolved
from callboard.switches.link import LinkError
from callboard.switches.opensips import wire
from callboard.switches.opensips.settings import OpensipsSettings
from callboard.switches.opensips.translate import UPTIME, Pages, subscription

__all__ = ["examine"]

Value = TypeVar("Value")

_NOBODY = request("dlg_end_dlg", {"dialog_id": "0.0"})
"""The end of a dialog that cannot exist."""
_NO_DIALOG = 404
_SHORT = 10
"""Seconds for which events are asked for, to see whether they may be."""
_MODULES = (
    "write these lines into OpenSIPS's script and restart it:\n"
    '  loadmodule "httpd.so"\n  loadmodule "mi_http.so"\n  loadmodule "dialog.so"\n  loadmodule "event_datagram.so"'
)
_SILENT = "check that OpenSIPS runs and is not overloaded"


async def examine(settings: OpensipsSettings) -> AsyncGenerator[Step, None]:
    """Step by step, until one fails that the others need."""
    examination = _Examination(settings)
    try:
        async for step in examined(examination.checks(), settings.list_timeout, _SILENT):
            yield step
    finally:
        await examination.close()


class _Examination:
    """The way to its management interface, and what is asked there."""

    def __init__(self, settings: OpensipsSettings) -> None:
        self._settings = settings
        self._rpc = Rpc(
            "OpenSIPS",
            settings.rpc,
            user=settings.user,
            password=settings.password,
            ca=settings.ca,
            connect=settings.connect_timeout,
        )

    def checks(self) -> tuple[Check, ...]:
        """What there is to look at."""
        return (
            Check("address", lambda: resolved(urlsplit(self._settings.rpc).hostname or "")),
            Check("interface", self._status),
            Check("events", self._events, needed=False),
            Check("list", self._list, needed=False),
            Check("hang up", self._hang_up, needed=False),
        )

    async def close(self) -> None:
        """Give the connection up."""
        await self._rpc.close()

    async def _status(self) -> str:
        return f"up since {(await self._ask(UPTIME, wire.UPTIME)).up_since}"

    async def _events(self) -> str:
        """Asked for at a port of its own, for the server's may be in use by the server."""
        host = self._settings.listen.rsplit(":", 1)[0].strip("[]")
        try:
            transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
                asyncio.DatagramProtocol, local_addr=(host, 0)
            )
        except OSError as error:
            cause = f"{host} cannot be listened on ({error.strerror or error})"
            raise LinkError(cause, "correct `listen`: it must be an address of this machine") from None
        try:
            port = transport.get_extra_info("sockname")[1]
            address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
            for seconds in (_SHORT, 0):
                await self._ask(subscription(address, seconds), wire.ANYTHING)
        finally:
            transport.close()
        return "they may be asked for, and show with the next call"

    async def _list(self) -> str:
        pages = Pages(self._settings.page)
        while not pages.done:
            pages.take((await self._ask(pages.question(), wire.PAGE)).dialogs)
        return f"{len(pages.dialogs)} dialogs are listed"

    async def _hang_up(self) -> str:
        """Of a dialog that cannot exist: whoever may end one is told that there is none."""
        body = await self._rpc.ask(_NOBODY, self._settings.answer_timeout)
        try:
            read_result(body, wire.ANYTHING)
        except FaultError as error:
            if error.code != _NO_DIALOG or "method" in error.message.lower():
                raise LinkError(f"it is refused: {error}", _MODULES) from None
        except MalformedError as error:
            raise LinkError(f"it is not understood: {error}", _MODULES) from None
        return "it may be asked for"

    async def _ask(self, body: bytes, decoder: msgspec.json.Decoder[Value]) -> Value:
        answer = await self._rpc.ask(body, self._settings.answer_timeout)
        try:
            return read_result(answer, decoder)
        except (FaultError, MalformedError) as error:
            raise LinkError(f"OpenSIPS answered: {error}", _MODULES) from None
