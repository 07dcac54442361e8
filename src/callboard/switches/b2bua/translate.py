"""The engine's messages into events. A call has a caller's leg and one leg for each target that was tried.

The engine's ids begin anew with each engine, so each id is put behind the engine's `epoch`: leg and call ids are
never used twice. The legs of calls in progress are kept here, because the engine's list gives no more than ids.
"""

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from callboard.calls.causes import Cause, Reason, reason_of_sip
from callboard.calls.events import (
    Event,
    LegAnswered,
    LegAuthenticating,
    LegDescribed,
    LegEnded,
    LegEnding,
    LegHeld,
    LegResumed,
    LegRinging,
    LegRouting,
    LegSeen,
    SwitchListed,
)
from callboard.calls.legs import Facts, Leg, LegId, Side
from callboard.calls.state import CONNECTED, State, step
from callboard.directory.records import Account, Connection
from callboard.switches.b2bua import wire
from callboard.switches.b2bua.routing import Routed

__all__ = ["Translator", "cause_of"]

_STATES = {
    state.name.lower(): state
    for state in (
        State.NEW,
        State.AUTHENTICATING,
        State.ROUTING,
        State.DIALING,
        State.RINGING,
        State.ANSWERED,
        State.HELD,
        State.ENDING,
    )
}
"""The engine's words for a call's state."""

_BY = {"command": Reason.DISCONNECTED, "probe": Reason.VANISHED}
"""Who ended the call, where that is reason enough. Else the SIP status tells."""

_Signalled = type[LegAuthenticating | LegRouting | LegRinging | LegAnswered | LegHeld | LegResumed | LegEnding]


class _Legs:
    """What is known of one call: mutable, for it changes with nearly every message."""

    __slots__ = ("first", "legs", "routes")

    def __init__(self, caller: Leg) -> None:
        self.first = caller.id
        self.legs = {caller.id: caller}
        self.routes: tuple[Routed, ...] = ()

    @property
    def caller(self) -> Leg:
        return self.legs[self.first]

    def live(self) -> list[Leg]:
        """The legs that are not over, the callee's first: the caller's has the last word on the call."""
        return [leg for leg in reversed(self.legs.values()) if leg.state is not State.ENDED]

    def side(self, side: Side) -> list[Leg]:
        return [leg for leg in self.legs.values() if leg.side is side]

    def put(self, leg: Leg) -> None:
        self.legs[leg.id] = leg


