"""Transfer, hold and unhold: what goes to the switch, what proves it, and who may."""

from collections.abc import Callable

import pytest

from callboard.access.rights import Principal, Role
from callboard.calls.commands import Answer, CommandId, Hold, Outcome, Transfer, Unhold
from callboard.calls.events import LegAnswered, LegDescribed, LegEnded, LegHeld, LegResumed, LegSeen
from callboard.calls.legs import Call, Leg, LegId, Side
from callboard.calls.refusals import CallNotFound, Forbidden, InvalidArgument, NotFound
from callboard.operations.commands import LIST_COMMANDS, ListCommands
from callboard.operations.disconnect import DISCONNECT_CALL, DisconnectCall
from callboard.operations.forget import FORGET_CALL, ForgetCall
from callboard.operations.hold import HOLD_CALL, UNHOLD_CALL, HoldCall, UnholdCall
from callboard.operations.ledger import KEEP, CommandRecord
from callboard.operations.show import SHOW_COMMAND, ShowCommand
from callboard.operations.transfer import TRANSFER_CALL, TransferCall
from tests.operations.conftest import SWITCH, House

Make = Callable[[Role, int], Principal]
NOW = 199.0


@pytest.fixture
def admin(principal: Make) -> Principal:
    return principal(Role.ADMIN, 1)


def transfer(house: House, who: Principal, call: Call, to: str = "104", party: Side = Side.CALLER) -> CommandRecord:
    return house.desk.perform(TRANSFER_CALL, who, TransferCall(number=call.number, to=to, party=party), NOW)


def outcome(house: House, record: CommandRecord) -> tuple[Outcome, str]:
    found = house.desk.ledger.record(record.id)
    assert found is not None
    return found.outcome, found.words


def another(house: House, call: Call, number: str, side: Side = Side.CALLEE, at: float = 160.0) -> None:
    """One more leg appears in a call."""
    leg = Leg(id=LegId(SWITCH, f"{number}-c"), call=call.key.native, side=side, number=number, started_at=at)
    house.desk.table.accept(LegSeen(at, leg), at)


# --- transfer ---


def test_a_transfer_goes_out_and_is_done_when_the_target_is_called(house: House, admin: Principal) -> None:
    call = house.call("801", 30, 1)
    record = transfer(house, admin, call)
    assert house.switch.sent == [Transfer(record.id, call.key, "104")]
    assert outcome(house, record) == (Outcome.PENDING, "caller to 104")
    another(house, call, "104")
    assert outcome(house, record) == (Outcome.DONE, "caller to 104: 104 is called")


def test_a_party_led_to_the_target_is_proof(house: House, admin: Principal) -> None:
    """As a switch tells it that shows where its caller goes, and nobody new is called."""
    call = house.call("801", 30, 1)
    record = transfer(house, admin, call, "echo")
    (caller,) = call.side(Side.CALLER)
    led = Leg(id=caller.id, call=caller.call, side=Side.CALLER, dialed="echo", started_at=caller.started_at)
    house.desk.table.accept(LegDescribed(160.0, led), 160.0)
    assert outcome(house, record) == (Outcome.DONE, "caller to echo: led to echo")


def test_the_other_partys_leaving_is_proof_only_of_a_transfer_that_was_taken(house: House, admin: Principal) -> None:
    for taken, expected in ((False, Outcome.PENDING), (True, Outcome.DONE)):
        call = house.call(f"80{taken:d}", 30, 1)
        record = transfer(house, admin, call)
        if taken:
            house.desk.ledger.answered(record.id, Answer(Outcome.PENDING, 155.0, "+OK"))
        (callee,) = call.side(Side.CALLEE)
        house.desk.table.accept(LegEnded(callee.id, 160.0), 160.0)
        house.desk.ledger.sweep(200.9)
        assert outcome(house, record)[0] is Outcome.PENDING
        house.desk.ledger.sweep(201.0)
        assert outcome(house, record)[0] is expected


def test_proof_that_came_before_the_answer_counts_with_it(house: House, admin: Principal) -> None:
    call = house.call("801", 30, 1)
    record = transfer(house, admin, call)
    (callee,) = call.side(Side.CALLEE)
    house.desk.table.accept(LegEnded(callee.id, 160.0), 160.0)
    assert outcome(house, record)[0] is Outcome.PENDING
    house.desk.ledger.answered(record.id, Answer(Outcome.PENDING, 200.0, "+OK"))
    house.desk.ledger.sweep(201.0)
    assert outcome(house, record) == (Outcome.DONE, "caller to 104: the other party left")


