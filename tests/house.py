"""A whole core for the tests of the front ends: the demo's directory and logins, and calls in any state.

Only the far side of the switchboard is played: a switch that notes each command and, where told to, obeys it.
"""

from functools import cache
from itertools import count

from argon2 import PasswordHasher
from msgspec.structs import replace

from callboard.access.access import Access
from callboard.access.logins import Login
from callboard.access.passwords import make_login
from callboard.access.rights import Role
from callboard.access.settings import AccessSettings
from callboard.calls.causes import Cause, Reason
from callboard.calls.commands import Answered, Command, CommandId
from callboard.calls.events import (
    LegAnswered,
    LegAuthenticating,
    LegDialing,
    LegEnded,
    LegEnding,
    LegHeld,
    LegRinging,
    LegRouting,
    LegSeen,
    Moved,
)
from callboard.calls.legs import Call, CallKey, Facts, Leg, LegId, Side
from callboard.calls.state import State
from callboard.directory.directory import Directory
from callboard.directory.placement import place
from callboard.directory.records import Account, Connection, Customer, Vendor
from callboard.operations.desk import Desk
from callboard.operations.ledger import Ledger
from callboard.table.store.numbering import Numbering
from callboard.table.table import Table

SWITCH = "b2bua"
BEGIN = 1629627112.0
"""2021-08-22T10:11:52Z, the set-up time in the vendor's example."""

CUSTOMERS = (
    Customer(id=1, name="Root"),
    Customer(id=2, name="Reseller One", parent=1),
    Customer(id=3, name="Acme", parent=2),
    Customer(id=4, name="Globex", parent=2),
    Customer(id=5, name="Initech", parent=1),
)
ACCOUNTS = tuple(
    Account(id=number, customer=customer, sip_user=user)
    for number, customer, user in (
        (3, 1, "801"),
        (4, 1, "812"),
        (5, 3, "101"),
        (6, 3, "103"),
        (7, 4, "104"),
        (8, 4, "105"),
        (9, 5, "1000"),
        (10, 5, "1001"),
    )
)
CONNECTIONS = (
    Vendor(id=1, name="Carrier One"),
    Vendor(id=2, name="Carrier Two"),
    Connection(id=1, vendor=1, name="one", address="127.0.0.1:5081"),
    Connection(id=2, vendor=1, name="one, fail-over", address="127.0.0.1:5082", preference=2),
    Connection(id=3, vendor=2, name="two", address="127.0.0.1:5083", prefixes=("44",)),
)


@cache
def logins() -> tuple[Login, ...]:
    """One login at each place of the tree, with the demo's passwords. Hashing takes a while, hence once."""
    return (
        _login("root", Role.ADMIN, 1),
        _login("reseller", Role.RESELLER, 2),
        _login("acme", Role.USER, 3),
        _login("globex", Role.USER, 4),
        _login("initech", Role.USER, 5),
    )


def _login(name: str, role: Role, customer: int) -> Login:
    """With a hash that is checked in no time, for every test signs in anew."""
    password = f"demo-{name}"
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(password)
    return replace(make_login(name, role, customer, password), password_hash=cheap)


_ON_THE_WAY: dict[State, tuple[type[Moved], ...]] = {
    State.NEW: (),
    State.AUTHENTICATING: (LegAuthenticating,),
    State.ROUTING: (LegAuthenticating, LegRouting),
    State.DIALING: (LegRouting, LegDialing),
    State.RINGING: (LegRouting, LegDialing, LegRinging),
    State.ANSWERED: (LegRouting, LegDialing, LegRinging, LegAnswered),
    State.HELD: (LegRouting, LegDialing, LegRinging, LegAnswered, LegHeld),
    State.ENDING: (LegRouting, LegDialing, LegRinging, LegAnswered, LegEnding),
    State.ENDED: (LegRouting, LegDialing, LegRinging, LegAnswered, LegEnded),
}
_ROUTED = (State.DIALING, State.RINGING, State.ANSWERED, State.HELD, State.ENDING, State.ENDED)


