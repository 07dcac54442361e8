"""The directory taken out and put in."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from callboard.access.passwords import make_login
from callboard.access.rights import Principal, Role
from callboard.calls.refusals import Forbidden, InvalidArgument
from callboard.directory.document import Document
from callboard.directory.records import Account, Customer
from callboard.operations.directory_document import (
    EXPORT_DIRECTORY,
    IMPORT_DIRECTORY,
    ExportDirectory,
    ImportDirectory,
)
from tests.operations.conftest import House

Make = Callable[[Role, int], Principal]


@pytest.fixture
def taken(house: House, principal: Make) -> Document:
    """The document of a house with an administrator and two more logins."""
    house.desk.access.put(
        make_login("root", Role.ADMIN, 1, "demo-root"),
        make_login("acme", Role.USER, 3, "demo-acme"),
        make_login("signer", Role.USER, 3, privileges=frozenset({"callshop"})),
    )
    return house.desk.perform(EXPORT_DIRECTORY, principal(Role.ADMIN, 1), ExportDirectory(), 0.0)


def put_in(house: House, principal: Make, document: Document) -> None:
    house.desk.perform(IMPORT_DIRECTORY, principal(Role.ADMIN, 1), ImportDirectory(document=document), 0.0)


def test_what_was_taken_out_can_be_put_in(house: House, principal: Make, taken: Document) -> None:
    logins = house.desk.access.logins()
    put_in(house, principal, taken)
    assert house.desk.perform(EXPORT_DIRECTORY, principal(Role.ADMIN, 1), ExportDirectory(), 0.0) == taken
    assert house.desk.access.logins() == logins


def test_what_is_put_in_takes_the_place_of_everything(house: House, principal: Make, taken: Document) -> None:
    small = replace(
        taken,
        customers=(Customer(id=1, name="Root"),),
        accounts=(Account(id=7, customer=1, sip_user="7"),),
        logins=tuple(login for login in taken.logins or () if login.name == "root"),
    )
    put_in(house, principal, small)
    assert [customer.id for customer in house.desk.directory.customers()] == [1]
    assert [account.id for account in house.desk.directory.accounts()] == [7]
    assert [login.name for login in house.desk.access.logins()] == ["root"]


def test_a_document_without_logins_leaves_them(house: House, principal: Make, taken: Document) -> None:
    put_in(house, principal, replace(taken, logins=None))
    assert [login.name for login in house.desk.access.logins()] == ["acme", "root", "signer"]


def test_nobody_can_lock_everybody_out(house: House, principal: Make, taken: Document) -> None:
    root = [login for login in taken.logins or () if login.name == "root"]
    without = [login for login in taken.logins or () if login.name != "root"]
    assert (len(root), len(without)) == (1, 2)
    useless: list[dict[str, Any]] = [{"disabled": True}, {"password_hash": ""}, {"customer": 2}, {"role": "reseller"}]
    crippled = [[*without, *(replace(login, **change) for login in root)] for change in useless]
    for logins in ((), tuple(without), *map(tuple, crippled)):
        with pytest.raises(InvalidArgument, match="no administrator could sign in"):
            put_in(house, principal, replace(taken, logins=logins))
    assert len(house.desk.access.logins()) == 3


def test_logins_do_not_lose_their_customer(house: House, principal: Make, taken: Document) -> None:
    without = replace(taken, customers=(Customer(id=1, name="Root"),), accounts=(), logins=None)
    with pytest.raises(InvalidArgument, match="these logins would lose their customer: acme, signer"):
        put_in(house, principal, without)
    assert house.desk.directory.customer(3) is not None


@pytest.mark.parametrize("role", [Role.RESELLER, Role.USER])
def test_only_the_operator_takes_verifiers_out_or_puts_anything_in(
    house: House, principal: Make, taken: Document, role: Role
) -> None:
    with pytest.raises(Forbidden):
        house.desk.perform(EXPORT_DIRECTORY, principal(role, 2), ExportDirectory(), 0.0)
    with pytest.raises(Forbidden):
        house.desk.perform(IMPORT_DIRECTORY, principal(role, 2), ImportDirectory(document=taken), 0.0)
