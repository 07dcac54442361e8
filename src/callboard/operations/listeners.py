"""Who is told of what: each webhook as its login stands at present, and which calls it follows."""

from collections.abc import Collection

import msgspec
from msgspec.structs import replace

from callboard.access.access import LoginChange
from callboard.access.rights import Principal, Role
from callboard.calls.legs import Call
from callboard.calls.refusals import CustomerNotFound, Forbidden
from callboard.calls.state import LIVE, State
from callboard.directory.records import ROOT
from callboard.operations.desk import Desk, Reach
from callboard.operations.happenings import CALL_HAPPENINGS, NEEDED, SYSTEM_WIDE, Happening, happened
from callboard.operations.list_calls import ListCalls, wanted_of
from callboard.operations.subscriptions import Delivery, Webhook, WhichCalls
from callboard.table.changes import Change, Kind
from callboard.table.questions.filters import Filter
from callboard.table.questions.matches import Fits, fits

__all__ = ["Listener", "Listeners", "listing_of", "may_be_told"]

_GONE = "its login or its token may not sign in any more: mend that, or make the webhook anew"


def listing_of(calls: WhichCalls) -> ListCalls:
    """The calls of a webhook as what is listed."""
    reach = Reach.SUBTREE if calls.recursive else Reach.OWN
    return ListCalls(customer=calls.customers, reach=reach, as_party=True, where=calls.where)


def _nothing_fits(call: Call, now: float) -> bool:
    return False


class Listener:
    """One webhook. `look` looks again at what it may be told, whenever anything about that may have changed."""

    def __init__(self, webhook: Webhook) -> None:
        self.webhook = webhook
        self.principal: Principal | None = None
        """Whose it is, as it stands now; None if it may be told nothing."""
        self.stands = ""
        """Why it may be told nothing, or less than was asked for, for people."""
        self.events: frozenset[Happening] = frozenset()
        """What it may be told of, of what it asked for."""
        self.scope: frozenset[int] | None = frozenset()
        """The customers whose calls it may see; None: it sees all."""
        self._wanted: Filter | None = None
        self._fits: Fits = _nothing_fits
        self._told: set[int] = set()

    @property
    def sight(self) -> str:
        """How its login sees: what was written for one sight is not sent under another."""
        who = self.principal
        return "" if who is None else msgspec.json.encode((who.customer, who.masks), order="sorted").decode()

    def look(self, desk: Desk, now: float) -> None:
        """See what the webhook may be told at present."""
        self.principal, self.stands = self._standing(desk, now)
        who = self.principal
        self.events = frozenset(event for event in self.webhook.events if who is not None and may_be_told(who, event))
        self.scope = frozenset() if who is None else _scope(desk, who)
        self._follow(desk, now)

    def _standing(self, desk: Desk, now: float) -> tuple[Principal | None, str]:
        webhook = self.webhook
        asking = Principal(
            login=webhook.login,
            role=Role.USER,
            customer=ROOT,
            rights=frozenset(),
            address=webhook.address,
            token=webhook.token,
        )
        who = desk.access.renew(asking, now)
        if who is None or desk.directory.customer(who.customer) is None:
            return None, _GONE
        lacking = sorted({NEEDED[event].value for event in webhook.events if not may_be_told(who, event)})
        return who, f"{who.login} lacks {', '.join(lacking)}" if lacking else ""

    def _follow(self, desk: Desk, now: float) -> None:
        """Turn to the calls that are wanted now. Those that are up already did not begin for this webhook."""
        wanted = self._of_calls(desk)
        if wanted == self._wanted:
            return
        self._wanted = wanted
        if wanted is None:
            self._fits, self._told = _nothing_fits, set()
        else:
            self._fits = fits(wanted)
            up = desk.table.select(replace(wanted, states=LIVE), now=now)
            self._told |= {call.number for call in up}

    def _of_calls(self, desk: Desk) -> Filter | None:
        if self.principal is None or self.events.isdisjoint(CALL_HAPPENINGS):
            return None
        try:
            return wanted_of(desk, self.principal, listing_of(self.webhook.calls))
        except (CustomerNotFound, Forbidden) as refusal:
            self.stands = str(refusal)
            return None

    # --- what happens ------------------------------------------------------------------------------------------------

    def sees(self, call: Call) -> bool:
        """Whether the login may see the call."""
        placed = call.placement
        return self.scope is None or placed.customer in self.scope or placed.callee_customer in self.scope

    def hears(self, change: Change, now: float) -> tuple[Happening, ...]:
        """What a change of the table means for this webhook.

        It goes on with a call that it was told of once, whether it still matches or not, until the end or until its
        login may not see it any more.
        """
        call, number = change.call, change.call.number
        if change.kind is Kind.LEFT or not self.sees(call):
            self._told.discard(number)
            return ()
        words = happened(change)
        if number not in self._told:
            if not self._fits(call, now):
                return ()
            self._told.add(number)
            words = (Happening.CALL_STARTED, *(word for word in words if word is not Happening.CALL_STARTED))
        if call.state is State.ENDED:
            self._told.discard(number)
        return tuple(word for word in words if word in self.events)

    def may_have(self, delivery: Delivery) -> bool:
        """Whether what was written may still be sent: its login sees as it did, and whose call it is about too."""
        if self.principal is None or delivery.sight != self.sight:
            return False
        if delivery.event is Happening.TEST:
            return True
        within = self.scope is None or not delivery.parties or not self.scope.isdisjoint(delivery.parties)
        return within and may_be_told(self.principal, delivery.event)


