"""A tree of customers with every kind of call between them, and what each may see of it by walking up the tree.

Nothing here asks the core who may see what: it is worked out once more, call by call.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

from argon2 import PasswordHasher
from msgspec.structs import replace

from callboard.access.entries import sealing
from callboard.access.logins import Login
from callboard.access.passwords import make_login
from callboard.access.rights import Role
from callboard.api.api import Api
from callboard.calls.events import LegAnswered, LegSeen
from callboard.calls.legs import CallKey, Facts, Leg, LegId, Side
from callboard.dialects.enswitch.dialect import EnswitchDialect
from callboard.dialects.mor.dialect import MorDialect
from callboard.dialects.ozeki.dialect import OzekiDialect
from callboard.dialects.ozeki.settings import OzekiSettings
from callboard.dialects.sippy.dialect import SippyDialect
from callboard.dialects.sippy.settings import SippySettings
from callboard.directory.records import DID, Account, Customer, Device, Machine, Record
from callboard.http.routing import Router
from callboard.metrics.counting import Counting
from callboard.metrics.front import MetricsFront
from callboard.metrics.settings import MetricsSettings
from tests.house import ACCOUNTS, BEGIN, SWITCH, House

__all__ = ["ACCOUNT_OF", "KEY", "LOGINS", "RELATIONS", "TREE", "TRUSTED", "Crowd", "Made", "Place", "within"]

KEY = "456789"
"""Of signed requests."""
TRUSTED = "192.0.2.77"
"""The address that the Sippy dialect trusts."""

_MORE: tuple[Record, ...] = (
    Customer(id=1, name="Firm(1)", shared_key=KEY),
    *(
        Customer(id=number, name=f"Firm({number})", parent=parent)
        for number, parent in ((2, 1), (3, 2), (4, 2), (5, 1))
    ),
    Customer(id=6, name="Firm(6)", parent=3),
    Customer(id=7, name="Firm(7)", parent=5),
    *(replace(account, name=f"Holder({account.customer})") for account in ACCOUNTS),
    *(
        Account(id=number, customer=customer, sip_user=str(2000 + number), name=f"Holder({customer})")
        for number, customer in ((11, 2), (12, 6), (13, 7))
    ),
    Device(id=1, account=12, name="desk-6"),
    DID(id=1, number="442079460999", account=12),
    Machine(id=1, name="one", switch="one"),
)

TREE: dict[int, int | None] = {1: None, 2: 1, 3: 2, 4: 2, 5: 1, 6: 3, 7: 5}
"""Customer -> the one above."""
ACCOUNT_OF = {1: 3, 2: 11, 3: 5, 4: 7, 5: 9, 6: 12, 7: 13}
"""Customer -> the account of it that calls and is called."""


def within(customer: int | None, top: int) -> bool:
    """Whether a walk up the tree from a customer comes by `top`."""
    while customer is not None and customer != top:
        customer = TREE.get(customer)
    return customer == top


class Place(NamedTuple):
    """A login: what it is, and where."""

    role: Role
    customer: int

    @property
    def name(self) -> str:
        """Its name; its password is the same with `pass-` before it."""
        return f"{self.role.value}-{self.customer}"


LOGINS = (
    Place(Role.ADMIN, 1),
    Place(Role.ADMIN, 2),
    Place(Role.RESELLER, 1),
    Place(Role.RESELLER, 2),
    Place(Role.USER, 1),
    Place(Role.USER, 3),
)
"""Each role at the root, and where it has customers below, beside and above."""


RELATIONS: dict[str, Callable[[int, int], bool]] = {
    "own": lambda customer, top: customer == top,
    "below": lambda customer, top: customer != top and within(customer, top),
    "above": lambda customer, top: customer != top and within(top, customer),
    "beside": lambda customer, top: not within(customer, top) and not within(top, customer),
}
"""How a customer stands to the one who asks."""


class Made(NamedTuple):
    """A call as it was made: None is nobody of ours."""

    mark: int
    number: int
    native: str
    caller: int | None
    callee: int | None
    from_vendor: bool

    @property
    def from_nobody(self) -> bool:
        """Whether the one who calls one of ours is neither ours nor a vendor."""
        return self.caller is None and self.callee is not None and not self.from_vendor

    @property
    def owner(self) -> int | None:
        """Whoever makes it; of a call from outside, whoever gets it."""
        return self.callee if self.caller is None else self.caller


@cache
def _login(place: Place) -> Login:
    """With a hash that is checked in no time."""
    password = f"pass-{place.name}"
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(password)
    return replace(make_login(place.name, place.role, place.customer, password), password_hash=cheap)


class Crowd:
    """The house with its router, as the assembly binds them, full of calls."""

    def __init__(self) -> None:
        self.house = house = House()
        house.directory.put(*_MORE)
        house.access.put(*map(_login, LOGINS))
        for login in house.access.logins():
            if login.name not in {place.name for place in LOGINS}:
                house.access.remove(login.name)
        self.router = Router()
        fronts: tuple[Any, ...] = (
            Api(house.desk, sealing(sip_realm="sip", http_realm="Callboard"), lambda: ()),
            EnswitchDialect(house.desk),
            OzekiDialect(house.desk, OzekiSettings(time_zone="UTC")),
            SippyDialect(house.desk, SippySettings(trusted_addresses=(TRUSTED,))),
            MorDialect(house.desk),
            MetricsFront(house.desk, Counting(house.desk, MetricsSettings())),
        )
        for front in fronts:
            for path in front.paths:
                self.router.add(path, front.answer)
        self.calls = tuple(self._call(mark, *parties) for mark, parties in enumerate(_pairs()))

    def _call(self, mark: int, caller: int | None, callee: int | None, from_vendor: bool) -> Made:
        """An answered call whose caller's number is its mark, from an account or a vendor or nobody known."""
        native = f"c{mark}"
        dialed = self._user(callee) or "442079460000"
        came = Facts(account=ACCOUNT_OF[caller]) if caller else Facts(connection=3 if from_vendor else None)
        went = Facts(account=ACCOUNT_OF[callee]) if callee else Facts(connection=1 if caller or from_vendor else None)
        for half, side, facts, number in (
            ("a", Side.CALLER, came, f"5550{mark:04d}0555"),
            ("b", Side.CALLEE, went, dialed),
        ):
            leg = Leg(
                id=LegId(SWITCH, f"{native}/{half}"),
                call=native,
                side=side,
                number=number,
                dialed=dialed if half == "a" else "",
                facts=facts,
                started_at=BEGIN,
            )
            self.house.table.accept(LegSeen(BEGIN, leg), BEGIN)
        for half in ("a", "b"):
            self.house.table.accept(LegAnswered(LegId(SWITCH, f"{native}/{half}"), BEGIN + 10.0), BEGIN + 10.0)
        found = self.house.table.find(CallKey(SWITCH, native))
        assert found is not None
        return Made(mark, found.number, native, caller, callee, from_vendor)

    def _user(self, customer: int | None) -> str:
        account = self.house.directory.account(ACCOUNT_OF[customer]) if customer else None
        return account.sip_user if account else ""

    def ended(self) -> list[str]:
        """The calls that the switch was told to end since the last time, by its own names for them."""
        natives = sorted(command.call.native for command in self.house.sent)
        self.house.sent.clear()
        return natives


def _pairs() -> Iterator[tuple[int | None, int | None, bool]]:
    """Everybody calls each other and a vendor; vendors and nobody known call everybody; two calls are nobody's."""
    for customer in TREE:
        yield customer, None, False
        yield None, customer, False
        yield None, customer, True
        yield from ((customer, other, False) for other in TREE if other != customer)
    yield None, None, False
    yield None, None, True