@pytest.mark.parametrize("answered_first", [True, False])
def test_a_party_that_is_led_to_nowhere_and_hung_up_proves_nothing(
    house: House, admin: Principal, answered_first: bool
) -> None:
    """A switch may tell of the ends before it answers that it took the transfer."""
    call = house.call("801", 30, 1)
    record = transfer(house, admin, call, "nowhere")
    if answered_first:
        house.desk.ledger.answered(record.id, Answer(Outcome.PENDING, 155.0, "Transfer succeeded"))
    (caller,), (callee,) = call.side(Side.CALLER), call.side(Side.CALLEE)
    house.desk.table.accept(LegEnded(callee.id, 160.0), 160.0)
    house.desk.table.accept(LegEnded(caller.id, 160.1), 160.1)
    told, words = outcome(house, record)
    assert told is Outcome.UNKNOWN
    assert "there is no such number" in words


def test_a_second_call_of_the_same_party_is_no_proof(house: House, admin: Principal) -> None:
    call = house.call("801", 30, 1)
    record = transfer(house, admin, call, "49301234567")
    (caller,) = call.side(Side.CALLER)
    house.desk.table.accept(LegHeld(caller.id, 160.0), 160.0)
    assert outcome(house, record)[0] is Outcome.PENDING, "the target had been dialled before"


def test_a_call_that_ends_first_leaves_a_transfer_unknown(house: House, admin: Principal) -> None:
    call = house.call("801", 30, 1)
    record = transfer(house, admin, call)
    house.end(call)
    assert outcome(house, record) == (
        Outcome.UNKNOWN,
        "caller to 104: the call ended before the switch reported it: a party hung up, or there is no such number",
    )


def test_the_other_partys_being_left_is_no_proof_of_a_transfer(house: House, admin: Principal) -> None:
    call = house.call("801", 30, 1)
    record = transfer(house, admin, call)
    house.desk.ledger.answered(record.id, Answer(Outcome.PENDING, 155.0, "+OK"))
    (caller,) = call.side(Side.CALLER)
    house.desk.table.accept(LegEnded(caller.id, 160.0), 160.0)
    house.desk.ledger.sweep(190.0)
    house.desk.ledger.sweep(192.0)
    assert outcome(house, record)[0] is Outcome.PENDING


@pytest.mark.parametrize("told", [Outcome.DONE, Outcome.REFUSED, Outcome.ALREADY_GONE])
def test_a_switchs_answer_settles_it_once(house: House, admin: Principal, told: Outcome) -> None:
    call = house.call("801", 30, 1)
    record = transfer(house, admin, call)
    house.desk.ledger.answered(record.id, Answer(told, 155.0, "its words"))
    house.desk.ledger.answered(record.id, Answer(Outcome.DONE, 156.0, "other words"))
    another(house, call, "104")
    assert outcome(house, record) == (told, "caller to 104: its words")


def test_an_answer_to_a_command_that_is_not_known_is_no_matter(house: House) -> None:
    house.desk.ledger.answered(CommandId("c99"), Answer(Outcome.DONE, 155.0))
    assert house.desk.ledger.record(CommandId("c99")) is None


def test_without_proof_a_transfer_is_unknown_after_a_while(house: House, admin: Principal) -> None:
    record = transfer(house, admin, house.call("801", 30, 1))
    house.desk.ledger.sweep(NOW + 39.0)
    assert outcome(house, record)[0] is Outcome.PENDING
    house.desk.ledger.sweep(NOW + 40.0)
    assert outcome(house, record) == (
        Outcome.UNKNOWN,
        "caller to 104: the switch reported nothing of it within 40 s",
    )


def test_what_no_switch_needs_to_be_asked_is_not_sent(house: House, admin: Principal) -> None:
    ringing = house.call("801", 30)
    assert outcome(house, transfer(house, admin, ringing))[0] is Outcome.REFUSED
    over = house.call("802", 30, 1)
    house.end(over)
    assert outcome(house, transfer(house, admin, over))[0] is Outcome.ALREADY_GONE
    assert house.switch.sent == []


TARGETS = [
    "",
    " ",
    "10 4",
    "104\r\n",
    "104\nAction: Originate",
    "104\0",
    "10,4",
    "a/b",
    "a&b",
    "${X}",
    "sip:x@y",
    "-both",
]


