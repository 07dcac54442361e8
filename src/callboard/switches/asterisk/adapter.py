"""One connection to an Asterisk's manager interface: the socket and the clock around the codec and the translator."""

import asyncio
import logging
import ssl
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from itertools import count

from callboard.calls.commands import Answer, Answered, Command, Outcome, nobody_asks
from callboard.calls.events import Event, SwitchListed
from callboard.switches.asterisk.orders import answer_of
from callboard.switches.asterisk.settings import AsteriskSettings
from callboard.switches.asterisk.translate import Translator
from callboard.switches.asterisk.wire import Packet, Stream, UnsendableError, action, challenge_key
from callboard.switches.clock import SwitchClock
from callboard.switches.link import LinkError, beside
from callboard.switches.orders import UnableError, Verdict, verb
from callboard.switches.portions import by_portions, dropped, each

__all__ = ["EVENTS", "AsteriskLink"]

EVENTS = "system,call"
"""The classes of events that are asked for: a bridged call costs 12 kB of them, and 39 kB of all that there are."""

CHUNK = 32 * 1024
"""Bytes that are taken in before others of the event loop have their turn, some 75 events or two milliseconds.
Asterisk drops a client that does not keep up, so that nothing else is waited for here.
"""

LOOK = 0.05
"""Seconds between two looks at what the events left in doubt."""
SHORTEST = 1.0
"""Seconds at least from one list, or the wish for one, to the next wish: the switch has other things to do."""

_PERMISSIONS = "give the user `read = system,call` and `write = call,reporting` in manager.conf"

Packets = list[Packet]

_log = logging.getLogger(__name__)


class _Question:
    """An action that was sent: its answer, and the items if it is a list."""

    __slots__ = ("answered", "items", "listing")

    def __init__(self, listing: bool) -> None:
        self.answered: asyncio.Future[Packet] = asyncio.get_running_loop().create_future()
        self.items: list[Packet] = []
        self.listing = listing

    def take(self, packet: Packet) -> bool:
        """Take in a packet that belongs here; True if it was the last."""
        if self.listing and packet.response != "Error" and packet.fields.get("EventList", "").lower() != "complete":
            if packet.event:
                self.items.append(packet)
            return False
        if not self.answered.done():
            self.answered.set_result(packet)
        return True


