"""Ending many calls: who may end which, at what pace, and what is told of it."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from msgspec.structs import replace

from callboard.access.logins import Login
from callboard.access.masks import Mask, Masks
from callboard.access.rights import Principal, Right, Role
from callboard.access.tokens import Token
from callboard.calls.commands import HangUp, Outcome
from callboard.calls.events import LegHeld
from callboard.calls.refusals import Conflict, CustomerNotFound, InvalidArgument, NotFound
from callboard.calls.state import State
from callboard.operations.batches import KEEP, Batch, BatchEntry, Batches, BatchState
from callboard.operations.desk import Reach
from callboard.operations.disconnect_matching import (
    DISCONNECT_MATCHING,
    LOOK_MATCHING,
    SHOW_BATCH,
    STOP_BATCH,
    BatchName,
    DisconnectMatching,
    Found,
    LookMatching,
    tolerated,
)
from callboard.operations.list_calls import ListCalls
from callboard.table.questions.filters import Filter
from tests.operations.conftest import House

Make = Callable[[Role, int], Principal]
NOW = 1000.0
ALL = ListCalls()


@pytest.fixture
def busy(house: House) -> House:
    """Three calls of each customer, named after it."""
    for customer in range(1, 6):
        for number in range(3):
            house.call(f"{customer}-{number}", 10 * customer, customer % 2 + 1, at=100.0 + customer)
    return house


@pytest.fixture
def admin(principal: Make) -> Principal:
    return principal(Role.ADMIN, 1)


def look(house: House, who: Principal, which: ListCalls = ALL) -> Found:
    return house.desk.perform(LOOK_MATCHING, who, LookMatching(which=which), NOW)


def run(house: House, who: Principal, which: ListCalls = ALL, *, count: int = 15, rate: float = 50.0) -> Batch:
    return house.desk.perform(DISCONNECT_MATCHING, who, DisconnectMatching(which=which, count=count, rate=rate), NOW)


def show(house: House, who: Principal, batch: Batch) -> Batch:
    return house.desk.perform(SHOW_BATCH, who, BatchName(id=batch.id), NOW)


def work_off(house: House, since: float = NOW, seconds: float = 60.0) -> None:
    for step in range(int(seconds * 10)):
        house.desk.batches.step(since + step / 10)


def ended(house: House) -> list[str]:
    return sorted(command.call.native for command in house.switch.sent if isinstance(command, HangUp))


def test_a_look_counts_and_shows_some_and_ends_nothing(busy: House, admin: Principal) -> None:
    found = look(busy, admin)
    assert (found.count, len(found.sample)) == (15, 10)
    assert look(busy, admin, ListCalls(where=Filter(account=30))).count == 3
    work_off(busy)
    assert busy.switch.sent == []


def test_every_call_that_matches_is_ended_and_each_outcome_is_told(busy: House, admin: Principal) -> None:
    batch = run(busy, admin, ListCalls(customer=3, reach=Reach.OWN), count=3)
    assert (batch.count, batch.waiting, batch.state) == (3, 3, BatchState.RUNNING)
    work_off(busy, seconds=5.0)
    assert ended(busy) == ["3-0", "3-1", "3-2"]
    halfway = show(busy, admin, batch)
    assert (halfway.waiting, halfway.state, halfway.outcomes) == (0, BatchState.RUNNING, {Outcome.PENDING: 3})
    for call in busy.desk.table.select(Filter(account=30), now=NOW):
        busy.end(call)
    over = show(busy, admin, batch)
    assert (over.state, over.outcomes) == (BatchState.DONE, {Outcome.DONE: 3})
    records = [busy.desk.ledger.record(one.command) for one in over.commands]
    assert {record.operation for record in records if record} == {"calls.disconnect_matching"}
    assert {record.login for record in records if record} == {"admin-1"}


@pytest.mark.parametrize(
    ("role", "customer", "expected"),
    [
        (Role.ADMIN, 1, {1, 2, 3, 4, 5}),
        (Role.RESELLER, 2, {2, 3, 4}),
        (Role.USER, 3, {3}),
        (Role.ADMIN, 5, {5}),
    ],
)
def test_a_filter_reaches_ones_own_subtree_and_no_further(
    busy: House, principal: Make, role: Role, customer: int, expected: set[int]
) -> None:
    who = principal(role, customer)
    assert look(busy, who).count == 3 * len(expected)
    run(busy, who)
    work_off(busy)
    assert ended(busy) == [f"{one}-{number}" for one in sorted(expected) for number in range(3)]


def test_a_look_shows_calls_as_they_may_be_read(busy: House, principal: Make) -> None:
    busy.call("between", 30, 1, callee_account=50)
    who = principal(Role.USER, 3)
    masked = replace(who, masks=Masks(kinds=frozenset({Mask.NUMBERS})))
    last = look(busy, who).sample[-1]
    assert (last.placement.customer, last.placement.callee_customer) == (3, None)
    assert "*" in look(busy, masked).sample[-1].callee
    assert look(busy, masked).sample[-1].callee != last.callee


def test_who_may_not_list_calls_is_shown_none_but_their_number(busy: House, principal: Make) -> None:
    found = look(busy, replace(principal(Role.USER, 3), rights=frozenset({Right.CALLS_DISCONNECT})))
    assert (found.count, found.sample) == (3, ())


def test_a_strangers_customer_is_not_found(busy: House, principal: Make) -> None:
    for ask in (look, run):
        with pytest.raises(CustomerNotFound):
            ask(busy, principal(Role.USER, 3), ListCalls(customer=4))
    assert busy.switch.sent == []


def test_more_calls_than_were_looked_at_are_not_ended(busy: House, admin: Principal) -> None:
    with pytest.raises(Conflict, match="15 calls match by now, and 12 were to be ended"):
        run(busy, admin, count=12)
    work_off(busy)
    assert busy.switch.sent == []
    assert run(busy, admin, count=13).count == 15, "a few more are weather"
    assert [tolerated(count) for count in (0, 1, 9, 30, 100)] == [0, 3, 11, 33, 110]


def test_fewer_calls_are_ended_without_asking_again(busy: House, admin: Principal) -> None:
    assert run(busy, admin, count=1000).count == 15


@pytest.mark.parametrize("rate", [0.0, -1.0, 500.1, float("nan"), float("inf")])
def test_a_pace_is_bounded(busy: House, admin: Principal, rate: float) -> None:
    with pytest.raises(InvalidArgument, match="rate"):
        run(busy, admin, rate=rate)


def test_calls_end_at_the_pace_that_was_asked_for(busy: House, admin: Principal) -> None:
    run(busy, admin, rate=2.0)
    counts = []
    for second in range(4):
        work_off(busy, NOW + second, 1.0)
        counts.append(len(busy.switch.sent))
    assert counts[0] <= 4
    assert [later - sooner for sooner, later in pairwise(counts)] == [2, 2, 2]


def test_a_pause_is_not_made_up_for_all_at_once(busy: House, admin: Principal) -> None:
    busy.desk.batches.step(NOW)
    run(busy, admin, rate=2.0)
    busy.desk.batches.step(NOW + 3600.0)
    assert len(busy.switch.sent) == 2
    busy.desk.batches.step(NOW)
    assert len(busy.switch.sent) == 2, "a clock that was set back"


def test_a_call_that_ended_meanwhile_is_no_more_to_do(busy: House, admin: Principal) -> None:
    batch = run(busy, admin, ListCalls(where=Filter(account=30)), count=3)
    over, gone, _ = busy.desk.table.select(Filter(account=30), now=NOW)
    busy.end(gone, now=NOW - 60.0)
    busy.end(over, now=NOW)
    busy.desk.table.sweep(NOW)
    assert busy.desk.table.call(gone.number) is None
    work_off(busy, seconds=2.0)
    assert len(busy.switch.sent) == 1
    found = show(busy, admin, batch)
    assert (found.waiting, found.left, found.outcomes) == (0, 2, {Outcome.PENDING: 1})


def test_a_call_that_matches_no_longer_when_its_turn_comes_stays_up(busy: House, admin: Principal) -> None:
    states = frozenset({State.ANSWERED})
    batch = run(busy, admin, ListCalls(where=Filter(account=30, states=states)), count=3)
    held, *_ = busy.desk.table.select(Filter(account=30), now=NOW)
    busy.desk.table.accept(LegHeld(held.legs[0].id, NOW), NOW)
    work_off(busy, seconds=2.0)
    assert held.key.native not in ended(busy)
    assert (len(busy.switch.sent), show(busy, admin, batch).left) == (2, 1)


def test_calls_that_are_over_do_not_count(busy: House, admin: Principal) -> None:
    call = busy.call("over", 30, 1)
    busy.end(call)
    assert look(busy, admin, ListCalls(where=Filter(account=30))).count == 3
    assert look(busy, admin, ListCalls(where=Filter(states=frozenset({State.ENDED})))).count == 0


def test_what_cannot_be_sent_is_told(busy: House, admin: Principal) -> None:
    busy.switch.refusal = "the link is lost"
    batch = run(busy, admin)
    work_off(busy, seconds=2.0)
    found = show(busy, admin, batch)
    assert (found.state, found.outcomes) == (BatchState.DONE, {Outcome.REFUSED: 15})


ANN = Login(name="ann", role=Role.ADMIN, customer=2)


def of_ann(house: House, **token: Any) -> Principal:
    """Ann, at the reseller, with a token."""
    house.desk.access.put(ANN)
    known: dict[str, Any] = {"id": "t", "login": "ann", "name": "t", "digest": "", "created_at": NOW}
    made = Token(**known | {"rights": frozenset(Right), "expires_at": None} | token)
    house.desk.access.tokens.put(made)
    who = Principal(login="ann", role=Role.ADMIN, customer=2, rights=frozenset(Right), address="127.0.0.1", token="t")
    return replace(who, expires_at=made.expires_at)


@pytest.mark.parametrize(
    "change",
    [
        lambda house: house.desk.access.remove("ann"),
        lambda house: house.desk.access.put(replace(ANN, disabled=True)),
        lambda house: house.desk.access.put(replace(ANN, addresses=("192.0.2.0/24",))),
        lambda house: house.desk.access.tokens.remove("t"),
        lambda house: house.desk.access.tokens.put(replace(house.desk.access.tokens.all()[0], rights=frozenset())),
    ],
    ids=["removed", "disabled", "address", "token", "right"],
)
def test_who_may_not_any_more_ends_no_more(busy: House, change: Callable[[House], None]) -> None:
    batch = run(busy, of_ann(busy), count=9, rate=1.0)
    work_off(busy, seconds=1.0)
    sent = len(busy.switch.sent)
    assert 0 < sent < 9
    change(busy)
    work_off(busy, NOW + 1.0)
    found = busy.desk.batches.find(batch.id)
    assert found is not None
    assert (len(busy.switch.sent), found.waiting, found.left) == (sent, 0, 0)
    for call in busy.desk.table.select(Filter(), now=NOW):
        busy.end(call)
    stopped = busy.desk.batches.find(batch.id)
    assert stopped is not None
    assert (stopped.state, stopped.words != "") == (BatchState.STOPPED, True)


def test_a_token_that_expires_ends_no_more(busy: House) -> None:
    run(busy, of_ann(busy, expires_at=NOW + 2.0), count=9, rate=1.0)
    work_off(busy, seconds=1.0)
    sent = len(busy.switch.sent)
    work_off(busy, NOW + 2.0)
    assert len(busy.switch.sent) == sent


def test_calls_that_go_out_of_reach_meanwhile_stay_up(busy: House) -> None:
    run(busy, of_ann(busy), count=9, rate=1.0)
    work_off(busy, seconds=0.5)
    moved = busy.desk.directory.customer(4)
    assert moved is not None
    busy.desk.directory.put(replace(moved, parent=5))
    work_off(busy, NOW + 0.5)
    assert {name[0] for name in ended(busy)} == {"2", "3"}


def test_a_batch_can_be_stopped(busy: House, admin: Principal) -> None:
    batch = run(busy, admin, rate=1.0)
    work_off(busy, seconds=1.0)
    stopped = busy.desk.perform(STOP_BATCH, admin, BatchName(id=batch.id), NOW)
    sent = len(busy.switch.sent)
    assert (stopped.waiting, stopped.state) == (0, BatchState.RUNNING), "its commands have not come out"
    work_off(busy, NOW + 1.0)
    assert 0 < len(busy.switch.sent) == sent < 15
    busy.desk.ledger.sweep(NOW + 60.0)
    found = show(busy, admin, batch)
    assert (found.state, found.words) == (BatchState.STOPPED, "stopped by admin-1")


def test_to_stop_what_is_over_changes_nothing(busy: House, admin: Principal) -> None:
    busy.switch.refusal = "the link is lost"
    batch = run(busy, admin)
    work_off(busy, seconds=2.0)
    found = busy.desk.perform(STOP_BATCH, admin, BatchName(id=batch.id), NOW)
    assert (found.state, found.words) == (BatchState.DONE, "")


class Notebook:
    """Keeps what is written down of batches."""

    def __init__(self) -> None:
        self.begun: list[BatchEntry] = []
        self.noted: list[BatchEntry] = []

    def begin_batch(self, entry: BatchEntry) -> None:
        self.begun.append(entry)

    def record_batch(self, entry: BatchEntry) -> None:
        self.noted.append(entry)


def test_it_is_written_down_before_it_begins_and_when_it_is_over(
    busy: House, admin: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = Notebook()
    monkeypatch.setattr(busy.desk, "batches", Batches(busy.desk.ledger, book))
    batch = run(busy, admin, ListCalls(where=Filter(account=30)), count=3)
    assert [(entry.id, entry.count, entry.state) for entry in book.begun] == [(batch.id, 3, BatchState.RUNNING)]
    assert (busy.switch.sent, book.noted) == ([], [])
    over, *others = busy.desk.table.select(Filter(account=30), now=NOW)
    busy.end(over, now=NOW - 60.0)
    busy.desk.table.sweep(NOW)
    work_off(busy, seconds=2.0)
    assert [(entry.left, entry.state) for entry in book.noted] == [(1, BatchState.RUNNING)]
    for call in others:
        busy.end(call)
    work_off(busy, NOW + 2.0, seconds=2.0)
    assert [(entry.left, entry.state) for entry in book.noted[1:]] == [(1, BatchState.DONE)]
    records = [busy.desk.ledger.record(one.command) for one in show(busy, admin, batch).commands]
    assert {record.batch for record in records if record} == {batch.id}


def test_a_batch_is_its_owners_and_the_operators(busy: House, admin: Principal, principal: Make) -> None:
    batch = run(busy, principal(Role.RESELLER, 2))
    for operation in (SHOW_BATCH, STOP_BATCH):
        for other in (principal(Role.USER, 3), replace(principal(Role.RESELLER, 2), customer=3)):
            with pytest.raises(NotFound):
                busy.desk.perform(operation, other, BatchName(id=batch.id), NOW)
    assert show(busy, admin, batch).waiting == 9
    with pytest.raises(NotFound):
        busy.desk.perform(SHOW_BATCH, admin, BatchName(id="b-none"), NOW)


def test_one_login_has_few_batches_under_way(busy: House, admin: Principal, principal: Make) -> None:
    for _ in range(4):
        run(busy, admin)
    with pytest.raises(Conflict, match="4 batches under way"):
        run(busy, admin)
    run(busy, principal(Role.USER, 3))


def test_a_batch_that_is_over_is_forgotten_after_a_while(busy: House, admin: Principal) -> None:
    busy.switch.refusal = "the link is lost"
    batch = run(busy, admin)
    work_off(busy, seconds=2.0)
    busy.desk.batches.step(NOW + KEEP - 1.0)
    assert show(busy, admin, batch).state is BatchState.DONE
    busy.desk.batches.step(NOW + KEEP + 10.0)
    with pytest.raises(NotFound):
        show(busy, admin, batch)
