"""What is known of a proxy's dialogs, and the events that follow from what it tells.

A proxy's list has whole seconds and neither holds nor names; its events have those, but may be lost. So what was told
is kept here while a dialog is up, and a list only adds to it.
"""

from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from callboard.calls.causes import Cause, Reason
from callboard.calls.events import (
    Event,
    LegAnswered,
    LegDescribed,
    LegEnded,
    LegEnding,
    LegHeld,
    LegResumed,
    LegRinging,
    LegSeen,
    SwitchListed,
)
from callboard.calls.legs import Facts, Leg, LegId, Side
from callboard.calls.state import State
from callboard.switches.dialogs.dialog import STATES, Dialog, legs_of
from callboard.switches.portions import PORTION, Work

__all__ = ["KILL_PATIENCE", "Memory"]

KILL_PATIENCE = 32.0
"""Seconds that a call we ended may still be listed: so long a BYE is repeated (RFC 3261 timer F). After that it is
shown as up again, for it is.
"""

_NO_FACTS = Facts()


class _Known(msgspec.Struct, gc=False):
    """A dialog that is up, with what was told of it so far. Nothing in it leads back to it."""

    caller: Leg
    callee: Leg
    caller_tag: str
    heard_at: float
    killed_at: float | None = None


class Memory:
    """The dialogs of one proxy. It outlives the links to it, but for a restart of the proxy."""

    def __init__(self, switch: str, *, trust_from: bool) -> None:
        self.switch = switch
        self._trust_from = trust_from
        self._dialogs: dict[str, _Known] = {}

    def __contains__(self, native: str) -> bool:
        return native in self._dialogs

    def __len__(self) -> int:
        return len(self._dialogs)

    def state(self, native: str) -> State | None:
        """How far a dialog got; None if it is not known."""
        known = self._dialogs.get(native)
        return None if known is None else known.caller.state

    # --- events ------------------------------------------------------------------------------------------------------

    def seen(self, dialog: Dialog, at: float) -> list[Event]:
        """The proxy told of a dialog that is up: new, further than before, or again."""
        legs = legs_of(self.switch, dialog, at, trust_from=self._trust_from)
        known = self._dialogs.get(dialog.native)
        if known is None:
            self._dialogs[dialog.native] = _Known(*legs, caller_tag=dialog.caller_tag, heard_at=at)
            return [LegSeen(at, leg) for leg in legs]
        described = self._describe(known, legs, at)
        known.caller_tag = known.caller_tag or dialog.caller_tag
        return [*described, *self._advance(known, STATES[dialog.state], at)]

    def _describe(self, known: _Known, told: tuple[Leg, Leg], at: float) -> list[Event]:
        known.heard_at = max(at, known.heard_at)
        before = known.caller, known.callee
        known.caller, known.callee = (_filled(old, new) for old, new in zip(before, told, strict=True))
        after = known.caller, known.callee
        return [LegDescribed(at, new) for old, new in zip(before, after, strict=True) if new != old]

    def _advance(self, known: _Known, state: State, at: float) -> list[Event]:
        """Both legs go on to `state`, unless they are there or further."""
        if state <= known.caller.state or state not in (State.RINGING, State.ANSWERED):
            return []
        kind = LegRinging if state is State.RINGING else LegAnswered
        events: list[Event] = []
        for leg in (known.callee, known.caller):
            self._put(known, _forward(leg, state, at))
            events.append(kind(leg.id, at))
        return events

    def held(self, native: str, tag: str, *, on: bool, at: float) -> list[Event]:
        """The party whose tag is `tag` put the call on hold, or took it off."""
        known = self._dialogs.get(native)
        if known is None or not tag:
            return []
        leg = known.caller if tag == known.caller_tag else known.callee
        before, after = (State.ANSWERED, State.HELD) if on else (State.HELD, State.ANSWERED)
        if leg.state is not before:
            return []
        known.heard_at = max(at, known.heard_at)
        self._put(known, replace(leg, state=after))
        return [LegHeld(leg.id, at) if on else LegResumed(leg.id, at)]

    def ordered(self, native: str, at: float) -> None:
        """We order a dialog's end. To be told before the order goes out, for the end may come before the answer."""
        known = self._dialogs.get(native)
        if known is not None:
            known.killed_at = at

    def spared(self, native: str) -> None:
        """The proxy did not take our order to end a dialog."""
        known = self._dialogs.get(native)
        if known is not None:
            known.killed_at = None

    def ending(self, native: str, at: float) -> list[Event]:
        """The proxy took our order to end a dialog; its end may not be seen yet."""
        known = self._dialogs.get(native)
        if known is None:
            return []
        events: list[Event] = []
        for leg in (known.callee, known.caller):
            self._put(known, replace(leg, state=State.ENDING))
            events.append(LegEnding(leg.id, at))
        return events

    def ended(self, native: str, at: float, cause: Cause) -> list[Event]:
        """A dialog is over, for `cause` unless it was us who ended it. Harmless for one that is not known."""
        known = self._dialogs.pop(native, None)
        if known is not None and known.killed_at is not None:
            cause = Cause(Reason.DISCONNECTED)
        sides = ("callee", "caller")
        return [LegEnded(LegId(self.switch, f"{native}/{side}"), at, cause) for side in sides]

    # --- lists -------------------------------------------------------------------------------------------------------

    def listed(self, dialogs: Iterable[Dialog], at: float, *, complete: bool) -> Work[tuple[list[Event], SwitchListed]]:
        """The proxy's own list as of `at`, of those that are up. The events, told first, are of calls that we ended.

        For the end of those is often not told. What is told between two portions is newer than the list.
        """
        legs: list[Leg] = []
        named: set[str] = set()
        for dialog in dialogs:
            if dialog.native not in named:
                named.add(dialog.native)
                legs.extend(self._listed(dialog, at))
            if len(legs) % PORTION == 0:
                yield
        gone: list[str] = []
        for place, (native, known) in enumerate(tuple(self._dialogs.items()) if complete else ()):
            if native not in named and known.heard_at <= at:
                gone.append(native)
            if place % PORTION == 0:
                yield
        # What is forgotten here is told at once: nobody may find it missing in between.
        events = [event for native in gone for event in self._missing(native, at)]
        return events, SwitchListed(self.switch, at, tuple(legs), complete)

    def _missing(self, native: str, at: float) -> list[Event]:
        """A list lacks this dialog, unless something was told of it since."""
        known = self._dialogs.get(native)
        if known is None or known.heard_at > at:
            return []
        if known.killed_at is not None:
            return self.ended(native, at, Cause(Reason.DISCONNECTED))
        del self._dialogs[native]
        return []

    def _listed(self, dialog: Dialog, at: float) -> tuple[Leg, Leg]:
        legs = legs_of(self.switch, dialog, at, trust_from=self._trust_from)
        known = self._dialogs.get(dialog.native)
        if known is None:
            known = self._dialogs[dialog.native] = _Known(*legs, caller_tag=dialog.caller_tag, heard_at=at)
            return legs
        self._describe(known, legs, at)
        known.caller_tag = known.caller_tag or dialog.caller_tag
        self._advance(known, STATES[dialog.state], legs[0].answered_at or at)
        if known.killed_at is not None and at - known.killed_at > KILL_PATIENCE:
            known.killed_at = None
            self._put(known, replace(known.caller, state=STATES[dialog.state]))
            self._put(known, replace(known.callee, state=STATES[dialog.state]))
        return known.caller, known.callee

    def _put(self, known: _Known, leg: Leg) -> None:
        if leg.side is Side.CALLER:
            known.caller = leg
        else:
            known.callee = leg


def _forward(leg: Leg, state: State, at: float) -> Leg:
    progressed_at = at if leg.progressed_at is None else leg.progressed_at
    answered_at = at if state is State.ANSWERED else None
    return replace(leg, state=state, progressed_at=progressed_at, answered_at=answered_at)


def _filled(leg: Leg, more: Leg) -> Leg:
    """The leg with what `more` tells that was not known; what is known stays, for it was told more exactly."""
    changes: dict[str, object] = {
        name: text
        for name in ("number", "name", "dialed", "sip_call_id")
        if not getattr(leg, name) and (text := getattr(more, name))
    }
    if more.facts not in (leg.facts, _NO_FACTS):
        values = Facts.__struct_fields__
        known = {name: value for name in values if (value := getattr(leg.facts, name)) not in (None, "")}
        changes["facts"] = replace(more.facts, **known)
    return replace(leg, **changes) if changes else leg