def may_be_told(who: Principal, event: Happening) -> bool:
    """Whether somebody may be told of a happening."""
    return NEEDED[event] in who.rights and (event not in SYSTEM_WIDE or who.customer == ROOT)


def _scope(desk: Desk, who: Principal) -> frozenset[int] | None:
    return None if who.customer == ROOT else desk.scope(who)


class Listeners:
    """Every webhook that is switched on. Those that a call concerns are found by the call's customers."""

    def __init__(self, desk: Desk) -> None:
        """Webhooks go with their logins, from now on and those that were left before."""
        self._desk = desk
        self._seen = (-1, -1)
        self._expires_at: float | None = None
        self._listeners: dict[str, Listener] = {}
        self._everywhere: tuple[Listener, ...] = ()
        self._of_customers: dict[int, tuple[Listener, ...]] = {}
        desk.access.watch(self._logins_changed)
        for name in {webhook.login for webhook in desk.webhooks.all() if desk.access.login(webhook.login) is None}:
            self._forget(name)

    def _logins_changed(self, change: LoginChange) -> None:
        for name in change.removes:
            self._forget(name)

    def _forget(self, login: str) -> None:
        """Somebody else may come to have the name: they must not tell whoever was here before of their calls."""
        for webhook in self._desk.webhooks.of(login):
            self._desk.webhooks.remove(webhook.id)

    def all(self, now: float) -> Collection[Listener]:
        """Each of them, as it stands now."""
        self._keep_up(now)
        return self._listeners.values()

    def get(self, name: str, now: float) -> Listener | None:
        """The one of this webhook; None if it is off."""
        self._keep_up(now)
        return self._listeners.get(name)

    def concerned(self, change: Change, now: float) -> tuple[Listener, ...]:
        """Those that may see the call, or could before."""
        self._keep_up(now)
        if not self._listeners:
            return ()
        found = dict.fromkeys(self._everywhere)
        if self._of_customers:
            for call in (change.call, change.before or change.call):
                for customer in (call.placement.customer, call.placement.callee_customer):
                    found |= dict.fromkeys(self._of_customers.get(customer, ()) if customer is not None else ())
        return tuple(found)

    def _keep_up(self, now: float) -> None:
        """Look at all of them again, if anything about what they may be told changed."""
        seen = self._desk.standing.changes, self._desk.webhooks.changes
        if seen == self._seen and (self._expires_at is None or now < self._expires_at):
            return
        self._seen = seen
        before = self._listeners
        self._listeners = {
            webhook.id: _kept(before.get(webhook.id), webhook)
            for webhook in self._desk.webhooks.all()
            if webhook.active
        }
        for listener in self._listeners.values():
            listener.look(self._desk, now)
        self._index()

    def _index(self) -> None:
        ends = [who.expires_at for one in self._listeners.values() if (who := one.principal) and who.expires_at]
        self._expires_at = min(ends, default=None)
        self._everywhere = tuple(one for one in self._listeners.values() if one.scope is None)
        places: dict[int, list[Listener]] = {}
        for listener in self._listeners.values():
            for customer in listener.scope or ():
                places.setdefault(customer, []).append(listener)
        self._of_customers = {customer: tuple(some) for customer, some in places.items()}


def _kept(known: Listener | None, webhook: Webhook) -> Listener:
    """A listener goes on with the calls that it follows when its webhook was changed."""
    if known is None:
        return Listener(webhook)
    known.webhook = webhook
    return known
