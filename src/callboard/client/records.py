"""The records of the directory as the API shows them: without their secrets. `docs/reference/directory.md` has more."""

from typing import Generic, TypeVar

import msgspec

__all__ = [
    "DID",
    "RECORDS",
    "Account",
    "Connection",
    "Customer",
    "Device",
    "Login",
    "Machine",
    "Record",
    "RecordPage",
    "Vendor",
]


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant: a reseller or an end customer."""

    id: int
    name: str
    parent: int | None = None
    has_shared_key: bool = False


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A SIP subscriber of a customer."""

    id: int
    customer: int
    sip_user: str
    name: str = ""
    caller_id: str = ""
    addresses: tuple[str, ...] = ()
    blocked: bool = False
    has_password: bool = False


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A phone, gateway or trunk of an account."""

    id: int
    account: int
    name: str = ""
    kind: str = "SIP"
    extension: str = ""
    ani: str = ""
    trunk: bool = False


class Vendor(msgspec.Struct, frozen=True, kw_only=True):
    """A carrier that calls are sent to or come from."""

    id: int
    name: str


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """One way to a vendor."""

    id: int
    vendor: int
    name: str
    address: str
    prefixes: tuple[str, ...] = ("",)
    preference: int = 1
    incoming: tuple[str, ...] = ()
    blocked: bool = False


class DID(msgspec.Struct, frozen=True, kw_only=True):
    """A number that can be called from outside, and the account it rings."""

    id: int
    number: str
    account: int
    vendor: int | None = None


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """A switch as the directory names it."""

    id: int
    name: str
    switch: str


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """Who can sign in."""

    name: str
    role: str
    customer: int
    signing: bool = True
    privileges: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    disabled: bool = False
    masks: tuple[str, ...] = ()
    has_password: bool = False


Record = Customer | Account | Device | Vendor | Connection | DID | Machine | Login
R = TypeVar("R")

RECORDS: dict[str, type[Record]] = {
    "customers": Customer,
    "accounts": Account,
    "devices": Device,
    "vendors": Vendor,
    "connections": Connection,
    "dids": DID,
    "machines": Machine,
    "logins": Login,
}
"""Section -> the kind of its records."""


class RecordPage(msgspec.Struct, Generic[R], frozen=True):
    """Some records of a section, in the order of their ids or names."""

    records: tuple[R, ...]
    next: str | None
    """The `after` of the next page; None on the last."""
