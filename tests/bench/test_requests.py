"""Small questions of the benchmark at their smallest: each is answered with success, and with as many rows as told."""

from bench.listing import full_desk
from bench.requests import ROWS, measured, questions


def test_every_question_is_answered() -> None:
    found = {each.name: each for each in measured(full_desk(5_000), rounds=1, seconds=0.02)}
    assert all(each.rate > 0 and each.cost > 0 and each.p99 > 0 for each in found.values())
    assert abs(found["sippy/digest"].size - found["sippy/customer"].size) < 100  # their clocks run


def test_the_customer_keeps_so_many_calls_and_each_signature_is_another() -> None:
    desk = full_desk(5_000)
    up = len(desk.table)
    asked = questions(desk)
    customer = int(next(asked["rest/customer"][1]).partition(b"customer=")[2].split(b" ")[0])
    assert sum(call.placement.customer == customer for call in desk.table.calls()) == ROWS
    assert up - len(desk.table) < 20
    _, signed = asked["sippy/digest"]
    assert len({next(signed) for _ in range(3)}) == 3
