"""Examining the link to an Asterisk: from its address to the right to hang up, without hanging anything up."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Callable

from callboard.switches.asterisk.adapter import EVENTS
from callboard.switches.asterisk.settings import AsteriskSettings
from callboard.switches.asterisk.wire import Packet, Stream, action, challenge_key
from callboard.switches.examining import Check, Step, closed, connected, examined, resolved, secured
from callboard.switches.link import LinkError

__all__ = ["NOBODY", "examine"]

NOBODY = "Callboard/nobody"
"""A channel that cannot exist: there is no such technology."""

_LISTEN = (
    "write these lines into manager.conf, then `asterisk -rx 'manager reload'`; and look at the firewall:\n"
    "  [general]\n  enabled = yes\n  bindaddr = {host}\n  port = {port}"
)
_USER = (
    "write these lines into manager.conf, with the secret of the settings, then `asterisk -rx 'manager reload'`:\n"
    "  [{user}]\n  secret = ...\n  permit = OUR-ADDRESS/255.255.255.255\n"
    "  read = system,call\n  write = call,reporting"
)
_NO_TLS = "the port may speak no TLS: set `tls = false`, or in manager.conf `tlsenable = yes` and `tlsbindaddr`"
_CERTIFICATE = "set `tls_ca` to the certificate that signed the switch's, and `tls_name` to the name in it"
_SILENT = "check that this is the port of the manager interface; if it speaks TLS, set `tls = true`"


async def examine(settings: AsteriskSettings) -> AsyncGenerator[Step, None]:
    """Step by step, until one fails that the others need."""
    examination = _Examination(settings)
    try:
        async for step in examined(examination.checks(), settings.answer_timeout, _SILENT):
            yield step
    finally:
        await examination.close()


class _Examination:
    """One connection, and what is asked on it."""

    def __init__(self, settings: AsteriskSettings) -> None:
        self._settings = settings
        self._stream = Stream()
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._waiting: list[Packet] = []
        self._user = _USER.format(user=settings.user)

    def checks(self) -> tuple[Check, ...]:
        """What there is to look at."""
        secure = (Check("TLS", self._secure),) if self._settings.tls else ()
        return (
            Check("address", lambda: resolved(self._settings.host)),
            Check("connection", self._connect),
            *secure,
            Check("greeting", self._greeting),
            Check("login", self._log_in),
            Check("events", self._events, needed=False),
            Check("status", self._status, needed=False),
            Check("list", self._list, needed=False),
            Check("hang up", self._hang_up, needed=False),
        )

    async def close(self) -> None:
        """Give the connection up."""
        if self._writer is not None:
            await closed(self._writer)

    async def _connect(self) -> str:
        host, port = self._settings.host, self._settings.port
        self._reader, self._writer = await connected(host, port, _LISTEN.format(host=host, port=port))
        return f"{host}:{port} takes connections"

    async def _secure(self) -> str:
        settings = self._settings
        if self._writer is None:
            raise LinkError("there is no connection")
        try:
            context = ssl.create_default_context(cafile=settings.tls_ca or None)
        except OSError as error:
            cause = f"the certificates in {settings.tls_ca} cannot be read ({error.strerror or error})"
            raise LinkError(cause, "correct `tls_ca`") from None
        try:
            return await secured(self._writer, context, settings.tls_name or settings.host)
        except LinkError as error:
            verified = isinstance(error.__cause__, ssl.SSLCertVerificationError)
            raise LinkError(error.cause, _CERTIFICATE if verified else _NO_TLS) from None

    async def _greeting(self) -> str:
        if self._reader is None:
            raise LinkError("there is no connection")
        words = (await self._reader.read(256)).decode(errors="replace").strip()
        if not words.startswith("Asterisk Call Manager/"):
            raise LinkError(f"something else answers: {words[:60]!r}", _SILENT)
        return words

    async def _log_in(self) -> str:
        settings = self._settings
        who = (("Username", settings.user), ("Events", EVENTS))
        if settings.plain_login:
            answer = await self._ask("Login", (*who, ("Secret", settings.secret)))
        else:
            challenge = await self._ask("Challenge", (("AuthType", "MD5"),))
            key = challenge_key(challenge.get("Challenge"), settings.secret)
            answer = await self._ask("Login", (*who, ("AuthType", "MD5"), ("Key", key)))
        if answer.response != "Success":
            raise LinkError(f"{settings.user} is not let in: {answer.get('Message')}", self._user)
        return f"{settings.user} is let in"

    async def _events(self) -> str:
        """`FullyBooted` comes at once to whoever may read the class `system`."""
        try:
            async with asyncio.timeout(self._settings.answer_timeout / 4):
                await self._until(lambda packet: packet.event == "FullyBooted")
        except TimeoutError:
            raise LinkError("no event comes, not even FullyBooted", self._user) from None
        return "FullyBooted came; those of calls show with the next call"

    async def _status(self) -> str:
        answer = await self._ask("CoreSettings")
        self._require(answer)
        started = await self._ask("CoreStatus")
        self._require(started)
        since = f"{started.get('CoreStartupDate')} {started.get('CoreStartupTime')}"
        return f"Asterisk {answer.get('AsteriskVersion')}, up since {since}"

    async def _list(self) -> str:
        answer = await self._ask("CoreShowChannels")
        self._require(answer)
        end = await self._until(lambda packet: packet.event == "CoreShowChannelsComplete")
        return f"{end.get('ListItems')} channels are listed"

    async def _hang_up(self) -> str:
        """Of a channel that cannot exist: who may hang up is told that there is none."""
        answer = await self._ask("Hangup", (("Channel", NOBODY),))
        if not answer.get("Message").startswith("No such channel"):
            self._require(answer)
        return "it may be asked for"

    def _require(self, answer: Packet) -> None:
        if answer.response != "Success":
            raise LinkError(f"it is refused: {answer.get('Message')}", self._user)

    # --- asking ------------------------------------------------------------------------------------------------------

    async def _ask(self, name: str, fields: tuple[tuple[str, str], ...] = ()) -> Packet:
        if self._writer is None:
            raise LinkError("there is no connection")
        self._writer.write(action(name, (*fields, ("ActionID", name))))
        return await self._until(lambda packet: bool(packet.response) and packet.get("ActionID") == name)

    async def _until(self, wanted: Callable[[Packet], bool]) -> Packet:
        """The first packet that is wanted; those before it are kept for whoever wants them later."""
        while True:
            for place, packet in enumerate(self._waiting):
                if wanted(packet):
                    return self._waiting.pop(place)
            await self._more()

    async def _more(self) -> None:
        if self._reader is None:
            raise LinkError("there is no connection")
        try:
            data = await self._reader.read(65_536)
        except OSError as error:
            raise LinkError(f"the connection broke ({error})", _SILENT) from None
        if not data:
            raise LinkError("the switch closed the connection", f"{_SILENT}; and that `permit` has our address")
        self._waiting += self._stream.feed(data)