class Translator:
    """Turns one engine's messages into events, from its start to its end."""

    def __init__(self, switch: str, epoch: str) -> None:
        self._switch = switch
        self._prefix = f"{epoch}-"
        self._calls: dict[str, _Legs] = {}
        self.ignored = 0
        """Messages about calls that are not known (any more)."""

    def __contains__(self, call: str) -> bool:
        return call in self._calls

    def __len__(self) -> int:
        return len(self._calls)

    def native(self, call: str) -> str:
        """Our name for the engine's call: `Leg.call`."""
        return self._prefix + call

    def engine_id(self, native: str) -> str | None:
        """The engine's id in a `Leg.call`; None if another engine carried that call."""
        return native.removeprefix(self._prefix) if native.startswith(self._prefix) else None

    # --- set-up --------------------------------------------------------------------------------------------------

    def came(self, message: wire.Came, known: Account | Connection | None) -> list[Event]:
        """A call came in; `known` is whose trusted address it came from."""
        leg = Leg(
            id=self._leg_id(message.call, "a"),
            call=self.native(message.call),
            side=Side.CALLER,
            number=message.caller,
            name=message.caller_name,
            dialed=message.dialed,
            media=message.media,
            sip_call_id=message.sip_call_id,
            facts=_facts(known, message.source),
            started_at=message.at,
        )
        self._calls[message.call] = _Legs(leg)
        return [LegSeen(message.at, leg)]

    def authenticating(self, call: str, at: float) -> list[Event]:
        """The caller was asked for credentials."""
        return self._on_side(call, Side.CALLER, LegAuthenticating, at)

    def admitted(self, call: str, who: Account | Connection, number: str, dialed: str, at: float) -> list[Event]:
        """The caller is known now, and a route is looked for."""
        legs = self._calls.get(call)
        if legs is None:
            return self._ignore()
        facts = _facts(who, legs.caller.facts.source)
        described = replace(legs.caller, facts=facts, number=number, dialed=dialed)
        return [*self._describe(legs, described, at), *self._move(legs, [legs.first], LegRouting, at)]

    def routed(self, call: str, routes: tuple[Routed, ...]) -> None:
        """The call was given these ways to try."""
        if call in self._calls:
            self._calls[call].routes = routes

    def dialing(self, message: wire.Dialing) -> list[Event]:
        """A target is called: a leg of the callee's side."""
        legs, known = self._branch(message.call, message.branch)
        if legs is None or known is not None or message.branch >= len(legs.routes):
            return self._ignore()
        way = legs.routes[message.branch]
        leg = Leg(
            id=self._leg_id(message.call, f"b{message.branch}"),
            call=legs.caller.call,
            side=Side.CALLEE,
            state=State.DIALING,
            number=way.number,
            facts=replace(_facts(way.account or way.connection, way.target.address), did=way.did),
            started_at=message.at,
        )
        legs.put(leg)
        return [LegSeen(message.at, leg)]

    def ringing(self, message: wire.Ringing) -> list[Event]:
        """A target alerts."""
        legs, leg = self._branch(message.call, message.branch)
        if legs is None or leg is None:
            return self._ignore()
        events = self._describe(legs, replace(leg, media=message.media or leg.media), message.at)
        return [*events, *self._move(legs, [leg.id], LegRinging, message.at)]

    def failed(self, message: wire.Failed) -> list[Event]:
        """A target failed; another is tried."""
        legs, leg = self._branch(message.call, message.branch)
        if legs is None or leg is None:
            return self._ignore()
        return self._end(legs, [leg], message.at, Cause(reason_of_sip(message.code), message.code, message.text))

    # --- conversation --------------------------------------------------------------------------------------------

    def answered(self, message: wire.Answered) -> list[Event]:
        """Both sides are connected."""
        legs, callee = self._branch(message.call, message.branch)
        if legs is None:
            return self._ignore()
        caller = legs.caller
        events = self._describe(legs, replace(caller, media=message.caller_media or caller.media), message.at)
        if callee is not None:
            media = message.callee_media or callee.media
            events += self._describe(legs, replace(callee, media=media), message.at)
        both = [caller.id] if callee is None else [callee.id, caller.id]
        return [*events, *self._move(legs, both, LegAnswered, message.at)]

    def held(self, message: wire.Held) -> list[Event]:
        """A party put the call on hold."""
        return self._on_side(message.call, _side(message.side), LegHeld, message.at)

    def resumed(self, message: wire.Resumed) -> list[Event]:
        """A party took the call off hold."""
        return self._on_side(message.call, _side(message.side), LegResumed, message.at)

    # --- the end -------------------------------------------------------------------------------------------------

    def ending(self, message: wire.Ending) -> list[Event]:
        """The end began."""
        legs = self._calls.get(message.call)
        if legs is None:
            return self._ignore()
        return self._move(legs, [leg.id for leg in legs.live()], LegEnding, message.at)

    def ended(self, message: wire.Ended) -> list[Event]:
        """The call is over."""
        legs = self._calls.pop(message.call, None)
        return self._ignore() if legs is None else self._end(legs, legs.live(), message.at, cause_of(message))

    def listed(self, message: wire.Listed) -> SwitchListed:
        """The engine's list as legs. What is not in it and was there before is forgotten: its end was never told."""
        told = {call.call: call.state for call in message.calls}
        for call, legs in tuple(self._calls.items()):
            if call not in told and legs.caller.started_at < message.at:
                del self._calls[call]
        listed = [leg for call, word in told.items() for leg in self._as_listed(call, word, message.at)]
        return SwitchListed(self._switch, message.at, tuple(listed), complete=True)

    # --- inside --------------------------------------------------------------------------------------------------

    def _leg_id(self, call: str, leg: str) -> LegId:
        return LegId(self._switch, f"{self._prefix}{call}-{leg}")

    def _ignore(self) -> list[Event]:
        self.ignored += 1
        return []

    def _branch(self, call: str, branch: int) -> tuple[_Legs | None, Leg | None]:
        legs = self._calls.get(call)
        return legs, legs.legs.get(self._leg_id(call, f"b{branch}")) if legs else None

    def _on_side(self, call: str, side: Side, kind: _Signalled, at: float) -> list[Event]:
        legs = self._calls.get(call)
        return self._ignore() if legs is None else self._move(legs, [leg.id for leg in legs.side(side)], kind, at)

    def _describe(self, legs: _Legs, leg: Leg, at: float) -> list[Event]:
        """Tell what became known of a leg; nothing if that is nothing new."""
        if leg == legs.legs[leg.id]:
            return []
        legs.put(leg)
        return [LegDescribed(at, leg)]

    def _move(self, legs: _Legs, moving: Iterable[LegId], kind: _Signalled, at: float) -> list[Event]:
        """Tell a signal for each of the legs whose state it moves."""
        events: list[Event] = []
        for leg_id in moving:
            leg = legs.legs[leg_id]
            to = step(leg.state, kind.signal)
            if to is not None:
                legs.put(_at_state(leg, to, at))
                events.append(kind(leg=leg_id, at=at))
        return events

    def _end(self, legs: _Legs, ending: Iterable[Leg], at: float, cause: Cause) -> list[Event]:
        events: list[Event] = []
        for leg in ending:
            legs.put(replace(leg, state=State.ENDED, ended_at=at, cause=cause))
            events.append(LegEnded(leg=leg.id, at=at, cause=cause))
        return events

    def _as_listed(self, call: str, word: str, at: float) -> list[Leg]:
        """A call's live legs, in the states that the engine's word for the call gives them."""
        state = _STATES.get(word, State.NEW)
        legs = self._calls.get(call)
        if legs is None:
            legs = self._calls[call] = _Legs(
                Leg(id=self._leg_id(call, "a"), call=self.native(call), side=Side.CALLER, started_at=at)
            )
        live = legs.live()
        for leg in live:
            legs.put(_at_state(leg, _listed_state(leg, state, live), at))
        return [legs.legs[leg.id] for leg in live]


