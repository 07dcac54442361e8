"""The embedded switch as the rest of the house sees it: events out, commands in, and an engine that is kept alive.

The engine runs in a child process. If it dies or hangs, its calls are over: they end in the table with that cause, a
new engine is started, and nothing else stops. Phones' registrations are kept here, so they outlive it.
"""

import asyncio
import importlib.util
import logging
import secrets
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from callboard.access.digest import OneTimeNonces
from callboard.access.settings import AccessSettings
from callboard.access.throttle import Throttle
from callboard.calls.commands import Answered, Command, HangUp, nobody_asks
from callboard.calls.events import Event, SwitchLost, SwitchRestarted, SwitchUp
from callboard.directory.directory import Directory
from callboard.switches.b2bua import wire
from callboard.switches.b2bua.admission import Gate
from callboard.switches.b2bua.control import CallControl, Pace
from callboard.switches.b2bua.health import Health
from callboard.switches.b2bua.process import EngineProcess, spawn
from callboard.switches.b2bua.registrar import Registrar
from callboard.switches.b2bua.settings import B2buaSettings
from callboard.switches.b2bua.translate import Translator
from callboard.switches.clock import since_boot
from callboard.switches.orders import verb

__all__ = ["ENGINE", "B2bua", "SwitchStartError"]

ENGINE = (sys.executable, "-P", "-m", "callboard.switches.b2bua.engine")
"""How the engine is run; -P keeps a folder that happens to be the working directory from being imported."""

START_TIMEOUT = 20.0
"""Seconds from its start until an engine must listen: its imports take one or two, on a busy machine far more."""

CANNOT_LISTEN = 69
"""Exit code (EX_UNAVAILABLE) of an engine whose address is taken or not this machine's."""

PULSE = 1.0
"""Seconds between two signs of life that an engine gives."""
MISSED_PULSES = 5
"""After so many it counts as hanging. Fewer could be a garbage collection or a busy machine, with calls at stake."""

STOP_TIMEOUT = 5.0
"""Seconds that an engine has to say goodbye to its calls before it is killed."""

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
"""Seconds before a new engine is started: soon the first time, for calls fail meanwhile; ever later if it goes on
dying, so as not to burn a core; from the beginning again after it lived for `STEADY` seconds.
"""
STEADY = 60.0

_log = logging.getLogger(__name__)


class SwitchStartError(Exception):
    """The engine could not be started. The message names the cause and the fix."""