@pytest.mark.parametrize("target", [*TARGETS, ".1", "_1", "x" * 65, "\u0661", "é"])
def test_what_is_no_number_is_refused_and_nothing_goes_out(house: House, admin: Principal, target: str) -> None:
    call = house.call("801", 30, 1)
    with pytest.raises(InvalidArgument, match="no number to transfer to"):
        transfer(house, admin, call, target)
    with pytest.raises(ValueError, match="no number to transfer to"):
        Transfer(CommandId("c"), call.key, target)
    assert house.switch.sent == []
    assert house.desk.ledger.records(call.number) == ()


@pytest.mark.parametrize("target", ["1", "+4930123", "*97", "#1", "night.desk", "x" * 64, "a-b_c"])
def test_numbers_and_extensions_are_taken(house: House, admin: Principal, target: str) -> None:
    assert outcome(house, transfer(house, admin, house.call("801", 30, 1), target))[0] is Outcome.PENDING


# --- hold ---


def test_a_hold_is_done_when_the_partys_leg_is_held(house: House, admin: Principal) -> None:
    call = house.call("801", 30, 1)
    (caller,), (callee,) = call.side(Side.CALLER), call.side(Side.CALLEE)
    record = house.desk.perform(HOLD_CALL, admin, HoldCall(number=call.number), NOW)
    assert house.switch.sent == [Hold(record.id, call.key)]
    house.desk.table.accept(LegHeld(callee.id, 160.0), 160.0)
    assert outcome(house, record)[0] is Outcome.PENDING, "it is the other party who holds"
    house.desk.table.accept(LegHeld(caller.id, 161.0), 161.0)
    assert outcome(house, record) == (Outcome.DONE, "on hold")


def test_an_unhold_is_done_when_the_leg_is_held_no_longer(house: House, admin: Principal) -> None:
    call = house.call("801", 30, 1)
    (callee,) = call.side(Side.CALLEE)
    house.desk.table.accept(LegHeld(callee.id, 155.0), 155.0)
    record = house.desk.perform(UNHOLD_CALL, admin, UnholdCall(number=call.number, party=Side.CALLEE), NOW)
    assert house.switch.sent == [Unhold(record.id, call.key, Side.CALLEE)]
    house.desk.table.accept(LegResumed(callee.id, 160.0), 160.0)
    assert outcome(house, record) == (Outcome.DONE, "off hold")


def test_what_is_so_already_is_done(house: House, admin: Principal) -> None:
    call = house.call("801", 30, 1)
    record = house.desk.perform(UNHOLD_CALL, admin, UnholdCall(number=call.number), NOW)
    assert outcome(house, record) == (Outcome.DONE, "the caller was not on hold: the switch was not asked")
    (caller,) = call.side(Side.CALLER)
    house.desk.table.accept(LegHeld(caller.id, 155.0), 155.0)
    record = house.desk.perform(HOLD_CALL, admin, HoldCall(number=call.number), NOW)
    assert outcome(house, record) == (Outcome.DONE, "the caller was on hold already: the switch was not asked")
    assert house.switch.sent == []


def test_a_call_that_rings_or_is_over_is_not_held(house: House, admin: Principal) -> None:
    ringing, over = house.call("801", 30), house.call("802", 30, 1)
    house.end(over)
    records = [house.desk.perform(HOLD_CALL, admin, HoldCall(number=call.number), NOW) for call in (ringing, over)]
    assert [record.outcome for record in records] == [Outcome.REFUSED, Outcome.ALREADY_GONE]
    assert house.switch.sent == []


# --- who may ---


def test_an_end_customer_holds_its_calls_and_transfers_none(house: House, principal: Make) -> None:
    own, strange = house.call("801", 30, 1), house.call("802", 40, 1)
    user = principal(Role.USER, 3)
    with pytest.raises(Forbidden, match=r"calls\.transfer"):
        transfer(house, user, own)
    assert house.desk.perform(HOLD_CALL, user, HoldCall(number=own.number), NOW).outcome is Outcome.PENDING
    with pytest.raises(CallNotFound):
        house.desk.perform(HOLD_CALL, user, HoldCall(number=strange.number), NOW)
    with pytest.raises(CallNotFound):
        house.desk.perform(UNHOLD_CALL, user, UnholdCall(number=strange.number), NOW)