def _side(word: str) -> Side:
    return Side.CALLEE if word == "callee" else Side.CALLER


def _facts(who: Account | Connection | None, source: str) -> Facts:
    if isinstance(who, Account):
        return Facts(account=who.id, endpoint=who.sip_user, source=source)
    return Facts(connection=who.id if who else None, source=source)


def _at_state(leg: Leg, state: State, at: float) -> Leg:
    if state is leg.state:
        return leg
    progressed = leg.progressed_at or (at if State.RINGING <= state <= State.HELD else None)
    answered = leg.answered_at or (at if state in CONNECTED else None)
    return replace(leg, state=state, progressed_at=progressed, answered_at=answered)


def _listed_state(leg: Leg, state: State, live: Sequence[Leg]) -> State:
    """The state of one leg of a call that the engine's list gives one word for.

    While the engine waits for our decision we may be further than it knows.
    """
    if state <= State.ROUTING and leg.state <= State.ROUTING:
        return max(state, leg.state)
    if state is State.HELD:
        known = any(other.state is State.HELD for other in live)
        on_hold = leg.state is State.HELD if known else leg.side is Side.CALLER
        return State.HELD if on_hold else State.ANSWERED
    if leg.side is Side.CALLEE and state < State.DIALING:
        return leg.state
    if leg.side is Side.CALLER and state in {State.DIALING, State.RINGING} and len(live) > 1:
        return State.ROUTING
    return state


def cause_of(message: wire.Ended) -> Cause:
    """Why the call ended: who ended it, and with which SIP status for the caller."""
    reason = _BY.get(message.by) or reason_of_sip(message.code)
    if message.by == "engine" and reason is Reason.NORMAL:
        reason = Reason.SWITCH_LOST
    text = message.text if message.confirmed else f"{message.text} (a party did not confirm the end)".strip()
    return Cause(reason, message.code, text)
