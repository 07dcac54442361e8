"""A call as the vendor shows it: one line a field, in the order of their printed example.

The fields are the vendor's (wiki.kolmisoft.com, MOR API active calls get). A "device" is an account here. What the page
leaves open is decided here and told in docs/reference/mor.md.
"""

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from typing import NamedTuple

from callboard.access.masks import NO_MASKS, Masks, masked_number
from callboard.calls.legs import Call, Leg, Placement, Side
from callboard.calls.state import LIVE
from callboard.dialects.xml import element
from callboard.directory.countries import NAMES
from callboard.directory.directory import Directory
from callboard.directory.numbers import international, is_number
from callboard.table.written.layout import Clock, Field, Layout, Run, Running, parts_of

__all__ = [
    "ANSWERED",
    "CALLED_FIELDS",
    "FIELDS",
    "LISTED",
    "RINGING",
    "View",
    "Who",
    "called",
    "called_number",
    "calling",
    "layout",
    "status",
]

RINGING = "Ringing"
ANSWERED = "Answered"

LISTED = LIVE
"""The states that are shown: a call that is over is not active."""


class View(NamedTuple):
    """For whom calls are shown."""

    directory: Directory
    zone: tzinfo | None
    """Of the times; None is the system's."""
    masks: Masks = NO_MASKS
    """What is not to be read in full: a phone's user name is a number too."""


class Who(NamedTuple):
    """The ids of a party of a call."""

    customer: int | None = None
    account: int | None = None
    device: int | None = None


class _Party(NamedTuple):
    """A party as the vendor shows it; empty where it is none of ours."""

    user_id: str = ""
    user: str = ""
    device_id: str = ""
    type: str = ""
    extension: str = ""
    name: str = ""
    trunk: str = ""
    ani: str = ""


class _Row(NamedTuple):
    """What the fields are made of."""

    call: Call
    view: View
    answered: bool
    leg: Leg | None
    """The caller's."""
    source: _Party
    target: _Party


def _field(name: str, of: Callable[[_Row], str]) -> Field[_Row]:
    write = element(name)
    return Field(name, lambda row: f"{write(of(row))}\n")


def _markup(text: str) -> Field[_Row]:
    return Field("", lambda row: text)


# --- the call --------------------------------------------------------------------------------------------------------


def status(call: Call) -> str:
    """Ringing or Answered; a call that is being ended keeps what it was."""
    return ANSWERED if call.was_connected else RINGING


def called_number(call: Call) -> str:
    """The number called, international if it is one: after routing, but for a DID's call the DID."""
    number = call.dialed if call.placement.did is not None else call.callee or call.dialed
    digits = international(number)
    return digits if is_number(digits) else number


def _speaking(call: Call) -> Leg | None:
    """The leg whose ids are shown: the caller's."""
    return next(iter(call.side(Side.CALLER) or call.legs), None)


def _answer_time(row: _Row) -> str:
    """`2021-08-22 10:12:02`, without a zone."""
    at = row.call.answered_at
    if at is None or not row.answered:
        return ""
    return datetime.fromtimestamp(at, UTC).astimezone(row.view.zone).replace(tzinfo=None).isoformat(" ", "seconds")


def _vendor_name(row: _Row) -> str:
    vendor = row.call.placement.vendor
    found = None if vendor is None else row.view.directory.vendor(vendor)
    return found.name if found else ""


# --- its parties -----------------------------------------------------------------------------------------------------


def calling(placement: Placement) -> Who:
    """The account of ours that makes the call, if one does: its owner, unless it is the owner who is called."""
    if placement.incoming:
        return Who()
    return Who(placement.customer, placement.account, placement.device)


def called(placement: Placement) -> Who:
    """The account of ours that is called, if one is."""
    if placement.incoming:
        return Who(placement.customer, placement.account, placement.device)
    return Who(placement.callee_customer, placement.callee_account, placement.callee_device)