class House:
    """The core, and what a test does to it. Each call rings 6 s after its set-up and is answered 10 s after it."""

    def __init__(self, first_number: int = 960, settings: AccessSettings | None = None) -> None:
        self.directory = Directory([*CUSTOMERS, *ACCOUNTS, *CONNECTIONS], (), ())
        self.access = Access(self.directory, settings or AccessSettings(), b"a secret of the tests")
        self.access.put(*logins())
        self.table = Table(lambda legs: place(self.directory, legs), Numbering(0, lambda size: first_number), 1)
        ids = count(1)
        self.ledger = Ledger(lambda: CommandId(f"command-{next(ids)}"))
        self.table.watch(lambda change: self.ledger.observe(change, self.now))
        self.sent: list[Command] = []
        self.unreachable: str | None = None
        """Why commands cannot be sent, if they cannot."""
        self.obeys = False
        """Whether the switch ends a call as soon as it is told to."""
        self.now = BEGIN + 60.0
        self.desk = Desk(
            directory=self.directory, access=self.access, table=self.table, ledger=self.ledger, switchboard=self
        )
        self.table.watch(lambda change: self.desk.loads.observe(change, self.now))
        self._names = count(1)

    def send(self, command: Command, answered: Answered) -> str | None:
        """The switchboard's port."""
        if self.unreachable is not None:
            return self.unreachable
        self.sent.append(command)
        if self.obeys:
            self.end(command.call)
        return None

    def call(
        self,
        state: State = State.ANSWERED,
        account: int | None = 3,
        *,
        connection: int | None = 1,
        callee_account: int | None = None,
        at: float = BEGIN,
        caller: str = "801",
        name: str = "",
        dialed: str = "812",
        sip_call_id: str = "d84b2a8b-44f79741@192.168.0.11",
        caller_media: str = "192.168.22.7",
        callee_media: str = "192.168.22.54",
    ) -> Call:
        """Set a call up and take it to `state`; its callee's leg appears when it is routed."""
        key = CallKey(SWITCH, f"call-{next(self._names)}")
        came = Leg(
            id=LegId(SWITCH, f"{key.native}/a"),
            call=key.native,
            side=Side.CALLER,
            number=caller,
            name=name,
            dialed=dialed,
            media=caller_media,
            sip_call_id=sip_call_id,
            facts=Facts(account=account),
            started_at=at,
        )
        self.table.accept(LegSeen(at, came), at)
        if state in _ROUTED:
            out = Leg(
                id=LegId(SWITCH, f"{key.native}/b"),
                call=key.native,
                side=Side.CALLEE,
                number=dialed,
                media=callee_media,
                facts=Facts(account=callee_account, connection=None if callee_account else connection),
                started_at=at + 1.0,
            )
            self.table.accept(LegSeen(at + 1.0, out), at + 1.0)
        for step in _ON_THE_WAY[state]:
            self._move(key, step, at)
        found = self.table.find(key) or next(call for call in self.table.calls() if call.key == key)
        assert found.state is state
        return found

    def _move(self, key: CallKey, step: type[Moved], at: float) -> None:
        when = at + {LegRinging: 6.0, LegAnswered: 10.0, LegHeld: 20.0, LegEnding: 30.0, LegEnded: 30.0}.get(step, 1.0)
        for half in ("a", "b"):
            if self.table.find(key):
                self.table.accept(step(LegId(SWITCH, f"{key.native}/{half}"), when), when)

    def answer(self, key: CallKey) -> None:
        """The switch reports that both sides are connected."""
        for half in ("a", "b"):
            self.table.accept(LegAnswered(LegId(SWITCH, f"{key.native}/{half}"), self.now), self.now)

    def end(self, key: CallKey) -> None:
        """The switch reports the end of a call."""
        for half in ("a", "b"):
            ended = LegEnded(LegId(SWITCH, f"{key.native}/{half}"), self.now, Cause(Reason.DISCONNECTED))
            self.table.accept(ended, self.now)
