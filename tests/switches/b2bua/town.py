"""A small directory for the tests of the embedded switch, and phones' side of digest authentication."""

import re

from msgspec.structs import replace

from callboard.access.digest import OneTimeNonces, expected_response, ha1, read_authorization
from callboard.access.settings import AccessSettings
from callboard.access.throttle import Throttle
from callboard.directory.directory import Directory
from callboard.directory.records import DID, Account, Connection, Customer, Record, Vendor
from callboard.switches.b2bua.admission import Gate
from callboard.switches.b2bua.settings import B2buaSettings
from callboard.switches.b2bua.wire import Came

SETTINGS = B2buaSettings()
NOW = 1_700_000_000.0
PHONE = "192.0.2.50:5062"
"""An address that nobody trusts."""
PBX = "192.0.2.20:5060"
"""Trusted: account 7."""
CARRIER = "198.51.100.1:5060"
"""Trusted: connection 1."""


def account(number: int, user: str, **more: object) -> Account:
    """An account with the password `sip-<user>`."""
    made = Account(
        id=number,
        customer=1,
        sip_user=user,
        ha1_md5=ha1(user, SETTINGS.realm, f"sip-{user}"),
        ha1_sha256=ha1(user, SETTINGS.realm, f"sip-{user}", "SHA-256"),
    )
    return replace(made, **more)


def records() -> list[Record]:
    """Two phones, a PBX, a blocked phone, an account without password; two carriers with three connections; a DID."""
    return [
        Customer(id=1, name="Root"),
        account(3, "801"),
        account(4, "812", caller_id="4930123456", name="Zoë Müller"),
        account(5, "899", blocked=True),
        account(7, "pbx", addresses=("192.0.2.20",)),
        Account(id=8, customer=1, sip_user="880"),
        Vendor(id=1, name="Carrier One"),
        Vendor(id=2, name="Carrier Two"),
        Connection(id=1, vendor=1, name="one", address="198.51.100.1:5060", incoming=("198.51.100.1",)),
        Connection(id=2, vendor=1, name="one, fail-over", address="198.51.100.2:5060", preference=2),
        Connection(id=3, vendor=2, name="two", address="[2001:db8::1]:5070", prefixes=("44",)),
        Connection(
            id=4, vendor=2, name="barred", address="198.51.100.4:5060", incoming=("198.51.100.4",), blocked=True
        ),
        DID(id=1, number="442071234567", account=4),
    ]


def town() -> Directory:
    """The directory with these records."""
    return Directory(records(), (), ())


def gate(directory: Directory, settings: B2buaSettings = SETTINGS) -> Gate:
    """A gate with nonces and throttle of its own."""
    nonces = OneTimeNonces(b"a secret of the tests", settings.nonce_lifetime)
    return Gate(directory, settings, nonces, Throttle(AccessSettings()))


def sign(challenge: str, user: str, password: str, method: str, uri: str) -> str:
    """What a phone answers to a WWW-Authenticate value."""
    given = dict(re.findall(r'(\w+)="?([^",]*)"?', challenge))
    algorithm = given["algorithm"]
    values = (
        f'Digest username="{user}", realm="{given["realm"]}", nonce="{given["nonce"]}", uri="{uri}", '
        f'qop=auth, nc=00000001, cnonce="c0ffee", algorithm={algorithm}'
    )
    unsigned = read_authorization(f'{values}, response="{"0" * (64 if algorithm == "SHA-256" else 32)}"')
    response = expected_response(ha1(user, given["realm"], password, algorithm), unsigned, method)
    return f'{values}, response="{response}"'


def came(call: str = "1", source: str = PHONE, dialed: str = "812", **more: str) -> Came:
    """An INVITE that begins a call."""
    uri = f"sip:{dialed}@203.0.113.1"
    values = {"caller": "801", "uri": uri, "sip_call_id": f"{call}@phone", "media": "192.0.2.50"}
    return Came(call=call, at=NOW, source=source, dialed=dialed, **{**values, **more})
