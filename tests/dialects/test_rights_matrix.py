"""The rights matrix: every operation, through every front end that has it, by every role, on what is its own, below
it, beside it and above it.

It is made from the catalogue and from the front ends' own tables, so that what is new and has no row here fails.
"""

import base64
import re
from itertools import product
from typing import Any

import pytest
from msgspec.structs import replace

from callboard.access.rights import Role
from callboard.api.routes import ROUTES
from callboard.calls.causes import Reason
from callboard.dialects.enswitch.functions import FUNCTIONS
from callboard.dialects.ozeki.commands import COMMANDS
from callboard.dialects.sippy.methods import METHODS
from callboard.http.values import Reply
from callboard.operations.catalogue import CATALOGUE
from tests.dialects.crowd import ACCOUNT_OF, LOGINS, RELATIONS, TREE, TRUSTED, Crowd, Place, within
from tests.dialects.ways import CUSTOMER, NOTHING, NOWHERE, WAYS, Way, Who, base62, body_of, owns, way_to

ENTRIES = {
    "sippy": set(METHODS),
    "ozeki v10": set(COMMANDS),
    "ozeki xe": set(COMMANDS),
    "enswitch": set(FUNCTIONS),
    "mor": {"active_calls_get"},
    "api": {" ".join((route.method, *route.pieces)) for route in ROUTES},
    "metrics": {"GET metrics"},
}
"""What each front end answers to, by its own table."""

NOT_IN_THE_API = {"calls.stats", "calls.disconnect_account", "calls.disconnect_customer", "metrics.read"}
"""Operations that our own interface has no word for, so far. The vendors' have what their pages name, and no more;
Prometheus has a way of its own."""

OPERATOR = Place(Role.ADMIN, 1)

SYSTEM_WIDE = {"switches.list", "metrics.read", "directory.export", "directory.import", "directory.destinations"}
"""What is about everybody at once, and only for the operator's administrators."""

_MARK = re.compile(rb"5550(\d{4})0555")
_NAME = re.compile(rb"(?:Firm|Holder)\((\d+)\)")


def _named(way: Way) -> str:
    return f"{way.front}-{way.entry}-{way.about.kind}-{way.note}"


ways = pytest.mark.parametrize("way", WAYS, ids=_named)
logins = pytest.mark.parametrize("place", LOGINS, ids=lambda place: place.name)


def test_every_operation_can_be_asked_for() -> None:
    offered = {way.operation for way in WAYS if way.front == "api"}
    assert offered.isdisjoint(NOT_IN_THE_API)
    assert offered | NOT_IN_THE_API == {operation.name for operation in CATALOGUE}
    assert {way.operation for way in WAYS} == {operation.name for operation in CATALOGUE}


def test_every_entry_of_every_front_end_has_a_row() -> None:
    assert {front: {way.entry for way in WAYS if way.front == front} for front in ENTRIES} == ENTRIES


def test_each_role_meets_each_relation() -> None:
    for role, (relation, holds) in product(Role, RELATIONS.items()):
        places = [place.customer for place in LOGINS if place.role is role]
        assert any(holds(customer, top) for customer in TREE for top in places), (role, relation)


@pytest.fixture
def crowd() -> Crowd:
    """A house full of calls."""
    return Crowd()


