"""What somebody reads of calls: that those which look different to them are told apart from the others."""

import pytest

from callboard.access.rights import ROLE_RIGHTS, Principal, Role
from callboard.directory.records import DID
from callboard.operations.list_calls import LIST_CALLS, ListCalls
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
