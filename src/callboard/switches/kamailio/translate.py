"""Kamailio's dialogs as calls: one dialog is one call with two legs."""

from collections.abc import Iterable, Sequence

from callboard.calls.causes import Cause, Reason, reason_of_sip
from callboard.calls.commands import Command, HangUp
from callboard.calls.events import Event, SwitchListed
from callboard.calls.state import State
from callboard.switches.dialogs.dialog import OVER, STATES, Dialog
from callboard.switches.dialogs.jsonrpc import request
from callboard.switches.dialogs.memory import Memory
from callboard.switches.dialogs.uris import display_name
from callboard.switches.kamailio import wire
from callboard.switches.orders import verb
from callboard.switches.portions import PORTION, Work

__all__ = ["LIST", "STATISTICS", "UPTIME", "RefusedError", "Translator", "native_of"]

LIST = request("dlg.list")
STATISTICS = request("dlg.stats_active")
UPTIME = request("core.uptime")

CLOCKS_AGREE = 2.0
"""Seconds. Kamailio tells whole seconds, so a smaller difference between its clock and ours cannot be known."""

_HOLDING = frozenset({"sendonly", "inactive"})
_STATE_OF = {"created": 1, "early": 2, "start": 3}
_FACTS = ("account", "endpoint", "trunk_in", "trunk_out", "source", "target", "did")


class RefusedError(Exception):
    """A command that cannot be carried out. For people."""


def native_of(entry: int, identity: int) -> str:
    """Kamailio's name for a dialog: where it stands in its hash table, and its number there."""
    return f"{entry}:{identity}"


class Translator:
    """Turns Kamailio's words into events and commands into its words. One for each switch, whatever links come and go.

    `at` is when a thing was heard, by our clock: Kamailio's own times are whole seconds.
    """

    def __init__(self, switch: str, *, trust_from: bool = True) -> None:
        self.memory = Memory(switch, trust_from=trust_from)
        self.ignored = 0
        """Events that mean nothing to a call, or came too late."""

    def event(self, pushed: wire.Pushed, at: float) -> list[Event]:
        """What an event tells."""
        native = native_of(pushed.h_entry, pushed.h_id)
        match pushed.event:
            case "created" | "early" | "start":
                events = self.memory.seen(self._dialog(native, pushed), at)
            case "end":
                events = self.memory.ended(native, at, Cause(Reason.NORMAL))
            case "failed" if pushed.state == OVER:
                # The dialog's end is told with state 5. With another it is dlg.end_dlg, tried on a call that rings.
                cause = Cause(reason_of_sip(pushed.status) if pushed.status else Reason.FAILED, pushed.status)
                events = self.memory.ended(native, at, cause)
            case "media" if pushed.direction in _HOLDING or pushed.direction == "sendrecv":
                on = pushed.direction in _HOLDING
                events = self.memory.held(native, pushed.from_tag, on=on, at=at)
            case _:
                events = []
        self.ignored += not events
        return events

    def _dialog(self, native: str, pushed: wire.Pushed) -> Dialog:
        return Dialog(
            native=native,
            state=_STATE_OF[pushed.event],
            call_id=pushed.call_id,
            from_uri=pushed.from_uri,
            to_uri=pushed.to_uri,
            name=display_name(pushed.from_name),
            caller_tag=pushed.from_tag,
            values={name: value for name in _FACTS if (value := getattr(pushed, name))},
        )

    def listed(
        self, dialogs: Sequence[wire.Listed], at: float, heard_at: float, *, complete: bool = True
    ) -> Work[tuple[list[Event], SwitchListed]]:
        """The list that was asked for `at` and came at `heard_at`; the events are to be told before it."""
        latest, strange = 0.0, False
        for place in range(0, len(dialogs), PORTION):
            portion = dialogs[place : place + PORTION]
            latest = max(latest, _latest(portion))
            strange |= any(dialog.state not in STATES and dialog.state != OVER for dialog in portion)
            yield
        ahead = _ahead(latest, heard_at)
        up = (_listed(dialog, ahead, at) for dialog in dialogs if dialog.state in STATES)
        return (yield from self.memory.listed(up, at, complete=complete and not strange))

    def hang_up(self, command: Command) -> bytes:
        """The RPC that ends a call. Raises `RefusedError`, for people, where Kamailio could not."""
        if not isinstance(command, HangUp):
            raise RefusedError(
                f"Kamailio is a proxy and has no command to {verb(command)} a call: do it at the phone, "
                "or on the switch behind the proxy"
            )
        native = command.call.native
        state = self.memory.state(native)
        if state is None:
            raise RefusedError("the switch does not have this call any more")
        if state < State.ANSWERED:
            raise RefusedError("Kamailio can end a call only once it is answered: this one still rings")
        entry, _, identity = native.partition(":")
        if not (entry.isdecimal() and identity.isdecimal()):
            raise RefusedError(f"{native!r} is no dialog of Kamailio")
        return request("dlg.end_dlg", [int(entry), int(identity)])


def _latest(dialogs: Iterable[wire.Listed]) -> float:
    """What time it is by Kamailio's clock, read off the calls that are answered; 0.0 if none is."""
    clocks = (dialog.start_ts + dialog.duration for dialog in dialogs if dialog.state == 4 and dialog.start_ts)
    return max(clocks, default=0.0)


def _ahead(latest: float, heard_at: float) -> float:
    """How far Kamailio's clock is ahead of ours: seconds, 0.0 if it agrees or is not known."""
    ahead = latest - heard_at if latest else 0.0
    return ahead if abs(ahead) > CLOCKS_AGREE else 0.0


def _listed(dialog: wire.Listed, ahead: float, at: float) -> Dialog:
    values = wire.values_of(dialog)
    return Dialog(
        native=native_of(dialog.h_entry, dialog.h_id),
        state=dialog.state,
        call_id=dialog.call_id,
        from_uri=dialog.from_uri,
        to_uri=dialog.to_uri,
        name=display_name(values.get("name", "")),
        caller_tag=dialog.caller.tag or "",
        callee_contact=dialog.callee.contact or "",
        started_at=min(dialog.init_ts - ahead, at) if dialog.init_ts else None,
        answered_at=min(dialog.start_ts - ahead, at) if dialog.start_ts else None,
        values=values,
    )