@pytest.fixture
def performed(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the operations that came to the gate."""
    names: list[str] = []
    perform = crowd.house.desk.perform

    def noted(operation: Any, *arguments: Any) -> Any:
        names.append(operation.name)
        return perform(operation, *arguments)

    monkeypatch.setattr(crowd.house.desk, "perform", noted)
    return names


def who(crowd: Crowd, place: Place) -> Who:
    return Who(crowd, place.name, f"pass-{place.name}")


def marks(reply: Reply) -> set[int]:
    """The calls of which anything stands in an answer."""
    return {int(mark) for mark in _MARK.findall(body_of(reply))}


def as_if_nothing(reply: Reply, number: int) -> tuple[int, bytes]:
    """What an answer says, whatever was asked about."""
    words = f"{number}|{base62(number)}".encode()
    without_declaration = re.sub(rb"<\?xml.*?\?>", b"", body_of(reply))
    return reply.status, re.sub(rb"(?<!-)\b(%s)\b" % words, b"_", without_declaration)


@pytest.mark.parametrize("way", [way for way in WAYS if way.operation not in SYSTEM_WIDE], ids=_named)
@logins
async def test_a_login_sees_and_touches_what_is_its_own_and_below(
    crowd: Crowd, performed: list[str], way: Way, place: Place
) -> None:
    """All relations at once: each number there is, whosever it is, and what stands in each answer."""
    asking = who(crowd, place)
    nowhere = as_if_nothing(await way.ask(asking, NOWHERE), NOWHERE)
    crowd.ended()
    for number in way.about.numbers(crowd):
        reply = await way.ask(asking, number)
        shown, expected = marks(reply), {call.mark for call in crowd.calls if way.sees(call, place, number)}
        assert shown == expected, number
        assert crowd.ended() == sorted(call.native for call in crowd.calls if way.ends(call, place, number)), number
        named = {int(name) for name in _NAME.findall(body_of(reply))}
        assert all(within(customer, place.customer) for customer in named), number
        if way.hidden(crowd, place, number):
            assert as_if_nothing(reply, number) == nowhere, number
    if place == OPERATOR:
        assert way.operation in performed, "the row names the operation that its front end asks for"
    assert set(performed) <= {way.operation, "calls.list"}, "to list and then touch what was listed is fair"


@pytest.mark.parametrize("way", [way for way in WAYS if way.operation in SYSTEM_WIDE], ids=lambda way: way.entry)
@logins
async def test_what_is_about_everybody_is_for_the_operators_administrators(
    crowd: Crowd, way: Way, place: Place
) -> None:
    """An administrator who stands at a customer is that customer's, and rules nobody else."""
    before = crowd.house.directory.records(), crowd.house.directory.destinations(), crowd.house.access.logins()
    reply = await way.ask(who(crowd, place), 0)
    after = crowd.house.directory.records(), crowd.house.directory.destinations(), crowd.house.access.logins()
    if place == OPERATOR:
        assert reply.status == 200
        assert (before == after) is (way.entry in ("GET switches", "GET directory", "GET metrics"))
    else:
        assert (reply.status, before == after) == (403, True)
        assert b"argon2id" not in body_of(reply)


@logins
async def test_only_administrators_forget_and_only_what_they_see(crowd: Crowd, place: Place) -> None:
    forget = way_to("api", "POST calls {} forget")
    for call in crowd.calls:
        await forget.ask(who(crowd, place), call.number)
    rows = (crowd.house.table.call(call.number) for call in crowd.calls)
    forgotten = {row.number for row in rows if row and row.cause and row.cause.reason is Reason.FORGOTTEN}
    administrates = place.role is Role.ADMIN
    assert forgotten == {call.number for call in crowd.calls if administrates and owns(call, place)}
    assert crowd.ended() == [], "the switch is told nothing"


@logins
async def test_calls_are_counted_for_accounts_of_ones_own_subtree_only(crowd: Crowd, place: Place) -> None:
    asking = who(crowd, place)
    each = way_to("sippy", "getAccountCallStatsCustomer")
    for customer, account in ACCOUNT_OF.items():
        count = sum(call.owner == customer for call in crowd.calls)
        found = dict(_counts(await each.ask(asking, customer)))
        assert found == ({account: (count, count)} if within(customer, place.customer) else {}), customer
    roots = dict(_counts(await way_to("sippy", "getAccountCallStats").ask(asking, 0)))
    assert set(roots) == ({ACCOUNT_OF[1]} if place.customer == 1 else set())


def _counts(reply: Reply) -> list[tuple[int, tuple[int, int]]]:
    found = re.findall(rb"<name>(\d+)</name>.*?<int>(\d+)</int>.*?<int>(\d+)</int>", body_of(reply), re.DOTALL)
    return [(int(account), (int(total), int(connected))) for account, total, connected in found]


@pytest.mark.parametrize("acts_for", TREE)
@pytest.mark.parametrize(
    "way",
    [way for way in WAYS if way.front == "sippy" and (way.about is not CUSTOMER or way.entry == "disconnectCustomer")],
    ids=_named,
)
async def test_a_trusted_address_is_the_customer_it_names(crowd: Crowd, way: Way, acts_for: int) -> None:
    """Where the customer asked about is not itself the one who is acted for, it keeps to that one's subtree."""
    place = Place(Role.RESELLER, acts_for)
    asking = Who(crowd, "", "", TRUSTED, acts_for)
    for number in way.about.numbers(crowd):
        reply = await way.ask(asking, number)
        assert marks(reply) == {call.mark for call in crowd.calls if way.sees(call, place, number)}, number
        assert crowd.ended() == sorted(call.native for call in crowd.calls if way.ends(call, place, number)), number


@pytest.mark.parametrize("acts_for", TREE)
@logins
async def test_who_acts_for_another_is_held_to_both_subtrees(crowd: Crowd, place: Place, acts_for: int) -> None:
    asking = who(crowd, place)._replace(acts_for=acts_for)
    acted = Place(place.role, acts_for)
    for entry in ("disconnectAccount", "disconnectCustomer", "disconnectCall"):
        way = way_to("sippy", entry)
        for number in way.about.numbers(crowd):
            await way.ask(asking, number)
            may = within(acts_for, place.customer)
            expected = sorted(call.native for call in crowd.calls if may and way.ends(call, acted, number))
            assert crowd.ended() == expected, (entry, number)


@logins
async def test_a_commands_outcome_is_told_to_who_asked_and_to_the_operator(crowd: Crowd, place: Place) -> None:
    commands = {}
    for other in LOGINS:
        call = next(call for call in crowd.calls if call.owner is not None and owns(call, other))
        reply = await way_to("api", "POST calls {} disconnect").ask(who(crowd, other), call.number)
        commands[other] = dict(reply.headers)["Location"]
    show = way_to("api", "GET commands {}")
    nowhere = await show.ask(who(crowd, place), 0)
    assert nowhere.status == 404
    for other, location in commands.items():
        reply = await _shown(who(crowd, place), location)
        if other == place or place.customer == 1:
            assert other.name.encode() in body_of(reply)
        else:
            told = body_of(reply).replace(location.rpartition("/")[2].encode(), b"none")
            assert (reply.status, told) == (404, body_of(nowhere))


async def _shown(asking: Who, location: str) -> Reply:
    basic = base64.b64encode(f"{asking.name}:{asking.password}".encode()).decode()
    return await asking.http("GET", location, authorization=f"Basic {basic}")


# --- who may not even ask --------------------------------------------------------------------------------------------

BARRED: dict[str, dict[str, Any]] = {
    "disabled": {"disabled": True},
    "elsewhere": {"addresses": ("198.51.100.1",)},
    "no verifiers": {"password_hash": "", "ha1_md5": "", "ha1_sha256": "", "signing": False},
}


STRANGERS = {
    "wrong password": ("admin-1", "guess"),
    "nobody": ("nobody", "pass-admin-1"),
    "no name": ("", "pass-admin-1"),
    "colon": ("admin-1:Callboard", "pass-admin-1"),
    "case": ("ADMIN-1", "pass-admin-1"),
    "width": ("\uff41dmin-1", "pass-admin-1"),
    "blank": ("admin-1 ", "pass-admin-1"),
    "end": ("admin-1\0", "pass-admin-1"),
}
"""Names and passwords that are nearly right."""


@pytest.mark.parametrize("way", {way.front: way for way in WAYS}.values(), ids=_named)
async def test_who_is_not_quite_a_login_sees_and_touches_nothing(crowd: Crowd, way: Way) -> None:
    for number, (name, password) in enumerate(STRANGERS.values()):
        await _sees_and_touches_nothing(crowd, way, Who(crowd, name, password, f"198.51.100.{number}"))


@ways
@pytest.mark.parametrize("why", BARRED)
async def test_a_login_that_is_barred_sees_and_touches_nothing(crowd: Crowd, way: Way, why: str) -> None:
    login = crowd.house.access.login(OPERATOR.name)
    assert login is not None
    crowd.house.access.put(replace(login, **BARRED[why]))
    await _sees_and_touches_nothing(crowd, way, who(crowd, OPERATOR))


async def _sees_and_touches_nothing(crowd: Crowd, way: Way, asking: Who) -> None:
    directory, access = crowd.house.directory, crowd.house.access
    before = directory.records(), directory.destinations(), access.logins()
    for number in [*way.about.numbers(crowd)][:2]:
        reply = await way.ask(asking, number)
        assert marks(reply) == set()
        assert _NAME.findall(body_of(reply)) == []
    assert crowd.ended() == []
    assert before == (directory.records(), directory.destinations(), access.logins())


@pytest.mark.parametrize(
    "way", [way for way in WAYS if way.front == "enswitch"], ids=lambda way: f"{way.entry}-{way.note}"
)
async def test_a_login_without_the_vendors_privileges_may_do_nothing_there(crowd: Crowd, way: Way) -> None:
    login = crowd.house.access.login("admin-1")
    assert login is not None
    crowd.house.access.put(replace(login, privileges=frozenset({"billing"})))
    for number in [*way.about.numbers(crowd)][:3]:
        reply = await way.ask(who(crowd, OPERATOR), number)
        assert marks(reply) == set()
        assert b'"code":"402"' in body_of(reply)
    assert crowd.ended() == []


@pytest.mark.parametrize("way", [way for way in WAYS if way.front == "mor"], ids=lambda way: way.note)
async def test_a_login_that_may_not_sign_sees_nothing_of_a_signed_interface(crowd: Crowd, way: Way) -> None:
    login = crowd.house.access.login("admin-1")
    assert login is not None
    crowd.house.access.put(replace(login, signing=False))
    for number in way.about.numbers(crowd):
        assert marks(await way.ask(who(crowd, OPERATOR), number)) == set()


def test_nothing_stands_for_a_number(crowd: Crowd) -> None:
    """The numbers that the rows ask about are all there is, so that no relation is left out."""
    for about in {way.about for way in WAYS} - {NOTHING}:
        assert {customer for customer in about.numbers(crowd).values() if customer} == set(TREE)


async def test_who_is_called_by_nobody_known_is_not_taken_for_the_caller(crowd: Crowd) -> None:
    call = next(call for call in crowd.calls if call.from_nobody)
    assert call.callee is not None
    made, got = (way_to("mor", "active_calls_get", name) for name in ("s_user_id", "s_dst_user_id"))
    assert call.mark in marks(await got.ask(who(crowd, OPERATOR), call.callee))
    assert call.mark not in marks(await made.ask(who(crowd, OPERATOR), call.callee))