class B2bua:
    """One embedded switch. All methods belong to the event loop's thread."""

    def __init__(
        self,
        settings: B2buaSettings,
        directory: Directory,
        tell: Callable[[Event], None],
        *,
        pace: Pace | None = None,
        clock: Callable[[], float] = time.time,
        command: Sequence[str] = ENGINE,
    ) -> None:
        """`tell` takes each event, `pace` slows down chosen calls' set-up so that people can watch it (the demo),
        `command` runs the engine.
        """
        self._settings = settings
        self._directory = directory
        self._tell = tell
        self._pace = pace
        self._clock = clock
        self._command = command
        self._registrar = Registrar(settings)
        nonces = OneTimeNonces(secrets.token_bytes(32), settings.nonce_lifetime)
        self._gate = Gate(directory, settings, nonces, Throttle(AccessSettings()))
        self._process: EngineProcess | None = None
        self._engine: wire.Ready | None = None
        self._sip = settings.sip
        self._listening = asyncio.Event()
        self._supervisor: asyncio.Task[None] | None = None
        self._epoch = 0
        self._translator = Translator(settings.name, "")
        self._control = self._new_control()
        self._pulse = wire.Pulse(at=0.0, calls=0, malformed=0, refused=0)
        self._timer: asyncio.TimerHandle | None = None
        self._wake_timer: asyncio.TimerHandle | None = None
        self._missed = 0
        self._next_list = 0.0
        self._lists = 0
        self._restarts = 0
        self._stopping = False
        self._up = False
        self._why = "it was not started"
        self._last_error = ""
        self._last_error_at: float | None = None

    @property
    def name(self) -> str:
        """The switch's name in the table."""
        return self._settings.name

    @property
    def address(self) -> str:
        """`host:port` that it listens on, "" while it does not."""
        return self._engine.sip if self._engine and self._up else ""

    def health(self) -> Health:
        """How it is at this moment."""
        engine = self._engine
        return Health(
            up=self._up,
            why="" if self._up else self._why,
            last_error=self._last_error,
            last_error_at=self._last_error_at,
            sip=self.address,
            engine=engine.engine if engine else "",
            pid=engine.pid if engine else 0,
            calls=self._pulse.calls,
            malformed=self._pulse.malformed,
            refused=self._pulse.refused,
            restarts=self._restarts,
            bad_lines=self._process.bad_lines if self._process else 0,
            ignored=self._translator.ignored,
        )

    def send(self, command: Command, answered: Answered = nobody_asks) -> str | None:
        """Have a call hung up. None if the engine was told; else why not, for people."""
        if not isinstance(command, HangUp):
            return (
                f"the embedded switch cannot {verb(command)} a call of its own accord: do it at the phone, "
                "or carry the call by an Asterisk or a FreeSWITCH"
            )
        process = self._process
        call = self._translator.engine_id(command.call.native)
        if process is None or not self._up:
            return f"the switch {self.name} is down: {self._why}"
        if call is None:
            return f"an earlier engine of the switch {self.name} carried this call, and it is over"
        process.send([wire.HangUp(call=call)])
        if call not in self._translator:
            # The table has a call that the engine has not: its list says so, and the table corrects itself.
            self._ask_list()
        return None

    # --- life ----------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Start the engine and wait until it listens. Raises `SwitchStartError`; from then on it is kept alive."""
        process = await self._launch()
        self._supervisor = asyncio.create_task(self._keep_alive(process), name=f"switch {self.name}")

    async def stop(self) -> None:
        """End every call with BYE or CANCEL, then the engine; a hard end after `STOP_TIMEOUT`."""
        self._stopping = True
        if self._supervisor is not None:
            self._supervisor.cancel()
            await asyncio.wait({self._supervisor})
        process = self._process
        if process is not None and not process.exited.done():
            process.send([wire.Stop()])
            await asyncio.wait({process.exited}, timeout=STOP_TIMEOUT)
            process.kill()
            self._ended(await process.exited)

    async def _keep_alive(self, process: EngineProcess) -> None:
        """Start a new engine whenever one ends."""
        pause = FIRST_PAUSE / 2
        while True:
            began = self._clock()
            await asyncio.wait({process.exited})
            self._ended(process.exited.result())
            pause = FIRST_PAUSE if self._clock() - began > STEADY else min(pause * 2, LONGEST_PAUSE)
            process = await self._launch_again(pause)

    async def _launch_again(self, pause: float) -> EngineProcess:
        while True:
            await asyncio.sleep(pause)
            self._restarts += 1
            try:
                return await self._launch()
            except SwitchStartError as error:
                self._why = str(error)
                pause = min(pause * 2, LONGEST_PAUSE)
                _log.error("%s; the next try is in %.1f s", error, pause)

    async def _launch(self) -> EngineProcess:
        """A new engine that listens. Raises `SwitchStartError`."""
        self._require_package()
        self._epoch = max(self._epoch + 1, int(self._clock() * 1000))
        self._translator = Translator(self.name, _base36(self._epoch))
        self._control = self._new_control()
        self._engine = None
        self._listening.clear()
        try:
            self._process = process = await spawn(self._command, self._heard)
        except OSError as error:
            raise SwitchStartError(f"the engine of the switch {self.name} cannot be run: {error}") from error
        process.exited.add_done_callback(lambda _: self._listening.set())
        try:
            process.send([self._configuration()])
            with suppress(TimeoutError):
                # Not asyncio.wait_for: before Python 3.12 it forgets a cancellation that comes with what it waits for.
                async with asyncio.timeout(START_TIMEOUT):
                    await self._listening.wait()
        finally:
            if self._engine is None:
                process.kill()
        if self._engine is None:
            raise SwitchStartError(self._start_failure(process, await process.exited))
        return process

    def _require_package(self) -> None:
        if self._command is ENGINE and importlib.util.find_spec("sippy") is None:
            raise SwitchStartError(
                f"the switch {self.name} needs the package 'sippy', which is not installed: "
                "run pip install 'callboard[switch]', or set `enabled = false` in [switches.b2bua]"
            )

    def _start_failure(self, process: EngineProcess, code: int) -> str:
        what = f"the switch {self.name} could not start"
        words = process.last_words or "it said nothing"
        if process.killed:
            return f"{what}: its engine did not listen within {START_TIMEOUT:.0f} s ({words})"
        if code == CANNOT_LISTEN:
            return f"{what}: {words}; set an address of this machine that is free as `sip` in [switches.b2bua]"
        return f"{what}: its engine ended with exit code {code} ({words})"

    def _began(self, message: wire.Ready) -> None:
        """The engine listens: its calls can be told, and the first list vouches that there are none yet."""
        if self._engine is not None:
            return
        self._engine = message
        if self._sip.endswith(":0"):
            # Whatever port it was given, the next engine takes the same: the phones know no other.
            self._sip = message.sip
        self._listening.set()
        self._up, self._missed = True, 0
        self._tell(SwitchUp(self.name, self._clock()))
        self._ask_list()
        self._tick_later()

    def _ended(self, code: int) -> None:
        """The engine is gone, and its calls with it."""
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        words = f"({self._process.last_words})" if self._process and self._process.last_words else ""
        if self._stopping:
            why = "it was stopped"
        elif self._up:
            why = f"its engine ended with {how} {words}".rstrip()
        else:
            why = self._why
        if not self._stopping:
            _log.error("switch %s: %s; a new one is started", self.name, why)
        self._lost(why)
        self._tell(SwitchRestarted(self.name, self._clock(), f"the switch {self.name} went down: {why}"))

    def _lost(self, why: str) -> None:
        """Nothing more is known of the calls."""
        for timer in (self._timer, self._wake_timer):
            if timer is not None:
                timer.cancel()
        self._timer = self._wake_timer = None
        if self._up:
            self._up, self._why = False, why
            self._last_error, self._last_error_at = why, self._clock()
            self._tell(SwitchLost(self.name, self._clock(), why))

    # --- each second ---------------------------------------------------------------------------------------------

    def _tick_later(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(PULSE, self._tick)

    def _tick(self) -> None:
        """Watch the pulse, ask for the list, clean up.

        Missed pulses are counted by these ticks and not by the clock: if it is we who were asleep, the pulses are
        waiting in the pipe.
        """
        process = self._process
        if process is None or not self._up:
            return
        process.tick()
        self._missed += 1
        if self._missed > MISSED_PULSES:
            _log.error("switch %s: no sign of life from its engine for %d s: it is killed", self.name, MISSED_PULSES)
            process.kill()
            self._lost(f"its engine gave no sign of life for {MISSED_PULSES} s")
            return
        now = self._clock()
        if not now < self._next_list <= now + self._settings.list_interval:
            self._registrar.sweep(lambda account: self._directory.account(account) is not None, now)
            self._ask_list()
        self._tick_later()

    def _ask_list(self) -> None:
        self._next_list = self._clock() + self._settings.list_interval
        self._lists += 1
        if self._process is not None:
            self._process.send([wire.List(ask=self._lists)])

    # --- messages ------------------------------------------------------------------------------------------------

    def _heard(self, messages: list[wire.FromEngine]) -> None:
        """Take in what one read brought: all the answers go out in one write, then the table is told."""
        now = self._clock()
        for message in messages:
            match message:
                case wire.Pulse():
                    self._pulse, self._missed = message, 0
                case wire.Ready():
                    self._began(message)
                case wire.Trouble():
                    _log.warning("switch %s: %s", self.name, message.text)
                case _:
                    self._control.accept(message, now)
        self._pass_on()

    def _wake(self) -> None:
        self._wake_timer = None
        self._control.wake(self._clock())
        self._pass_on()

    def _pass_on(self) -> None:
        replies, events = self._control.drain()
        if self._process is not None:
            self._process.send(replies)
        for event in events:
            self._tell(event)
        due = self._control.next_due
        if due is not None:
            if self._wake_timer is not None:
                self._wake_timer.cancel()
            pause = max(0.0, due - self._clock())
            self._wake_timer = asyncio.get_running_loop().call_later(pause, self._wake)

    def _new_control(self) -> CallControl:
        return CallControl(self._settings, self._directory, self._gate, self._registrar, self._translator, self._pace)

    def _configuration(self) -> wire.Configure:
        settings = self._settings
        return wire.Configure(
            sip=self._sip,
            booted=self._clock() - since_boot(),
            probe_interval=settings.probe_interval,
            probe_timeout=settings.probe_silence,
            linger=settings.linger,
            challenge_timeout=settings.challenge_timeout,
            max_call=settings.max_call,
            max_calls=settings.max_calls,
            max_pending=settings.max_pending,
        )


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits or "0"
