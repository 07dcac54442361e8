"""What is said to the engine and told to the table for each message: no IO, time is an argument.

The order of a call: its INVITE comes (`admit` decides who calls), it is challenged and comes again, it is routed. All
the rest is for the table to know.
"""

import heapq
from collections.abc import Callable

import msgspec

from callboard.calls.events import Event
from callboard.directory.directory import Directory
from callboard.directory.records import Account, Connection
from callboard.switches.b2bua import wire
from callboard.switches.b2bua.admission import Admitted, Ask, Challenged, Gate, Rejected
from callboard.switches.b2bua.registrar import Registrar, RegistrationError
from callboard.switches.b2bua.routing import RouteRefusal, calling, route
from callboard.switches.b2bua.settings import B2buaSettings
from callboard.switches.b2bua.translate import Translator

__all__ = ["CallControl", "Pace"]

Pace = Callable[[str, str], float]
"""Source (`host:port`) and step ("admit" or "route") -> seconds to wait before the step; 0.0 for no wait."""


class _Waiting(msgspec.Struct):
    """A call that has no route yet."""

    came: wire.Came
    source: str
    uri: str
    dialed: str
    authorization: str
    challenges: int = 0
    who: Account | Connection | None = None


class CallControl:
    """Everything that one engine is told, from its start to its end.

    `accept` fills `replies` and `events`, which whoever called it empties with `drain`.
    """

    def __init__(
        self,
        settings: B2buaSettings,
        directory: Directory,
        gate: Gate,
        registrar: Registrar,
        translator: Translator,
        pace: Pace | None = None,
    ) -> None:
        self._settings = settings
        self._directory = directory
        self._gate = gate
        self._registrar = registrar
        self._translator = translator
        self._pace = pace
        self._waiting: dict[str, _Waiting] = {}
        self._later: list[tuple[float, int, str, str]] = []
        self._laters = 0
        self._replies: list[wire.ToEngine] = []
        self._events: list[Event] = []

    def drain(self) -> tuple[list[wire.ToEngine], list[Event]]:
        """What is to be said to the engine, and told to the table, since the last time."""
        replies, self._replies = self._replies, []
        events, self._events = self._events, []
        return replies, events

    def accept(self, message: wire.FromEngine, now: float) -> None:
        """Take in one message of the engine."""
        translator = self._translator
        match message:
            case wire.Came():
                self._came(message, now)
            case wire.Credentials():
                self._came_again(message, now)
            case wire.Dialing():
                self._events += translator.dialing(message)
            case wire.Ringing():
                self._events += translator.ringing(message)
            case wire.Failed():
                self._events += translator.failed(message)
            case wire.Answered():
                self._events += translator.answered(message)
            case wire.Held():
                self._events += translator.held(message)
            case wire.Resumed():
                self._events += translator.resumed(message)
            case wire.Ending():
                self._events += translator.ending(message)
            case wire.Ended():
                self._waiting.pop(message.call, None)
                self._events += translator.ended(message)
            case wire.Register():
                self._replies.append(self._registered(message, now))
            case wire.Listed():
                self._events.append(translator.listed(message))
                self._waiting = {call: waiting for call, waiting in self._waiting.items() if call in translator}

    # --- steps that can wait -------------------------------------------------------------------------------------

    @property
    def next_due(self) -> float | None:
        """When `wake` is to be called next; None if nothing waits."""
        return self._later[0][0] if self._later else None

    def wake(self, now: float) -> None:
        """Carry out the steps that have waited long enough."""
        while self._later and self._later[0][0] <= now:
            _, _, step, call = heapq.heappop(self._later)
            self._run(step, call, now)

    def _soon(self, step: str, call: str, now: float) -> None:
        """Carry out a step: at once, or later if the caller's source is paced."""
        pause = self._pace(self._waiting[call].source, step) if self._pace else 0.0
        if pause <= 0:
            self._run(step, call, now)
            return
        self._laters += 1
        heapq.heappush(self._later, (now + pause, self._laters, step, call))

    def _run(self, step: str, call: str, now: float) -> None:
        waiting = self._waiting.get(call)
        if waiting is None:
            return
        if step == "admit":
            self._admit(waiting, now)
        else:
            self._route(waiting, now)

    # --- a call --------------------------------------------------------------------------------------------------

    def _came(self, message: wire.Came, now: float) -> None:
        if message.call in self._translator:
            return
        self._events += self._translator.came(message, self._gate.recognise(message.source))
        self._waiting[message.call] = _Waiting(
            came=message,
            source=message.source,
            uri=message.uri,
            dialed=message.dialed,
            authorization=message.authorization,
        )
        self._soon("admit", message.call, now)

    def _came_again(self, message: wire.Credentials, now: float) -> None:
        waiting = self._waiting.get(message.call)
        if waiting is None or waiting.who is not None:
            return
        waiting.source = message.source
        waiting.uri = message.uri
        waiting.dialed = message.dialed
        waiting.authorization = message.authorization
        self._admit(waiting, now)

    def _admit(self, waiting: _Waiting, now: float) -> None:
        call = waiting.came.call
        ask = Ask(
            method="INVITE",
            uri=waiting.uri,
            sip_call_id=waiting.came.sip_call_id,
            source=waiting.source,
            authorization=waiting.authorization,
        )
        match self._gate.admit_call(ask, waiting.challenges, now):
            case Admitted(caller=who):
                waiting.who = who
                shown = calling(who, waiting.came.caller, waiting.came.caller_name)
                self._events += self._translator.admitted(call, who, shown.number, waiting.dialed, now)
                self._soon("route", call, now)
            case Challenged(headers=headers):
                waiting.challenges += 1
                self._replies.append(wire.Challenge(call=call, headers=headers))
                self._events += self._translator.authenticating(call, now)
            case Rejected(code=code, text=text):
                self._refuse(call, code, text)

    def _route(self, waiting: _Waiting, now: float) -> None:
        call = waiting.came.call
        if waiting.who is None:
            return
        shown = calling(waiting.who, waiting.came.caller, waiting.came.caller_name)
        ways = route(self._directory, self._registrar, self._settings, shown, waiting.dialed, now)
        if isinstance(ways, RouteRefusal):
            self._refuse(call, ways.code, ways.text)
            return
        del self._waiting[call]
        self._translator.routed(call, ways)
        self._replies.append(wire.Route(call=call, targets=tuple(way.target for way in ways)))

    def _refuse(self, call: str, code: int, text: str) -> None:
        del self._waiting[call]
        self._replies.append(wire.Refuse(call=call, code=code, text=text))

    # --- a registration ------------------------------------------------------------------------------------------

    def _registered(self, message: wire.Register, now: float) -> wire.Registered:
        ask = Ask(
            method="REGISTER",
            uri=message.uri,
            sip_call_id=message.sip_call_id,
            source=message.source,
            authorization=message.authorization,
        )
        match self._gate.admit_registration(ask, message.user, now):
            case Challenged(headers=headers):
                return wire.Registered(ask=message.ask, code=401, text="Unauthorized", headers=headers)
            case Rejected(code=code, text=text):
                return wire.Registered(ask=message.ask, code=code, text=text)
            case Admitted(caller=who):
                return self._bound(message, who.id, now)

    def _bound(self, message: wire.Register, account: int, now: float) -> wire.Registered:
        try:
            contacts = self._registrar.register(account, message, now)
        except RegistrationError as error:
            return wire.Registered(ask=message.ask, code=error.code, text=error.text)
        return wire.Registered(ask=message.ask, code=200, text="OK", contacts=contacts)
