"""Tickets: good once, for a moment, and only as long as who asked for it is."""

from collections.abc import Callable
from itertools import count

import pytest
from msgspec.structs import replace

from callboard.access.access import Access
from callboard.access.claims import PasswordClaim, TicketClaim
from callboard.access.passwords import make_login
from callboard.access.rights import Principal, Role
from callboard.access.settings import AccessSettings
from callboard.access.tickets import LIFETIME, MOST, Tickets
from callboard.calls.refusals import WrongCredentials
from callboard.directory.directory import Directory
from callboard.directory.records import Customer


def random_bytes() -> Callable[[int], bytes]:
    """Different ones at each call."""
    numbers = count()
    return lambda size: next(numbers).to_bytes(size, "big")


@pytest.fixture
def access() -> Access:
    access = Access(Directory([Customer(id=1, name="Root")]), AccessSettings(), b"secret")
    access.put(make_login("ann", Role.ADMIN, 1, "a password"))
    return access


@pytest.fixture
def ann(access: Access) -> Principal:
    return access.sign_in(PasswordClaim("ann", "a password", "192.0.2.1"), 100.0)


def test_a_ticket_is_good_once(access: Access, ann: Principal) -> None:
    text = access.tickets.issue(ann, random_bytes(), 100.0)
    assert access.sign_in(TicketClaim(text, "192.0.2.1"), 101.0) == ann
    with pytest.raises(WrongCredentials, match="ask for another one"):
        access.sign_in(TicketClaim(text, "192.0.2.1"), 101.0)


def test_and_not_for_long(access: Access, ann: Principal) -> None:
    text = access.tickets.issue(ann, random_bytes(), 100.0)
    with pytest.raises(WrongCredentials):
        access.sign_in(TicketClaim(text, "192.0.2.1"), 100.0 + LIFETIME)


def test_it_gives_no_more_than_its_owner_has_by_then(access: Access, ann: Principal) -> None:
    text = access.tickets.issue(ann, random_bytes(), 100.0)
    access.remove("ann")
    with pytest.raises(WrongCredentials):
        access.sign_in(TicketClaim(text, "192.0.2.1"), 101.0)


def test_it_is_of_no_use_where_its_owner_may_not_come_from(access: Access, ann: Principal) -> None:
    (login,) = access.logins()
    access.put(replace(login, addresses=("192.0.2.0/24",)))
    elsewhere = access.tickets.issue(ann, random_bytes(), 100.0)
    with pytest.raises(WrongCredentials):
        access.sign_in(TicketClaim(elsewhere, "198.51.100.7"), 101.0)
    nearby = access.tickets.issue(ann, random_bytes(), 100.0)
    assert access.sign_in(TicketClaim(nearby, "192.0.2.9"), 101.0).address == "192.0.2.9"


@pytest.mark.parametrize("text", ["", "x", "\ud800", "é" * 1000])
def test_what_is_no_ticket(access: Access, text: str) -> None:
    with pytest.raises(WrongCredentials):
        access.sign_in(TicketClaim(text, "192.0.2.1"), 101.0)
    assert text not in repr(TicketClaim(text, "192.0.2.1")) or not text


def test_they_are_forgotten_when_they_are_too_old_or_too_many(ann: Principal) -> None:
    tickets, entropy = Tickets(), random_bytes()
    first = tickets.issue(ann, entropy, 100.0)
    for _ in range(MOST):
        last = tickets.issue(ann, entropy, 100.0)
    assert len(tickets) == MOST
    assert tickets.redeem(first, 100.0) is None
    assert tickets.redeem(last, 100.0) == ann
    tickets.issue(ann, entropy, 100.0 + LIFETIME)
    assert len(tickets) == 1