def test_a_reseller_transfers_the_calls_below_it_and_no_others(house: House, principal: Make) -> None:
    below, beside = house.call("801", 30, 1), house.call("802", 50, 1)
    reseller = principal(Role.RESELLER, 2)
    assert transfer(house, reseller, below).outcome is Outcome.PENDING
    with pytest.raises(CallNotFound):
        transfer(house, reseller, beside)


def test_who_is_called_may_not_transfer_the_callers_call(house: House, principal: Make) -> None:
    call = house.call("801", 30, callee_account=50)
    with pytest.raises(CallNotFound):
        transfer(house, principal(Role.RESELLER, 5), call)


# --- commands of late ---


def test_the_commands_for_a_call_are_listed_to_who_asked_and_to_the_operator(house: House, principal: Make) -> None:
    call = house.call("801", 30, 1)
    first = transfer(house, principal(Role.RESELLER, 2), call)
    second = house.desk.perform(HOLD_CALL, principal(Role.USER, 3), HoldCall(number=call.number), NOW)

    def listed(who: Principal) -> list[str]:
        found = house.desk.perform(LIST_COMMANDS, who, ListCommands(call=call.number), NOW)
        return [record.id for record in found]

    assert listed(principal(Role.ADMIN, 1)) == [first.id, second.id]
    assert listed(principal(Role.RESELLER, 2)) == [first.id]
    assert listed(principal(Role.USER, 3)) == [second.id]
    assert listed(principal(Role.USER, 4)) == []


def test_a_refused_hang_up_is_settled_with_the_switchs_words(house: House, admin: Principal) -> None:
    call = house.call("801", 30, 1)
    (command,) = house.desk.perform(DISCONNECT_CALL, admin, DisconnectCall(number=call.number), NOW).commands
    house.desk.ledger.answered(command, Answer(Outcome.REFUSED, 151.0, "Permission denied"))
    record = house.desk.perform(SHOW_COMMAND, admin, ShowCommand(id=command), NOW)
    assert (record.outcome, record.outcome_at, record.words) == (Outcome.REFUSED, 151.0, "Permission denied")


def test_a_hang_up_that_was_only_taken_waits_for_the_end(house: House, admin: Principal) -> None:
    call = house.call("801", 30, 1)
    (command,) = house.desk.perform(DISCONNECT_CALL, admin, DisconnectCall(number=call.number), NOW).commands
    house.desk.ledger.answered(command, Answer(Outcome.PENDING, 151.0, "+OK"))
    assert house.desk.ledger.outcome(command) is Outcome.PENDING
    house.end(call)
    assert house.desk.ledger.outcome(command) is Outcome.DONE


def test_a_command_that_the_ledger_forgot_is_found_in_the_past(
    house: House, admin: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = transfer(house, admin, house.call("801", 30, 1))
    kept = house.desk.ledger.record(record.id)
    house.desk.ledger.sweep(NOW + 601.0)
    with pytest.raises(NotFound):
        house.desk.perform(SHOW_COMMAND, admin, ShowCommand(id=record.id), NOW)
    monkeypatch.setattr(house.desk.past, "command", {record.id: kept}.get)
    assert house.desk.perform(SHOW_COMMAND, admin, ShowCommand(id=record.id), NOW) == kept


def test_a_row_that_is_removed_by_hand_proves_no_end(house: House, admin: Principal) -> None:
    call = house.call("801", 30, 1)
    (command,) = house.desk.perform(DISCONNECT_CALL, admin, DisconnectCall(number=call.number), NOW).commands
    house.desk.perform(FORGET_CALL, admin, ForgetCall(number=call.number), NOW)
    assert house.desk.ledger.outcome(command) is Outcome.UNKNOWN


def test_outcomes_can_be_asked_for_for_a_while(house: House, admin: Principal) -> None:
    call = house.call("801", 30, 1)
    record = transfer(house, admin, call)
    house.desk.ledger.sweep(NOW + KEEP - 1.0)
    assert outcome(house, record)[0] is Outcome.UNKNOWN
    house.desk.ledger.sweep(NOW + KEEP)
    assert house.desk.ledger.record(record.id) is None


def test_a_second_leg_that_is_answered_settles_nothing_more(house: House, admin: Principal) -> None:
    call = house.call("801", 30, 1)
    record = transfer(house, admin, call)
    another(house, call, "104")
    before = outcome(house, record)
    house.desk.table.accept(LegAnswered(LegId(SWITCH, "104-c"), 170.0), 170.0)
    assert outcome(house, record) == before
