"""OpenSIPS's dialogs as calls: one dialog is one call with two legs."""

from collections.abc import Iterable

from callboard.calls.causes import Cause, Reason
from callboard.calls.commands import Command, HangUp
from callboard.calls.events import Event, SwitchListed
from callboard.switches.dialogs.dialog import OVER, STATES, Dialog
from callboard.switches.dialogs.jsonrpc import request
from callboard.switches.dialogs.memory import Memory
from callboard.switches.dialogs.uris import display_name
from callboard.switches.opensips import wire
from callboard.switches.orders import UnableError, verb
from callboard.switches.portions import Work

__all__ = ["UPTIME", "Pages", "Translator", "subscription"]

UPTIME = request("uptime")
_ANSWERED = frozenset({3, 4})


def subscription(address: str, seconds: int) -> bytes:
    """The request to send the dialogs' events to a UDP address for so many seconds; 0 ends it."""
    return request("event_subscribe", {"event": wire.EVENT, "socket": f"udp:{address}", "expire": seconds})


class Pages:
    """A full list, taken page by page while calls come and go.

    Each page begins with the last entry of the one before. If that is not in it, calls have left and the rest moved up:
    some may have been passed over, so the list is incomplete. Entries that stand before it came after the list began,
    into the part that was read already.
    """

    def __init__(self, size: int) -> None:
        self._size = max(size, 2)
        self.dialogs: list[wire.Listed] = []
        self.done = False
        self.complete = True

    def question(self) -> bytes:
        """The request for the next page."""
        index = max(0, len(self.dialogs) - 1)
        return request("dlg_list_ctx", {"index": index, "counter": self._size})

    def take(self, page: list[wire.Listed]) -> None:
        """Add the page that was asked for."""
        new = page
        if self.dialogs:
            last = self.dialogs[-1].id
            place = next((place for place, dialog in enumerate(page) if dialog.id == last), None)
            new = page if place is None else page[place + 1 :]
            self.complete = place is not None and (bool(new) or len(page) < self._size)
        self.dialogs += new
        self.done = len(page) < self._size or not self.complete


class Translator:
    """Turns OpenSIPS's words into events and commands into its words. One for each switch, for all its links."""

    def __init__(self, switch: str, *, trust_from: bool = True) -> None:
        self.memory = Memory(switch, trust_from=trust_from)

    def event(self, changed: wire.Changed, at: float) -> list[Event]:
        """What an event tells. Who talks to whom it does not: for a dialog that is new, ask `details`."""
        if changed.new_state == OVER:
            # The event has no status: an end before the answer may be a refusal as well as a caller who gave up.
            unanswered = Cause(Reason.NO_ANSWER, text="OpenSIPS does not tell why")
            cause = Cause(Reason.NORMAL) if changed.old_state in _ANSWERED else unanswered
            return self.memory.ended(changed.id, at, cause)
        if changed.new_state not in STATES:
            return []
        dialog = Dialog(
            native=changed.id, state=changed.new_state, call_id=changed.call_id, caller_tag=changed.from_tag
        )
        return self.memory.seen(dialog, at)

    def details(self, changed: wire.Changed) -> bytes:
        """The request for the whole of one dialog. Raises ValueError for ids that no request may hold."""
        return request("dlg_list_ctx", {"callid": changed.call_id, "from_tag": changed.from_tag})

    def described(self, dialog: wire.Listed, at: float) -> list[Event]:
        """The whole of a dialog, asked for after an event; nothing if it has ended since."""
        if dialog.id not in self.memory or dialog.state not in STATES:
            return []
        return self.memory.seen(_listed(dialog, at), at)

    def listed(
        self, dialogs: Iterable[wire.Listed], at: float, *, complete: bool
    ) -> Work[tuple[list[Event], SwitchListed]]:
        """The list whose first page was asked for `at`; the events are to be told before it."""
        dialogs = tuple(dialogs)
        strange = any(dialog.state not in STATES and dialog.state != OVER for dialog in dialogs)
        up = (_listed(dialog, at) for dialog in dialogs if dialog.state in STATES)
        return self.memory.listed(up, at, complete=complete and not strange)

    def hang_up(self, command: Command) -> bytes:
        """The request that ends a call, ringing or answered. Raises `UnableError` for any other command, ValueError
        for an id that no request may hold.
        """
        if not isinstance(command, HangUp):
            raise UnableError(
                f"Callboard has no way to {verb(command)} a call on OpenSIPS, a proxy: do it at the phone, "
                "or on the switch behind the proxy"
            )
        return request("dlg_end_dlg", {"dialog_id": command.call.native})


def _listed(dialog: wire.Listed, at: float) -> Dialog:
    values = wire.values_of(dialog)
    contacts = [party.contact for party in dialog.callees if party.contact]
    return Dialog(
        native=dialog.id,
        state=dialog.state,
        call_id=dialog.call_id,
        from_uri=dialog.from_uri,
        to_uri=dialog.to_uri,
        name=display_name(values.get("name", "")),
        caller_tag=dialog.caller_tag or "",
        callee_contact=contacts[-1] if contacts else "",
        started_at=min(dialog.timestart, at) if dialog.timestart else None,
        answered_at=min(dialog.timestart, at) if dialog.timestart else None,
        values=values,
    )