def _party(view: View, who: Who) -> _Party:
    """Empty for a stranger, whose ids the core leaves out."""
    if who.customer is None:
        return _Party()
    customer = view.directory.customer(who.customer)
    return _with_device(_Party(user_id=str(who.customer), user=customer.name if customer else ""), view, who)


def _with_device(party: _Party, view: View, who: Who) -> _Party:
    """The account, with the word of its device where the switch tells which one it is."""
    account = None if who.account is None else view.directory.account(who.account)
    if account is None:
        return party
    device = None if who.device is None else view.directory.device(who.device)
    user = masked_number(account.sip_user, view.masks)
    return party._replace(
        device_id=str(account.id),
        type=device.kind if device else "SIP",
        extension=(device.extension if device else "") or user,
        name=(device.name if device else "") or account.name or user,
        trunk="1" if device and device.trunk else "0",
        ani="1" if device and device.ani else "0",
    )


# --- the row ---------------------------------------------------------------------------------------------------------


def _text(number: int | None) -> str:
    return "" if number is None else str(number)


_DURATION = Clock(b"<duration>", b"</duration>\n", Run(Running.TALK, exact=False), idle=b"<duration/>\n")
"""Whole seconds that are over."""

FIELDS: tuple[Field[_Row], ...] = (
    _field("id", lambda row: str(row.call.number)),
    _field("uniqueid", lambda row: row.leg.id.native if row.leg else ""),
    _field("status", lambda row: ANSWERED if row.answered else RINGING),
    _field("answer_time", _answer_time),
    Field("duration", _DURATION),
    _field("src", lambda row: row.call.caller),
    _field("user_id", lambda row: row.source.user_id),
    _field("user", lambda row: row.source.user),
    _field("src_device_id", lambda row: row.source.device_id),
    _field("device_type", lambda row: row.source.type),
    _field("device_extension", lambda row: row.source.extension),
    _field("device_name", lambda row: row.source.name),
    _field("device_istrunk", lambda row: row.source.trunk),
    _field("device_ani", lambda row: row.source.ani),
    _field("localized_dst", lambda row: called_number(row.call)),
    _field("direction_code", lambda row: row.call.placement.country),
    _field("direction_name", lambda row: NAMES.get(row.call.placement.country, "")),
    _field("destination_name", lambda row: row.call.placement.destination),
    _field("provider_id", lambda row: _text(row.call.placement.vendor)),
    _field("provider_name", _vendor_name),
    _field("channel", lambda row: (row.leg.channel or row.leg.id.native) if row.leg else ""),
)
"""The whole row of a call that leads out of the network."""

CALLED_FIELDS = (
    _field("dst_user_id", lambda row: row.target.user_id),
    _field("dst_user", lambda row: row.target.user),
    _field("dst_device_id", lambda row: row.target.device_id),
    _field("dst_device_type", lambda row: row.target.type),
    _field("dst_device_extension", lambda row: row.target.extension),
    _field("dst_device_name", lambda row: row.target.name),
    _field("dst_device_istrunk", lambda row: row.target.trunk),
    _field("dst_device_ani", lambda row: row.target.ani),
)
"""What follows for a call to one of our accounts: the vendor's "additional output" of inbound calls."""


def _additional(row: _Row) -> str:
    return "".join([write(row) for write in _CALLED]) if row.target.user_id else ""


_CALLED = [field.shows for field in CALLED_FIELDS if callable(field.shows)]
_ADDITIONAL = Field("", _additional)


def layout(view: View) -> Layout:
    """One call as an `<active_call>`."""

    def made(call: Call) -> _Row:
        return _Row(
            call=call,
            view=view,
            answered=call.was_connected,
            leg=_speaking(call),
            source=_party(view, calling(call.placement)),
            target=_party(view, called(call.placement)),
        )

    fields = (_markup("<active_call>\n"), *FIELDS, _ADDITIONAL, _markup("</active_call>\n"))
    return Layout(tuple(parts_of(fields, made)))
