"""The demo's directory is the one that the documentation prints, and its logins let their owners in."""

import pytest

from callboard.access.access import Access
from callboard.access.claims import PasswordClaim
from callboard.access.entries import login_of, sealing
from callboard.access.rights import Role
from callboard.access.settings import AccessSettings
from callboard.calls.refusals import Unauthenticated
from callboard.demo.directory import demo_accounts, demo_directory
from callboard.directory.directory import Directory
from callboard.directory.document import Document

SEALING = sealing(sip_realm="callboard", http_realm="Callboard")


@pytest.fixture(scope="module")
def document() -> Document:
    return demo_directory(SEALING, {1: "127.0.0.1:7001", 2: "127.0.0.1:7002", 3: "127.0.0.1:7003"})


@pytest.fixture(scope="module")
def directory(document: Document) -> Directory:
    return Directory(document.records())


def test_customers(directory: Directory) -> None:
    assert [(customer.id, customer.name, customer.parent) for customer in directory.customers()] == [
        (1, "Root", None),
        (2, "Reseller One", 1),
        (3, "Acme", 2),
        (4, "Globex", 2),
        (5, "Initech", 1),
    ]


def test_accounts(directory: Directory) -> None:
    assert [(account.id, account.customer, account.sip_user) for account in directory.accounts()] == [
        (3, 1, "801"),
        (4, 1, "812"),
        (5, 3, "101"),
        (6, 3, "103"),
        (7, 4, "104"),
        (8, 4, "105"),
        (9, 5, "1000"),
        (10, 5, "1001"),
    ]


def test_sip_passwords_follow_their_rule_and_are_sealed(directory: Directory) -> None:
    for phone, account in zip(demo_accounts(), directory.accounts(), strict=True):
        assert (phone.sip_user, phone.sip_password) == (account.sip_user, f"sip-{account.sip_user}")
        assert account.ha1_md5 == SEALING.ha1(phone.sip_user, "callboard", phone.sip_password, "MD5")


@pytest.mark.parametrize(("number", "connections"), [("442079460000", [3]), ("639175550000", [1, 2]), ("12", [1, 2])])
def test_numbers_beginning_44_go_to_carrier_two_and_all_others_to_carrier_one(
    directory: Directory, number: str, connections: list[int]
) -> None:
    assert [connection.id for connection in directory.routes(number)] == connections


def test_vendors_machine_and_shared_key(directory: Directory) -> None:
    assert [(vendor.id, vendor.name) for vendor in directory.vendors()] == [(1, "Carrier One"), (2, "Carrier Two")]
    assert {connection.id: connection.vendor for connection in directory.connections()} == {1: 1, 2: 1, 3: 2}
    machine = directory.machine_of("b2bua")
    assert machine is not None
    assert machine.id == 1
    assert [machine.id for machine in directory.machines()] == [1, 2]
    assert all(directory.shared_key_of(customer.id) == "456789" for customer in directory.customers())


def test_the_connections_lead_to_the_far_ends_that_are_up(directory: Directory) -> None:
    assert [connection.address for connection in directory.connections()] == [
        "127.0.0.1:7001",
        "127.0.0.1:7002",
        "127.0.0.1:7003",
    ]


LOGINS = [
    ("root", "demo-root", Role.ADMIN, 1),
    ("reseller", "demo-reseller", Role.RESELLER, 2),
    ("acme", "demo-acme", Role.USER, 3),
    ("globex", "demo-globex", Role.USER, 4),
    ("initech", "demo-initech", Role.USER, 5),
    ("HTTP_User_1", "qwe123", Role.ADMIN, 1),
    ("user1000", "mypassword12", Role.USER, 5),
    ("user", "password", Role.USER, 3),
]


@pytest.fixture(scope="module")
def access(document: Document, directory: Directory) -> Access:
    access = Access(directory, AccessSettings(), b"s" * 32)
    access.put(*(login_of(entry) for entry in document.logins or ()))
    return access


@pytest.mark.parametrize(("name", "password", "role", "customer"), LOGINS)
def test_logins(access: Access, name: str, password: str, role: Role, customer: int) -> None:
    principal = access.sign_in(PasswordClaim(name, password, "127.0.0.1"), 0.0)
    assert (principal.role, principal.customer) == (role, customer)


def test_one_login_signs_and_has_no_password(access: Access) -> None:
    assert {login.name for login in access.logins()} == {name for name, *_ in LOGINS} | {"username"}
    login = access.login("username")
    assert login is not None
    assert (login.role, login.customer, login.signing) == (Role.USER, 3, True)
    with pytest.raises(Unauthenticated):
        access.sign_in(PasswordClaim("username", "", "127.0.0.1"), 0.0)
