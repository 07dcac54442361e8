"""What each role sees and may do: its own subtree, and nothing above, beside or beyond."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from callboard.access.rights import ROLE_RIGHTS, Principal, Role
from callboard.calls.causes import Cause, Reason
from callboard.calls.commands import Outcome
from callboard.calls.legs import Call
from callboard.calls.refusals import AccountNotFound, CallNotFound, CustomerNotFound, Forbidden, NotFound, Refusal
from callboard.calls.state import State
from callboard.operations.call_stats import CALL_STATS, CallStats
from callboard.operations.catalogue import CATALOGUE
from callboard.operations.desk import Reach
from callboard.operations.disconnect import (
    DISCONNECT_ACCOUNT,
    DISCONNECT_CALL,
    DISCONNECT_CUSTOMER,
    DisconnectAccount,
    DisconnectCall,
    DisconnectCustomer,
)
from callboard.operations.forget import FORGET_CALL, ForgetCall
from callboard.operations.list_calls import LIST_CALLS, ListCalls
from callboard.operations.operation import Operation
from callboard.operations.show import SHOW_CALL, SHOW_COMMAND, ShowCall, ShowCommand
from callboard.table.questions.filters import Filter, Order
from tests.operations.conftest import House

Make = Callable[[Role, int], Principal]
NOW = 150.0

# Who sees the calls of which customers, in the tree 1 > 2 > (3, 4), 1 > 5.
SUBTREES = {1: {1, 2, 3, 4, 5}, 2: {2, 3, 4}, 3: {3}, 4: {4}, 5: {5}}
EVERYBODY = [
    (Role.ADMIN, 1),
    (Role.RESELLER, 1),
    (Role.RESELLER, 2),
    (Role.USER, 2),
    (Role.USER, 3),
    (Role.USER, 4),
    (Role.RESELLER, 5),
]
everybody = pytest.mark.parametrize(("role", "customer"), EVERYBODY)


def callers(calls: Iterable[Call]) -> list[str]:
    return [call.caller for call in calls]


@pytest.fixture
def busy(house: House) -> House:
    """One call of each customer, named like it, and one that nobody owns yet."""
    for customer in SUBTREES:
        house.call(str(customer), account=10 * customer, connection=customer % 2 + 1, at=100.0 + customer)
    house.call("nobody", account=None, at=110.0)
    return house


@everybody
def test_a_listing_is_the_principals_subtree(busy: House, principal: Make, role: Role, customer: int) -> None:
    listing = busy.desk.perform(LIST_CALLS, principal(role, customer), ListCalls(), NOW)
    expected = [str(number) for number in sorted(SUBTREES[customer])]
    assert callers(listing.calls) == expected + (["nobody"] if customer == 1 else [])


@everybody
def test_any_customer_can_be_asked_for_that_is_in_the_subtree(
    busy: House, principal: Make, role: Role, customer: int
) -> None:
    for asked in SUBTREES:
        arguments = ListCalls(customer=asked, reach=Reach.OWN)
        if asked in SUBTREES[customer]:
            listing = busy.desk.perform(LIST_CALLS, principal(role, customer), arguments, NOW)
            assert callers(listing.calls) == [str(asked)]
        else:
            with pytest.raises(CustomerNotFound):
                busy.desk.perform(LIST_CALLS, principal(role, customer), arguments, NOW)


def test_a_customer_that_does_not_exist_is_not_found(busy: House, principal: Make) -> None:
    with pytest.raises(CustomerNotFound, match="customer 99 not found"):
        busy.desk.perform(LIST_CALLS, principal(Role.ADMIN, 1), ListCalls(customer=99), NOW)


@everybody
def test_filters_never_reach_beyond_the_subtree(busy: House, principal: Make, role: Role, customer: int) -> None:
    for account in (10, 20, 30, 40, 50):
        listing = busy.desk.perform(
            LIST_CALLS, principal(role, customer), ListCalls(where=Filter(account=account)), NOW
        )
        assert callers(listing.calls) == ([str(account // 10)] if account // 10 in SUBTREES[customer] else [])


def test_filters_add_up_and_orders_order(busy: House, principal: Make) -> None:
    root = principal(Role.ADMIN, 1)

    def listed(arguments: ListCalls) -> list[str]:
        return callers(busy.desk.perform(LIST_CALLS, root, arguments, NOW).calls)

    assert listed(ListCalls(where=Filter(connection=1))) == ["2", "4"]
    assert listed(ListCalls(where=Filter(vendor=1), order=Order.NEWEST_FIRST)) == ["5", "4", "3", "2", "1"]
    assert listed(ListCalls(order=Order.LONGEST_FIRST)) == ["1", "2", "3", "4", "5", "nobody"]
    assert listed(ListCalls(where=Filter(states=frozenset({State.NEW})))) == ["nobody"]
    assert listed(ListCalls(where=Filter(vendor=2))) == []


def test_who_is_called_sees_the_call_where_parties_count(house: House, principal: Make) -> None:
    """Acme calls Globex: theirs alone to those who list by owner, of both to those who list by party."""
    call = house.call("acme-to-globex", account=30, callee_account=40)
    seen = {
        (customer, as_party): callers(
            house.desk.perform(LIST_CALLS, principal(Role.USER, customer), ListCalls(as_party=as_party), NOW).calls
        )
        for customer in (3, 4, 5)
        for as_party in (False, True)
    }
    assert [who for who, calls in seen.items() if calls] == [(3, False), (3, True), (4, True)]
    globex = principal(Role.USER, 4)
    with pytest.raises(CallNotFound):
        house.desk.perform(DISCONNECT_CALL, globex, DisconnectCall(number=call.number), NOW)
    stranger = DisconnectCall(number=call.number, as_party=True)
    with pytest.raises(CallNotFound):
        house.desk.perform(DISCONNECT_CALL, principal(Role.USER, 5), stranger, NOW)
    shown = house.desk.perform(SHOW_CALL, globex, ShowCall(number=call.number, as_party=True), NOW)
    assert isinstance(shown, Call)
    hidden = replace(call.placement, customer=None, account=None, device=None)
    assert shown == replace(call, placement=hidden), "of the other there is only the number"
    house.desk.perform(DISCONNECT_CALL, globex, DisconnectCall(number=call.number, as_party=True), NOW)
    assert len(house.switch.sent) == 1


def test_children_are_those_directly_below(busy: House, principal: Make) -> None:
    listing = busy.desk.perform(LIST_CALLS, principal(Role.ADMIN, 1), ListCalls(reach=Reach.CHILDREN), NOW)
    assert callers(listing.calls) == ["2", "5"]


def test_below_are_all_but_the_customer_itself(busy: House, principal: Make) -> None:
    for customer, below in {1: ["2", "3", "4", "5"], 2: ["3", "4"], 3: []}.items():
        arguments = ListCalls(customer=customer, reach=Reach.BELOW)
        assert callers(busy.desk.perform(LIST_CALLS, principal(Role.ADMIN, 1), arguments, NOW).calls) == below


def test_whose_calls_is_never_left_to_the_filter(busy: House, principal: Make) -> None:
    for where in (Filter(customers=frozenset({1})), Filter(parties=frozenset({1}))):
        with pytest.raises(ValueError, match="whose calls are listed"):
            busy.desk.perform(LIST_CALLS, principal(Role.USER, 3), ListCalls(where=where), NOW)


@everybody
def test_one_call_is_shown_or_not_found(busy: House, principal: Make, role: Role, customer: int) -> None:
    for call in busy.desk.table.calls():
        seen = customer == 1 or call.placement.customer in SUBTREES[customer]
        if seen:
            assert busy.desk.perform(SHOW_CALL, principal(role, customer), ShowCall(number=call.number), NOW) is call
        else:
            with pytest.raises(CallNotFound):
                busy.desk.perform(SHOW_CALL, principal(role, customer), ShowCall(number=call.number), NOW)


def test_stats_count_the_customers_own_accounts(busy: House, principal: Make) -> None:
    busy.call("second", account=10)
    root = principal(Role.ADMIN, 1)
    assert busy.desk.perform(CALL_STATS, root, CallStats(), NOW) == {10: (2, 1)}
    busy.end(next(call for call in busy.desk.table.calls() if call.placement.account == 50))
    assert busy.desk.perform(CALL_STATS, root, CallStats(customer=5), NOW) == {}
    assert busy.desk.perform(CALL_STATS, root, CallStats(customer=2, reach=Reach.SUBTREE), NOW) == {
        20: (1, 1),
        30: (1, 1),
        40: (1, 1),
    }
    with pytest.raises(CustomerNotFound):
        busy.desk.perform(CALL_STATS, principal(Role.USER, 3), CallStats(customer=1), NOW)


@everybody
def test_a_disconnect_reaches_the_subtree_only(busy: House, principal: Make, role: Role, customer: int) -> None:
    who = principal(role, customer)
    for call in busy.desk.table.calls():
        if customer == 1 or call.placement.customer in SUBTREES[customer]:
            assert busy.desk.perform(DISCONNECT_CALL, who, DisconnectCall(number=call.number), NOW).count == 1
        else:
            with pytest.raises(CallNotFound):
                busy.desk.perform(DISCONNECT_CALL, who, DisconnectCall(number=call.number), NOW)
    reached = {command.call.native for command in busy.switch.sent}
    assert reached == {str(number) for number in SUBTREES[customer]} | ({"nobody"} if customer == 1 else set())


@everybody
def test_an_account_is_disconnected_or_not_found(busy: House, principal: Make, role: Role, customer: int) -> None:
    who = principal(role, customer)
    for account in (10, 20, 30, 40, 50, 99):
        busy.switch.sent.clear()
        if account // 10 in SUBTREES[customer]:
            assert busy.desk.perform(DISCONNECT_ACCOUNT, who, DisconnectAccount(account=account), NOW).count == 1
            assert [command.call.native for command in busy.switch.sent] == [str(account // 10)]
        else:
            with pytest.raises(AccountNotFound):
                busy.desk.perform(DISCONNECT_ACCOUNT, who, DisconnectAccount(account=account), NOW)
            assert busy.switch.sent == []


@everybody
def test_a_customer_is_disconnected_with_all_below(busy: House, principal: Make, role: Role, customer: int) -> None:
    who = principal(role, customer)
    for asked in (*SUBTREES, 99):
        busy.switch.sent.clear()
        if asked in SUBTREES[customer]:
            busy.desk.perform(DISCONNECT_CUSTOMER, who, DisconnectCustomer(customer=asked), NOW)
            assert {command.call.native for command in busy.switch.sent} == {str(n) for n in SUBTREES[asked]}
        else:
            with pytest.raises(CustomerNotFound):
                busy.desk.perform(DISCONNECT_CUSTOMER, who, DisconnectCustomer(customer=asked), NOW)
            assert busy.switch.sent == []


def test_a_customers_disconnect_spares_what_others_own_and_what_is_over(house: House, principal: Make) -> None:
    """Acme is called by Globex, whose call that is, and has one that just ended."""
    house.call("globex-to-acme", account=40, callee_account=30)
    house.end(house.call("over", account=30, connection=1))
    acme = principal(Role.USER, 3)
    assert house.desk.perform(DISCONNECT_CUSTOMER, acme, DisconnectCustomer(customer=3), NOW).count == 0
    assert house.desk.perform(DISCONNECT_ACCOUNT, acme, DisconnectAccount(account=30), NOW).count == 0
    assert house.switch.sent == []


@everybody
def test_an_outcome_is_shown_to_who_asked_and_to_the_operator(
    busy: House, principal: Make, role: Role, customer: int
) -> None:
    who = principal(role, customer)
    for other_role, other in EVERYBODY:
        asked = principal(other_role, other)
        (command, *_) = busy.desk.perform(DISCONNECT_CUSTOMER, asked, DisconnectCustomer(customer=other), NOW).commands
        if customer == 1 or asked.login == who.login:
            assert busy.desk.perform(SHOW_COMMAND, who, ShowCommand(id=command), NOW).login == asked.login
        else:
            with pytest.raises(NotFound):
                busy.desk.perform(SHOW_COMMAND, who, ShowCommand(id=command), NOW)


def test_only_the_switchs_end_makes_a_command_done(house: House, principal: Make) -> None:
    call = house.call("801", account=10, connection=1)
    root = principal(Role.ADMIN, 1)
    (command,) = house.desk.perform(DISCONNECT_CALL, root, DisconnectCall(number=call.number), NOW).commands
    assert house.desk.ledger.outcome(command) is Outcome.PENDING
    assert house.desk.table.call(call.number) == call, "a command never edits the table"
    house.end(call)
    assert house.desk.ledger.outcome(command) is Outcome.DONE


def test_a_call_that_just_ended_is_gone_already(house: House, principal: Make) -> None:
    call = house.call("801", account=10, connection=1)
    house.end(call)
    root = principal(Role.ADMIN, 1)
    (command,) = house.desk.perform(DISCONNECT_CALL, root, DisconnectCall(number=call.number), NOW).commands
    assert house.desk.ledger.outcome(command) is Outcome.ALREADY_GONE
    assert house.switch.sent == []


def test_a_switch_that_cannot_be_reached_refuses(house: House, principal: Make) -> None:
    call = house.call("801", account=10, connection=1)
    house.switch.refusal = "the link to pbx is down"
    root = principal(Role.ADMIN, 1)
    (command,) = house.desk.perform(DISCONNECT_CALL, root, DisconnectCall(number=call.number), NOW).commands
    record = house.desk.ledger.record(command)
    assert record is not None
    assert (record.outcome, record.words) == (Outcome.REFUSED, "the link to pbx is down")
    assert (record.login, record.address, record.at) == ("admin-1", "127.0.0.1", NOW)


def test_an_outcome_without_proof_is_unknown(house: House, principal: Make) -> None:
    call = house.call("801", account=10, connection=1)
    root = principal(Role.ADMIN, 1)
    (command,) = house.desk.perform(DISCONNECT_CALL, root, DisconnectCall(number=call.number), NOW).commands
    house.desk.ledger.sweep(NOW + 39)
    assert house.desk.ledger.outcome(command) is Outcome.PENDING
    house.desk.ledger.sweep(NOW + 40)
    assert house.desk.ledger.outcome(command) is Outcome.UNKNOWN


def test_watchers_see_each_command_asked_for_and_settled(house: House, principal: Make) -> None:
    seen: list[Outcome] = []
    house.desk.ledger.watch(lambda record: seen.append(record.outcome))
    call = house.call("801", account=10, connection=1)
    house.desk.perform(DISCONNECT_CALL, principal(Role.ADMIN, 1), DisconnectCall(number=call.number), NOW)
    house.end(call)
    assert seen == [Outcome.PENDING, Outcome.DONE]


def test_a_stuck_row_is_forgotten_without_a_word_to_the_switch(house: House, principal: Make) -> None:
    call = house.call("801", account=10, connection=1)
    root = principal(Role.ADMIN, 1)
    (hang_up,) = house.desk.perform(DISCONNECT_CALL, root, DisconnectCall(number=call.number), NOW).commands
    house.switch.sent.clear()
    record = house.desk.perform(FORGET_CALL, root, ForgetCall(number=call.number), NOW)
    assert house.switch.sent == []
    after = house.desk.table.call(call.number)
    assert after is not None
    assert after.cause == Cause(Reason.FORGOTTEN, text="removed by hand by admin-1; the switch was not asked")
    assert (record.operation, record.outcome, record.login) == ("calls.forget", Outcome.DONE, "admin-1")
    assert house.desk.ledger.record(record.id) == record
    assert house.desk.ledger.outcome(hang_up) is Outcome.UNKNOWN, "what was forgotten is not proven to be over"
    again = house.desk.perform(FORGET_CALL, root, ForgetCall(number=call.number), NOW)
    assert again.outcome is Outcome.ALREADY_GONE


def test_a_forgotten_row_is_audited(house: House, principal: Make) -> None:
    seen: list[tuple[str, Outcome]] = []
    house.desk.ledger.watch(lambda record: seen.append((record.operation, record.outcome)))
    call = house.call("801", account=10)
    house.desk.perform(FORGET_CALL, principal(Role.ADMIN, 1), ForgetCall(number=call.number), NOW)
    assert seen == [("calls.forget", Outcome.PENDING), ("calls.forget", Outcome.DONE)]


def test_only_the_right_to_forget_forgets_and_only_in_the_subtree(house: House, principal: Make) -> None:
    call = house.call("801", account=40)
    for role in (Role.RESELLER, Role.USER):
        with pytest.raises(Forbidden, match=r"calls\.forget"):
            house.desk.perform(FORGET_CALL, principal(role, 4), ForgetCall(number=call.number), NOW)
    stranger = msgspec.structs.replace(principal(Role.USER, 3), rights=frozenset({FORGET_CALL.right}))
    with pytest.raises(CallNotFound):
        house.desk.perform(FORGET_CALL, stranger, ForgetCall(number=call.number), NOW)
    assert house.desk.table.call(call.number) == call


@pytest.mark.parametrize("operation", CATALOGUE, ids=lambda operation: operation.name)
def test_every_operation_is_refused_without_its_right(
    house: House, principal: Make, operation: Operation[Any, Any]
) -> None:
    with_all = principal(Role.ADMIN, 1)
    without = msgspec.structs.replace(with_all, rights=with_all.rights - {operation.right})
    with pytest.raises(Forbidden, match=operation.right.value):
        house.desk.perform(operation, without, operation.example, NOW)


@pytest.mark.parametrize("operation", CATALOGUE, ids=lambda operation: operation.name)
@pytest.mark.parametrize("role", Role)
def test_every_operation_answers_each_role_by_its_rights(
    house: House, principal: Make, operation: Operation[Any, Any], role: Role
) -> None:
    """A role with the right gets an answer or an ordinary refusal; one without gets `Forbidden` and nothing else.

    What is about the whole system is not for the administrators of one customer.
    """
    for customer in (1, 3):
        allowed = operation.right in ROLE_RIGHTS[role] and (customer == 1 or not operation.system_wide)
        try:
            house.desk.perform(operation, principal(role, customer), operation.example, NOW)
            refused = False
        except Forbidden:
            refused = True
        except Refusal:
            refused = False
        assert refused is not allowed


def test_the_catalogue_names_each_operation_once() -> None:
    names = [operation.name for operation in CATALOGUE]
    assert len(set(names)) == len(names)
    assert all(isinstance(operation.example, operation.arguments) for operation in CATALOGUE)
