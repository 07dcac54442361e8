"""Long listings, which are copied, say what the rows say that are written one by one: in every format, for everybody,
while calls come, change and go. Readers that know nothing of ours read them with their padding.
"""

import json
import re
import xmlrpc.client
from collections.abc import Callable, Iterator
from datetime import UTC
from functools import cache
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from msgspec.structs import replace

from callboard.access.masks import Mask, Masks
from callboard.access.rights import ROLE_RIGHTS, Principal, Role
from callboard.api import rows as api
from callboard.calls.events import Event, LegSeen
from callboard.calls.legs import Facts, Side
from callboard.calls.state import LIVE
from callboard.dialects.enswitch import fields as enswitch
from callboard.dialects.mor import fields as mor
from callboard.dialects.ozeki import documents as ozeki
from callboard.dialects.ozeki.profiles import V10, XE
from callboard.dialects.sippy import fields as sippy
from callboard.dialects.sippy.xmlrpc import array_response
from callboard.directory.directory import Directory
from callboard.operations.list_calls import LIST_CALLS, ListCalls
from callboard.table.questions.filters import Filter
from callboard.table.questions.selection import Selection
from callboard.table.written.layout import Layout, plain_row
from tests.house import BEGIN, House
from tests.table.history import histories

LONG = 1200
"""Calls: more than two blocks."""


class Format(NamedTuple):
    """How a row is laid out for who sees it, and how another's parser reads many: as a list of one value for each."""

    layout: Callable[[Directory, Masks], Layout]
    read: Callable[[bytes], list[object]]


def _xml(row: str) -> Callable[[bytes], list[object]]:
    def read(rows: bytes) -> list[object]:
        root = etree.fromstring(b"<rows>" + rows + b"</rows>")
        assert {child.tag for child in root} <= {row}
        return [{field.tag: field.text for field in child} for child in root]

    return read


def _xmlrpc(rows: bytes) -> list[object]:
    (found,), _ = xmlrpc.client.loads(b"".join(array_response([rows])))
    assert isinstance(found, list)
    return found


def _json(rows: bytes) -> list[object]:
    found = json.loads(b"[" + rows + b"]")
    assert isinstance(found, list)
    return found


FORMATS = {
    "ozeki-v10": Format(lambda directory, masks: ozeki.layout(V10, UTC), _xml("Call")),
    "ozeki-xe": Format(lambda directory, masks: ozeki.layout(XE, UTC), _xml("CallInfo")),
    "sippy": Format(lambda directory, masks: sippy.LAYOUT, _xmlrpc),
    "mor": Format(lambda directory, masks: mor.layout(mor.View(directory, UTC, masks)), _xml("active_call")),
    "enswitch": Format(lambda directory, masks: enswitch.layout(enswitch.FIELDS, False), _json),
    "enswitch-panel": Format(lambda directory, masks: enswitch.layout(enswitch.PANEL, True), _json),
    "rest": Format(lambda directory, masks: api.layout(api.EVERY_FIELD, b","), _json),
}
NAMES = pytest.mark.parametrize("name", FORMATS)

HIDDEN = Masks(kinds=frozenset(Mask))
principals = st.builds(
    lambda customer, masks: Principal(
        login="who", role=Role.RESELLER, customer=customer, rights=ROLE_RIGHTS[Role.RESELLER], masks=masks
    ),
    st.sampled_from([1, 1, 2, 3, 4, 5]),
    st.sampled_from([Masks(), Masks(), HIDDEN]),
)


def party_to_party(event: Event) -> Event:
    """Some of the calls that leave for a carrier go to another customer instead."""
    if not isinstance(event, LegSeen) or event.leg.side is not Side.CALLEE or event.leg.facts.connection == 1:
        return event
    return LegSeen(event.at, replace(event.leg, facts=Facts(account={2: 5, 3: 7}[event.leg.facts.connection or 2])))


def bare(rows: bytes) -> bytes:
    """Without blanks between elements."""
    return re.sub(rb" +(?=[<,{]|$)", b"", rows)


def chosen(house: House, principal: Principal, now: float) -> Selection:
    arguments = ListCalls(as_party=True, where=Filter(states=LIVE))
    return house.desk.perform(LIST_CALLS, principal, arguments, now).calls


@NAMES
@given(data=st.data())
def test_what_is_copied_is_what_would_be_written(name: str, data: st.DataObject) -> None:
    house = House()
    layout_of = FORMATS[name].layout
    arena = house.table.arena(layout_of(house.directory, Masks()))
    for event in data.draw(histories()).events:
        house.table.accept(party_to_party(event), 2000.0)
        if data.draw(st.booleans()):
            principal = data.draw(principals)
            now = data.draw(st.floats(900.0, 1e6))
            own = layout_of(house.directory, principal.masks)
            calls = chosen(house, principal, now)
            plain = own.separator.join(plain_row(own, call, now) for call in calls)
            assert bare(b"".join(map(bytes, arena.blocks(calls, now, own)))) == bare(plain)


@cache
def full() -> House:
    """A house full of calls, among them one with texts that markup must not take for its own."""
    house = House()
    for number in range(LONG):
        house.call(account=3 + number % 8, callee_account=3 + number % 5 if number % 3 else None, at=BEGIN - number / 7)
    house.call(caller='<801 & "co", {x}> , ]', dialed="a  b", account=5)
    return house


def written(name: str, customer: int = 1) -> Iterator[bytes]:
    house = full()
    layout = FORMATS[name].layout(house.directory, Masks())
    principal = Principal(login="who", role=Role.ADMIN, customer=customer, rights=ROLE_RIGHTS[Role.ADMIN])
    calls = chosen(house, principal, house.now)
    yield b"".join(map(bytes, house.table.arena(layout).blocks(calls, house.now)))
    yield layout.separator.join(plain_row(layout, call, house.now) for call in calls)


@NAMES
@pytest.mark.parametrize("customer", [1, 2, 3])
def test_others_read_the_same_with_the_padding_as_without(name: str, customer: int) -> None:
    padded, plain = written(name, customer)
    assert len(padded) > len(plain)
    found = FORMATS[name].read(padded)
    assert found == FORMATS[name].read(plain)
    assert len(found) > LONG / 10


@pytest.mark.parametrize(
    ("name", "expression"),
    [
        ("ozeki-v10", rb"<RingDuration>(\d+\.\d{3})</RingDuration>\s*<TalkDuration>(\d+\.\d{3})</TalkDuration>"),
        ("ozeki-xe", rb"<RingDuration>(\d+)</RingDuration>\s*<TalkDuration>(\d+)</TalkDuration>"),
        ("sippy", rb"<name>DURATION</name>\n<value><double>(\d+\.\d{3})</double></value>\n</member>"),
        ("mor", rb"<duration>(\d+)</duration>\n\s*<src>"),
        ("rest", rb',"delay":(\d+\.\d{3}) *,"duration":(\d+\.\d{3}) *,"media":'),
    ],
)
def test_padding_stands_in_no_tag_and_no_number(name: str, expression: bytes) -> None:
    padded, plain = written(name)
    found = re.findall(expression, padded)
    assert found == re.findall(expression, plain)
    assert len(found) == LONG + 1
    assert not re.search(rb"<[^>]*  [^>]*>|\d +\d*</|[>:]  +\d", padded.replace(b"a  b", b""))
