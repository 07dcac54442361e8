"""What somebody reads of calls: that those which look different to them are told apart from the others."""

import pytest
from msgspec.structs import replace

from callboard.access.masks import NO_MASKS, Masks
from callboard.access.masks import Mask as MaskKind
from callboard.access.rights import ROLE_RIGHTS, Principal, Role
from callboard.calls.events import LegDescribed
from callboard.calls.legs import Facts
from callboard.directory.records import DID
from callboard.operations.list_calls import LIST_CALLS, ListCalls
from callboard.table.written.arena import FEW
from callboard.table.written.layout import Layout, Text
from tests.house import House


@pytest.mark.parametrize("customer", [2, 3, 5])
def test_calls_that_may_not_be_read_as_they_are_are_marked(customer: int) -> None:
    house = House()
    house.directory.put(DID(id=3, number="442079460003", account=9), DID(id=4, number="442079460004", account=5))
    for dialed in ("442079460003", "442079460004", "812"):
        house.call(account=5, dialed=dialed)
        house.call(account=9, dialed=dialed)
    house.call(account=9, callee_account=5)
    who = Principal(login="who", role=Role.USER, customer=customer, rights=ROLE_RIGHTS[Role.USER])
    calls = house.desk.perform(LIST_CALLS, who, ListCalls(as_party=True), house.now).calls
    assert calls.sight is not None
    marked = calls.sight.partly(calls._columns, calls.standing(slice(None))).tolist()
    raw = [house.table.call(call.number) for call in calls]
    assert marked == [seen != call for seen, call in zip(calls, raw, strict=True)]
    assert any(marked)


@pytest.mark.parametrize("masks", [NO_MASKS, Masks(kinds=frozenset({MaskKind.MEDIA}))], ids=["open", "masked"])
@pytest.mark.parametrize("many", [2, FEW + 2])
def test_a_call_that_is_another_customers_by_its_turn_is_not_in_a_long_list(many: int, masks: Masks) -> None:
    """It is there for who has it now, and who has both sees it as ever."""
    house = House()
    calls = [house.call(account=5, callee_account=7, caller=f"0{number}") for number in range(many)]
    lists = {
        customer: house.desk.perform(LIST_CALLS, user(customer, masks), ListCalls(as_party=True), house.now).calls
        for customer in (1, 2, 3, 4)
    }
    arena = house.table.arena(Layout((Text(lambda call: call.caller.encode() + b";"),)))
    rows = {customer: arena.blocks(listed, house.now) for customer, listed in lists.items()}
    moved = calls[1].legs[0]
    house.table.accept(LegDescribed(house.now, replace(moved, number="666", facts=Facts(account=9))), house.now)
    seen = {customer: [call.caller for call in listed] for customer, listed in lists.items()}
    kept = [call.caller for call in calls]
    assert seen[1] == seen[2] == seen[4] == [kept[0], "666", *kept[2:]]
    assert seen[3] == [kept[0], *kept[2:]], "neither of its parties is customer 3's any more"
    for customer, blocks in rows.items():
        text = b"".join(map(bytes, blocks)).decode()
        assert text.replace(" ", "").rstrip(";").split(";") == seen[customer]


def user(customer: int, masks: Masks) -> Principal:
    return Principal(login="who", role=Role.USER, customer=customer, rights=ROLE_RIGHTS[Role.USER], masks=masks)