class AsteriskLink:
    """A `Link` to one Asterisk. A `translator` that is passed on keeps the times of calls over a reconnect.

    `resync` asks for a full list out of turn, with a reason.
    """

    def __init__(
        self,
        settings: AsteriskSettings,
        tell: Callable[[Event], None],
        resync: Callable[[str], None],
        *,
        translator: Translator | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.settings = settings
        self._tell = tell
        self._resync = resync
        self._clock = clock
        self._translator = translator or Translator(settings.name)
        self._switch_clock = SwitchClock()
        self._stream = Stream()
        self._writer: asyncio.StreamWriter | None = None
        self._questions: dict[str, _Question] = {}
        self._numbers = count(1)
        self._tasks: list[asyncio.Task[None]] = []
        self._lost: asyncio.Future[LinkError] = asyncio.get_running_loop().create_future()
        self._instance = ""
        self.version = ""
        """Of the switch, in its own words; "" until it is known."""
        self._wished_at = 0.0
        """When a list was asked for or wished for last."""
        self._absent = False
        """Whether a call was to be ended of which the switch has no channel, so that a list must tell."""

    @property
    def instance(self) -> str:
        """When the switch was started, as it says."""
        return self._instance

    @property
    def clock_offset(self) -> float | None:
        """Seconds by which the switch's clock is ahead of ours; None while it is not known."""
        return self._switch_clock.ahead

    # --- life ----------------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Connect, log in and have events told. Raises `LinkError`."""
        settings = self.settings
        where = f"{settings.host}:{settings.port}"
        self._translator.reconnected()
        context = self._tls()
        try:
            async with asyncio.timeout(settings.connect_timeout):
                reader, self._writer = await asyncio.open_connection(
                    settings.host,
                    settings.port,
                    ssl=context,
                    server_hostname=(settings.tls_name or settings.host) if context else None,
                )
                self._start(self._read(reader), "reader")
                await self._log_in()
                await self._ask_instance()
        except TimeoutError:
            await self.close()
            raise LinkError(f"{where} did not answer within {settings.connect_timeout:g} s", _REACH) from None
        except ssl.SSLError as error:
            await self.close()
            raise LinkError(f"TLS with {where} failed: {error}", _TLS) from error
        except OSError as error:
            await self.close()
            raise LinkError(f"{where} cannot be reached: {error}", _REACH) from error
        except LinkError:
            await self.close()
            raise
        self._start(self._ping(), "pinger")
        self._start(self._look(), "looker")

    async def lost(self) -> LinkError:
        """Wait until the link is lost, and say why."""
        return await asyncio.shield(self._lost)

    async def close(self) -> None:
        """Give the connection up."""
        self._lose(LinkError("the link was closed"))
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        self._tasks.clear()
        if self._writer is not None:
            self._writer.close()
            with suppress(OSError):
                await self._writer.wait_closed()

    def _start(self, work: Coroutine[object, object, None], what: str) -> None:
        self._tasks.append(beside(work, f"switch {self.settings.name}: {what}", self._lose))

    def _tls(self) -> ssl.SSLContext | None:
        if not self.settings.tls:
            return None
        try:
            return ssl.create_default_context(cafile=self.settings.tls_ca or None)
        except OSError as error:
            cause = f"the certificates in {self.settings.tls_ca} cannot be read: {error}"
            raise LinkError(cause, "check `tls_ca`", lasting=True) from error

    async def _log_in(self) -> None:
        settings = self.settings
        who = (("Username", settings.user), ("Events", EVENTS))
        if settings.plain_login:
            answer = await self._ask("Login", (*who, ("Secret", settings.secret)))
        else:
            challenge = await self._ask("Challenge", (("AuthType", "MD5"),))
            key = challenge_key(challenge.get("Challenge"), settings.secret)
            answer = await self._ask("Login", (*who, ("AuthType", "MD5"), ("Key", key)))
        if answer.response != "Success":
            raise LinkError(
                f"{settings.host}:{settings.port} refused the login of {settings.user!r}: {answer.get('Message')}",
                "check `user` and `secret` against manager.conf, and that its `permit` has our address",
                lasting=True,
            )

    async def _ask_instance(self) -> None:
        answer = await self._ask("CoreStatus")
        if answer.response != "Success":
            raise LinkError(f"the switch refused CoreStatus: {answer.get('Message')}", _PERMISSIONS, lasting=True)
        self._instance = f"{answer.get('CoreStartupDate')} {answer.get('CoreStartupTime')}".strip()
        self.version = (await self._ask("CoreSettings")).get("AsteriskVersion")

    # --- asking --------------------------------------------------------------------------------------------------

    async def list(self) -> SwitchListed:
        """Every channel that the switch has. Raises `LinkError`."""
        self._wished_at = self._clock()
        self._translator.asked(self._wished_at)
        channels = await self._ask_list("CoreShowChannels")
        dialed: dict[str, str] = {}
        if not all(self._translator.knows(packet.get("Uniqueid")) for packet in channels):
            # Only Status says what the caller of a channel dialled that we did not see begin.
            statuses = await self._ask_list("Status", (("AllVariables", "false"),))
            await by_portions(
                each(statuses, lambda packet: dialed.update({packet.get("Uniqueid"): packet.get("DNID")}))
            )
            await by_portions(dropped(statuses))
        listed = await by_portions(self._translator.listed(channels, dialed))
        if not await by_portions(self._translator.catch_up(self._tell)):
            self._resync("more was told than could wait for the list")
        await by_portions(dropped(channels))
        return listed

    async def _ask_list(self, name: str, fields: tuple[tuple[str, str], ...] = ()) -> Packets:
        question = self._send(name, fields, listing=True)
        end = await self._answer(name, question)
        if end.response == "Error":
            raise LinkError(f"the switch refused {name}: {end.get('Message')}", _PERMISSIONS, lasting=True)
        items = end.get("ListItems")
        if items.isdigit() and int(items) != len(question.items):
            raise LinkError(f"the list of {name} has {len(question.items)} items and should have {items}")
        return question.items

    async def _ask(self, name: str, fields: tuple[tuple[str, str], ...] = ()) -> Packet:
        return await self._answer(name, self._send(name, fields))

    async def _answer(self, name: str, question: _Question) -> Packet:
        waiting: set[asyncio.Future[Packet] | asyncio.Future[LinkError]] = {question.answered, self._lost}
        timeout = self.settings.answer_timeout
        await asyncio.wait(waiting, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        if question.answered.done():
            return question.answered.result()
        if self._lost.done():
            raise self._lost.result()
        raise LinkError(f"no answer to {name} within {timeout:g} s")

    def _send(self, name: str, fields: tuple[tuple[str, str], ...] = (), *, listing: bool = False) -> _Question:
        number = f"callboard-{next(self._numbers)}"
        data = action(name, (*fields, ("ActionID", number)))
        if self._writer is None or self._lost.done():
            raise LinkError("the link is down")
        question = self._questions[number] = _Question(listing)
        self._writer.write(data)
        return question

    # --- commands ------------------------------------------------------------------------------------------------

    def send(self, command: Command, answered: Answered = nobody_asks) -> str | None:
        """Have a call ended or transferred. None if that was sent; else why not, for people."""
        try:
            actions = self._translator.orders(command, self.settings.transfer_context)
            if not actions:
                return f"the switch {self.settings.name} has no such call"
            verdict = Verdict(len(actions), partial(self._told, answered))
            for order in actions:
                question = self._send(order.action, order.fields)
                question.answered.add_done_callback(partial(self._answered, command, verdict))
        except (LinkError, UnsendableError, UnableError) as error:
            return str(error)
        return None

    def _told(self, answered: Answered, answer: Answer) -> None:
        self._absent |= answer.outcome is Outcome.ALREADY_GONE
        answered(answer)

    def _answered(self, command: Command, verdict: Verdict, answered: "asyncio.Future[Packet]") -> None:
        if answered.cancelled():
            return
        answer = answer_of(answered.result(), self._clock(), _PERMISSIONS)
        if answer.outcome is Outcome.REFUSED:
            _log.warning("switch %s refused to %s a call: %s", self.settings.name, verb(command), answer.words)
        verdict.take(answer)

    # --- what arrives --------------------------------------------------------------------------------------------

    async def _read(self, reader: asyncio.StreamReader) -> None:
        """Take in all that comes, at once, until the link is lost."""
        try:
            while data := await reader.read(CHUNK):
                now = self._clock()
                for packet in self._stream.feed(data):
                    self._take(packet, now)
                await asyncio.sleep(0)  # what waits here already is read without a pause
        except OSError as error:
            self._lose(LinkError(f"the connection broke: {error}"))
        else:
            self._lose(LinkError("the switch closed the connection"))

    def _take(self, packet: Packet, now: float) -> None:
        number = packet.fields.get("ActionID", "")
        question = self._questions.get(number)
        if question is not None and (question.listing or packet.response):
            if question.take(packet):
                del self._questions[number]
            return
        if packet.event == "Shutdown":
            self._lose(LinkError(f"the switch was shut down ({packet.get('Shutdown').lower()})"))
            return
        for event in self._translator.accept(packet, self._when(packet, now)):
            self._tell(event)

    def _when(self, packet: Packet, now: float) -> float:
        """When an event happened; with `timestampevents = no` that is when it came."""
        try:
            at = float(packet.get("Timestamp"))
        except ValueError:
            return now
        return self._switch_clock.heard(at, now) if 0 < at < 1e11 else now

    def _lose(self, why: LinkError) -> None:
        if not self._lost.done():
            self._lost.set_result(why)

    # --- on the side ---------------------------------------------------------------------------------------------

    async def _ping(self) -> None:
        """Ask for a sign of life now and then; without one the link is lost."""
        while not self._lost.done():
            await asyncio.sleep(self.settings.ping_interval)
            try:
                await self._ask("Ping")
            except LinkError as error:
                self._lose(error)

    async def _look(self) -> None:
        """Wish for a list where the events leave it open what became of a call."""
        while not self._lost.done():
            await asyncio.sleep(LOOK)
            now = self._clock()
            wanted = self._absent or self._translator.doubtful(now)
            if wanted and not 0 <= now - self._wished_at < SHORTEST:
                self._absent, self._wished_at = False, now
                self._resync("events leave it open what became of a call")


_REACH = "check `host` and `port`, that `enabled = yes` and `bindaddr` in manager.conf, and the firewall"
_TLS = "set `tls_ca` to the certificate that signed the switch's, and `tls_name` to the name in it"
