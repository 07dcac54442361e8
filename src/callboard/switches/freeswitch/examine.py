"""Examining the link to a FreeSWITCH: from its address to the right to end a channel, without ending any."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable

from callboard.switches.examining import Check, Step, closed, connected, examined, resolved
from callboard.switches.freeswitch import wire
from callboard.switches.freeswitch.settings import FreeswitchSettings
from callboard.switches.link import LinkError
from callboard.switches.portions import at_once

__all__ = ["NOBODY", "examine"]

NOBODY = "00000000-0000-0000-0000-000000000000"
"""A channel that cannot exist."""

_LISTEN = (
    "load mod_event_socket, write these lines into event_socket.conf.xml, then `fs_cli -x 'reload mod_event_socket'`:\n"
    '  <param name="listen-ip" value="{host}"/>\n  <param name="listen-port" value="{port}"/>'
)
_LET_IN = (
    "give the password of event_socket.conf.xml as `password`; or, with a user, the directory's esl-password:\n"
    '  <param name="password" value="..."/>'
)
_ADDRESS = (
    "let our address in by event_socket.conf.xml and acl.conf.xml:\n"
    '  <param name="apply-inbound-acl" value="callboard"/>\n'
    '  <list name="callboard" default="deny"><node type="allow" cidr="OUR-ADDRESS/32"/></list>'
)
_RIGHTS = (
    "give the user these params in the directory:\n"
    '  <param name="esl-allowed-events" value="CHANNEL_CREATE ... (the whole line is on the page for FreeSWITCH)"/>\n'
    '  <param name="esl-allowed-api" value="global_getvar strmicroepoch show uuid_exists uuid_dump uuid_kill '
    'uuid_transfer uuid_hold"/>'
)
_SILENT = "check that this is the port of the event socket, and that the switch is not overloaded"
_COMMANDS = (
    ("exists", wire.exists(NOBODY)),
    ("details", wire.dump(NOBODY)),
    ("end", wire.kill(NOBODY, "MANAGER_REQUEST")),
    ("transfer", wire.transfer(NOBODY, "0", "")),
    ("hold", wire.hold(NOBODY, on=True)),
)
_DENIED = ("permission denied", "command not found")


async def examine(settings: FreeswitchSettings) -> AsyncGenerator[Step, None]:
    """Step by step, until one fails that the others need."""
    examination = _Examination(settings)
    try:
        async for step in examined(examination.checks(), settings.answer_timeout, _SILENT):
            yield step
    finally:
        await examination.close()


class _Examination:
    """One connection, and what is asked on it."""

    def __init__(self, settings: FreeswitchSettings) -> None:
        self._settings = settings
        self._decoder = wire.Decoder()
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._waiting: list[wire.Frame] = []

    def checks(self) -> tuple[Check, ...]:
        """What there is to look at."""
        return (
            Check("address", lambda: resolved(self._settings.host)),
            Check("connection", self._connect),
            Check("greeting", self._greeting),
            Check("login", self._log_in),
            Check("events", self._events, needed=False),
            Check("status", self._status, needed=False),
            Check("list", self._list, needed=False),
            *(Check(what, self._may(line), needed=False) for what, line in _COMMANDS),
        )

    async def close(self) -> None:
        """Give the connection up."""
        if self._writer is not None:
            await closed(self._writer)

    async def _connect(self) -> str:
        host, port = self._settings.host, self._settings.port
        self._reader, self._writer = await connected(host, port, _LISTEN.format(host=host, port=port))
        return f"{host}:{port} takes connections"

    async def _greeting(self) -> str:
        frame = await self._until(lambda frame: frame.kind in ("auth/request", "text/rude-rejection"))
        if frame.kind == "text/rude-rejection":
            raise LinkError("the event socket does not let our address in", _ADDRESS)
        return "it asks for a login"

    async def _log_in(self) -> str:
        settings = self._settings
        reply = await self._reply(wire.login(settings.user, settings.password))
        if not reply.startswith("+OK"):
            raise LinkError(f"the login is refused: {reply}", _LET_IN)
        return f"{settings.user or 'the password'} is let in"

    async def _events(self) -> str:
        """Those of calls, and one more that comes at once: `API` is told of every command, our own as well.

        A user of its own may be allowed those of calls alone, and then none can be seen before the next call.
        """
        reply = await self._reply(wire.SUBSCRIBE)
        if not reply.startswith("+OK"):
            raise LinkError(f"the events are refused: {reply}", _RIGHTS)
        if self._settings.user:
            return "they may be asked for, and show with the next call"
        await self._reply(b"event json API\n\n")
        await self._api(wire.TIME)
        try:
            async with asyncio.timeout(self._settings.answer_timeout / 4):
                await self._until(lambda frame: frame.kind == "text/event-json")
        except TimeoutError:
            raise LinkError("no event comes, not even of our own command", _SILENT) from None
        return "one came of our own command"

    async def _status(self) -> str:
        return f"core {self._allowed(await self._api(wire.CORE))}, at {self._allowed(await self._api(wire.TIME))} µs"

    async def _list(self) -> str:
        answer = await self._answer(wire.CHANNELS)
        listing = at_once(wire.read_listing(answer.body))
        if listing is None:
            raise LinkError(f"it is refused: {answer.words}", _RIGHTS)
        return f"{len(listing.rows)} channels are listed"

    def _may(self, line: str) -> Callable[[], Awaitable[str]]:
        """Whether a command may be given, asked of a channel that cannot exist."""

        async def look() -> str:
            self._allowed(await self._api(line))
            return "it may be asked for"

        return look

    def _allowed(self, answer: str) -> str:
        if any(words in answer.lower() for words in _DENIED):
            raise LinkError(f"it is refused: {answer}", _RIGHTS)
        return answer

    # --- asking ------------------------------------------------------------------------------------------------------

    async def _reply(self, line: bytes) -> str:
        return (await self._ask(line)).reply

    async def _api(self, command: str) -> str:
        return (await self._answer(command)).words

    async def _answer(self, command: str) -> wire.Frame:
        return await self._ask(wire.api(command))

    async def _ask(self, line: bytes) -> wire.Frame:
        if self._writer is None:
            raise LinkError("there is no connection")
        self._writer.write(line)
        return await self._until(lambda frame: frame.kind in ("api/response", "command/reply"))

    async def _until(self, wanted: Callable[[wire.Frame], bool]) -> wire.Frame:
        """The first frame that is wanted; those before it are kept for whoever wants them later."""
        while True:
            for place, frame in enumerate(self._waiting):
                if wanted(frame):
                    return self._waiting.pop(place)
            await self._more()

    async def _more(self) -> None:
        if self._reader is None:
            raise LinkError("there is no connection")
        try:
            data = await self._reader.read(65_536)
        except OSError as error:
            raise LinkError(f"the connection broke ({error})", _SILENT) from None
        self._waiting += self._decoder.feed(data)
        if not data or self._decoder.broken:
            cause = f"something else answers: {self._decoder.broken}" if data else "the switch closed the connection"
            raise LinkError(cause, _SILENT)
