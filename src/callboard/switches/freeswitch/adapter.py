"""One link to a FreeSWITCH: logs in to its event socket, tells its events, lists its channels, ends its calls."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from functools import partial

from callboard.calls.commands import Answer, Answered, Command, Outcome, nobody_asks
from callboard.calls.events import Event, SwitchListed
from callboard.switches.clock import SwitchClock
from callboard.switches.freeswitch import wire
from callboard.switches.freeswitch.connection import Connection
from callboard.switches.freeswitch.settings import FreeswitchSettings
from callboard.switches.freeswitch.translate import Question, Translator
from callboard.switches.link import LinkError
from callboard.switches.orders import UnableError, Verdict, verb
from callboard.switches.portions import by_portions, dropped

__all__ = ["FreeswitchLink", "new_translator"]

_RIGHTS = "give a user of its own the esl-allowed-api of the page for FreeSWITCH"

CLOSE_TIMEOUT = 1.0
"""Seconds that the switch has to close the connection once we said goodbye."""

_log = logging.getLogger(__name__)


def new_translator(settings: FreeswitchSettings) -> Translator:
    """What all links to a switch share, one after another: it must outlive them."""
    return Translator(settings.name, SwitchClock(), doubt_after=settings.doubt_after, questions=settings.questions)


class FreeswitchLink:
    """A `Link` to a FreeSWITCH. All methods belong to the event loop's thread."""

    def __init__(
        self,
        settings: FreeswitchSettings,
        translator: Translator,
        tell: Callable[[Event], None],
        resync: Callable[[str], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`resync` asks for a full list to be taken soon, and is told why."""
        self._settings = settings
        self._translator = translator
        self._tell = tell
        self._resync = resync
        self._clock = clock
        self._connection: Connection | None = None
        self._list_timer: asyncio.TimerHandle | None = None
        self.shed = 0
        """Events that were dropped because they came faster than they could be handled."""

    @property
    def instance(self) -> str:
        """The switch's core id, which each of its lives has anew."""
        return self._translator.instance

    @property
    def version(self) -> str:
        """Of the switch, once its first heartbeat came."""
        return self._translator.version

    @property
    def clock_offset(self) -> float | None:
        """Seconds by which the switch's clock is ahead of ours; None while it is not known."""
        return self._translator.clock_offset

    # --- opening and closing -----------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Connect, log in and subscribe; events are told from here on. Raises `LinkError`."""
        where = f"{self._settings.host}:{self._settings.port}"
        try:
            async with asyncio.timeout(self._settings.connect_timeout):
                await self._enter()
        except TimeoutError:
            seconds = f"{self._settings.connect_timeout:g} s"
            error = LinkError(
                f"{where} did not let us in within {seconds}", "check that FreeSWITCH's event socket is there"
            )
            self._give_up(error)
            raise error from None
        except OSError as refused:
            fix = "load mod_event_socket, and check listen-ip and listen-port of event_socket.conf.xml"
            error = LinkError(f"{where} cannot be reached ({refused.strerror or refused})", fix)
            self._give_up(error)
            raise error from refused
        except LinkError as error:
            self._give_up(error)
            raise

    async def close(self) -> None:
        """Say goodbye and hang up."""
        connection = self._connection
        if connection is None or connection.lost.done():
            return
        connection.ask(b"exit\n\n")
        await asyncio.wait({connection.lost}, timeout=CLOSE_TIMEOUT)
        self._give_up(LinkError("we closed the link"))

    async def lost(self) -> LinkError:
        """Wait until the link is lost, and say why."""
        return await asyncio.shield(self._connected().lost)

    async def _enter(self) -> None:
        settings = self._settings
        connection = self._connection = Connection(
            self._accept, self._dropped, self._clock, backlog=settings.backlog, silence=settings.silence
        )
        await asyncio.get_running_loop().create_connection(lambda: connection, settings.host, settings.port)
        if not await connection.invited:
            raise connection.lost.result()
        login = await self._answer(wire.login(settings.user, settings.password))
        if not login.reply.startswith("+OK"):
            fix = "give the password of event_socket.conf.xml, or a user's esl-password"
            raise LinkError("the event socket refused the login", fix, lasting=True)
        core = (await self._answer(wire.api(wire.CORE))).body
        self._translator.meet("" if core.startswith(b"-ERR") else core.decode("utf-8", "replace").strip())
        self._translator.learn_time((await self._answer(wire.api(wire.TIME))).body, self._clock())
        subscribed = await self._answer(wire.SUBSCRIBE)
        if not subscribed.reply.startswith("+OK"):
            fix = "allow the user the channel events in esl-allowed-events"
            raise LinkError(f"the switch refused its events ({subscribed.reply[:100]})", fix, lasting=True)

    def _give_up(self, why: LinkError) -> None:
        if self._list_timer is not None:
            self._list_timer.cancel()
        if self._connection is not None:
            self._connection.lose(why)

    # --- asking ------------------------------------------------------------------------------------------------------

    async def list(self) -> SwitchListed:
        """The switch's own full list, a moment back, for it lags. Raises `LinkError`; then nothing is known."""
        at = self._clock() - self._settings.list_age
        try:
            async with asyncio.timeout(self._settings.answer_timeout):
                answer = await self._answer(wire.api(wire.CHANNELS))
                listing = await by_portions(wire.read_listing(answer.body))
                if listing is None:
                    # A switch that has only just started may know no such command yet.
                    lasting = "permission denied" in answer.words
                    words = f"the switch does not list its channels ({answer.words})"
                    raise LinkError(words, _RIGHTS, lasting=lasting)
                answers = await self._ask_all(await by_portions(self._translator.doubts(listing, at)))
        except TimeoutError:
            seconds = f"{self._settings.answer_timeout:g} s"
            raise LinkError(f"the switch did not list its channels within {seconds}") from None
        listed = await by_portions(self._translator.listed(listing, answers, at))
        rows = [*listing.rows]
        del listing, answer
        await by_portions(dropped(rows))
        return listed

    async def _ask_all(self, questions: Sequence[Question]) -> dict[str, bytes]:
        connection = self._connected()
        asked = [connection.ask(wire.api(question.command)) for question in questions]
        answers = {}
        for question, answer in zip(questions, asked, strict=True):
            frame = await self._wait(answer)
            if frame.reply:
                # Without it, nobody knows which channels are there: better no list than one with ghosts.
                what = question.command.partition(" ")[0]
                raise LinkError(f"the switch does not answer {what} ({frame.words})", _RIGHTS, lasting=True)
            answers[question.uuid] = frame.body
        return answers

    async def _answer(self, line: bytes) -> wire.Frame:
        return await self._wait(self._connected().ask(line))

    async def _wait(self, answer: asyncio.Future[wire.Frame | None]) -> wire.Frame:
        frame = await answer
        if frame is None:
            raise self._connected().lost.result()
        return frame

    def _connected(self) -> Connection:
        if self._connection is None:
            raise LinkError("the link is not open")
        return self._connection

    # --- telling -----------------------------------------------------------------------------------------------------

    def _accept(self, body: bytes, received: float) -> None:
        for event in self._translator.accept(wire.read_event(body), received):
            self._tell(event)
        if self._translator.wants_list and self._list_timer is None:
            # Not at once: the switch's list would still say what was before.
            loop = asyncio.get_running_loop()
            self._list_timer = loop.call_later(self._settings.list_age, self._ask_list)

    def _ask_list(self) -> None:
        self._list_timer = None
        if self._translator.wants_list:
            self._resync("calls were joined or parted")

    def _dropped(self, events: int) -> None:
        self.shed += events
        _log.warning("switch %s: %d events came too fast and were dropped", self._settings.name, events)
        self._resync(f"{events} events were dropped")

    # --- commands ----------------------------------------------------------------------------------------------------

    def send(self, command: Command, answered: Answered = nobody_asks) -> str | None:
        """Have a call ended, transferred, held or taken off hold. None if that went out; else why not, for people."""
        connection = self._connection
        if connection is None or connection.lost.done():
            return f"the link to the switch {self._settings.name} is lost"
        if connection.clogged:
            return f"the switch {self._settings.name} does not take commands at present: try again"
        try:
            lines = self._translator.commands(command, self._settings.transfer_context)
        except UnableError as error:
            return str(error)
        if not lines:
            # The table has a call that the switch has not: its list says so, and the table corrects itself.
            self._resync("a command was about a call that is not known")
        verdict = Verdict(len(lines), partial(self._told, answered))
        for line in lines:
            connection.ask(wire.api(line)).add_done_callback(partial(self._answered, command, verdict))
        return None

    def _told(self, answered: Answered, answer: Answer) -> None:
        if answer.outcome is Outcome.ALREADY_GONE:
            self._resync("a call that a command was about is not there")
        answered(answer)

    def _answered(self, command: Command, verdict: Verdict, answer: asyncio.Future[wire.Frame | None]) -> None:
        frame = None if answer.cancelled() else answer.result()
        if frame is None:
            return
        words = frame.words
        outcome = Outcome.PENDING
        if wire.denies(frame.body):
            outcome = Outcome.ALREADY_GONE
        elif not words.startswith("+OK"):
            outcome = Outcome.REFUSED
            _log.warning("switch %s refused to %s a call: %s", self._settings.name, verb(command), words)
        verdict.take(Answer(outcome, self._clock(), words))
