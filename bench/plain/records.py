"""A call as a plain program keeps it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from callboard.calls.legs import Call, Side
from callboard.directory.countries import NAMES
from callboard.directory.directory import Directory

__all__ = ["PlainCall", "read", "record"]


@dataclass(slots=True)
class PlainCall:
    """Everything that a row shows, in Python's own types."""

    id: int
    state: str
    direction: str
    caller: str
    caller_name: str
    dialed: str
    callee: str
    customer: int | None
    customer_name: str
    account: int | None
    account_user: str
    callee_customer: int | None
    callee_account: int | None
    vendor: int | None
    vendor_name: str
    connection: int | None
    did: int | None
    machine: int | None
    switch: str
    country: str
    country_name: str
    destination: str
    started_at: datetime
    progressed_at: datetime | None
    answered_at: datetime | None
    caller_media: str
    callee_media: str
    sip_call_id: str
    legs: list[tuple[str, str]]
    """The id and the channel of each, the caller's first."""

    def duration(self, now: datetime) -> float:
        """Seconds connected."""
        return (now - self.answered_at).total_seconds() if self.answered_at else 0.0

    def ringing(self, now: datetime) -> float:
        """Seconds from the set-up to the answer, or until now."""
        return ((self.answered_at or now) - self.started_at).total_seconds()

    def delay(self, now: datetime) -> float:
        """Seconds from the set-up to the first progress, or until now."""
        return ((self.progressed_at or now) - self.started_at).total_seconds()


def record(call: Call, directory: Directory) -> PlainCall:
    """What a plain program would have kept of a call of ours that one of our accounts makes."""
    placement = call.placement
    customer = directory.customer(placement.customer) if placement.customer else None
    account = directory.account(placement.account) if placement.account else None
    vendor = directory.vendor(placement.vendor) if placement.vendor else None
    return PlainCall(
        id=call.number,
        state=call.state.name.lower(),
        direction=placement.direction.name.lower(),
        caller=call.caller,
        caller_name=call.caller_name,
        dialed=call.dialed,
        callee=call.callee,
        customer=placement.customer,
        customer_name=customer.name if customer else "",
        account=placement.account,
        account_user=account.sip_user if account else "",
        callee_customer=placement.callee_customer,
        callee_account=placement.callee_account,
        vendor=placement.vendor,
        vendor_name=vendor.name if vendor else "",
        connection=placement.connection,
        did=placement.did,
        machine=placement.machine,
        switch=call.key.switch,
        country=placement.country,
        country_name=NAMES.get(placement.country, ""),
        destination=placement.destination,
        started_at=datetime.fromtimestamp(call.started_at, UTC),
        progressed_at=_moment(call.progressed_at),
        answered_at=_moment(call.answered_at),
        caller_media=call.caller_media,
        callee_media=call.callee_media,
        sip_call_id=call.sip_call_id,
        legs=[(leg.id.native, leg.channel) for side in (Side.CALLER, Side.CALLEE) for leg in call.side(side)],
    )


def read(row: Mapping[str, Any]) -> PlainCall:
    """A call out of a row of `GET /v1/calls`, which has all that the same row needs."""
    same = ("state", "direction", "caller", "caller_name", "dialed", "callee", "customer", "account", "vendor", "did")
    more = ("callee_customer", "callee_account", "connection", "machine", "switch", "country", "destination")
    return PlainCall(
        id=int(row["id"]),
        **{name: row[name] for name in (*same, *more, "sip_call_id")},
        started_at=datetime.fromisoformat(row["started_at"]),
        progressed_at=datetime.fromisoformat(row["progressed_at"]) if row["progressed_at"] else None,
        answered_at=datetime.fromisoformat(row["answered_at"]) if row["answered_at"] else None,
        customer_name="",
        account_user="",
        vendor_name="",
        country_name="",
        caller_media=row["media"]["caller"],
        callee_media=row["media"]["callee"],
        legs=[],
    )


def _moment(at: float | None) -> datetime | None:
    return None if at is None else datetime.fromtimestamp(at, UTC)
