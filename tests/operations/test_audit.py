"""Failed sign-ins as entries of the audit, and what the gate writes down."""

from itertools import count

import pytest

from callboard.access.access import FailedSignIn
from callboard.access.claims import PasswordClaim
from callboard.access.rights import Principal
from callboard.calls.refusals import Forbidden, NotFound
from callboard.operations.audit import MOST_FAILURES, FailedSignIns
from callboard.operations.past import AuditEntry
from callboard.operations.tokens import CREATE_TOKEN, REMOVE_TOKEN, CreateToken, RemoveToken
from callboard.operations.whoami import WHOAMI, WhoAmI
from tests.house import BEGIN, House


def failures() -> FailedSignIns:
    names = count(1)
    return FailedSignIns(lambda size: f"{next(names):0{2 * size}x}")


def test_so_many_failures_a_minute_are_written_down_and_the_others_counted() -> None:
    noted = failures()
    first = [noted.entry(FailedSignIn(at=BEGIN + n / 100, name="x", address="192.0.2.9")) for n in range(250)]
    assert [entry is not None for entry in first] == [True] * MOST_FAILURES + [False] * (250 - MOST_FAILURES)
    later = noted.entry(FailedSignIn(at=BEGIN + 60.0, name="y", address="192.0.2.9"))
    assert later is not None
    assert later.words == "wrong credentials; 150 more before this were not written down"
    again = noted.entry(FailedSignIn(at=BEGIN + 61.0, name="y", address="192.0.2.9"))
    assert again is not None
    assert again.words == "wrong credentials"
    assert len({entry.id for entry in [*first, later, again] if entry}) == MOST_FAILURES + 2


def test_a_clock_that_is_set_back_does_not_silence_it() -> None:
    noted = failures()
    for _ in range(MOST_FAILURES + 1):
        noted.entry(FailedSignIn(at=BEGIN, name="x", address="192.0.2.9"))
    assert noted.entry(FailedSignIn(at=BEGIN - 3600.0, name="x", address="192.0.2.9")) is not None


def test_names_that_guessers_choose_are_not_kept_at_any_length() -> None:
    entry = failures().entry(FailedSignIn(at=BEGIN, name="x" * 100_000, address="192.0.2.9"))
    assert entry is not None
    assert len(entry.login) + len(entry.subject) < 1_000


@pytest.fixture
def house() -> House:
    """A house."""
    return House()


@pytest.fixture
def written(house: House) -> list[AuditEntry]:
    """What is told to the audit."""
    entries: list[AuditEntry] = []
    house.desk.audit = entries.append
    return entries


def who(house: House, name: str) -> Principal:
    return house.access.sign_in(PasswordClaim(name, f"demo-{name}", "192.0.2.9"), house.now)


def test_what_is_done_and_what_is_refused_is_written_down(house: House, written: list[AuditEntry]) -> None:
    acme = who(house, "acme")
    made = house.desk.perform(CREATE_TOKEN, acme, CreateToken(name="one"), BEGIN)
    with pytest.raises(NotFound):
        house.desk.perform(REMOVE_TOKEN, acme, RemoveToken(id="0" * 12), BEGIN)
    assert [(entry.action, entry.login, entry.outcome) for entry in written] == [
        ("tokens.create", "acme", "done"),
        ("tokens.remove", "acme", "refused"),
    ]
    assert made.text not in repr(written)
    assert len({entry.id for entry in written}) == 2


def test_who_lacks_the_right_is_written_down_too(house: House, written: list[AuditEntry]) -> None:
    bare = Principal(login="x", role=who(house, "acme").role, customer=3, rights=frozenset())
    with pytest.raises(Forbidden):
        house.desk.perform(CREATE_TOKEN, bare, CreateToken(name="one"), BEGIN)
    assert [(entry.outcome, "tokens.own" in entry.words) for entry in written] == [("refused", True)]


def test_looking_is_not_written_down(house: House, written: list[AuditEntry]) -> None:
    house.desk.perform(WHOAMI, who(house, "acme"), WhoAmI(), BEGIN)
    assert written == []


def test_what_is_written_down_of_a_request_is_bounded(house: House, written: list[AuditEntry]) -> None:
    with pytest.raises(NotFound):
        house.desk.perform(REMOVE_TOKEN, who(house, "acme"), RemoveToken(id="x" * 1_000_000), BEGIN)
    assert len(written[0].subject) + len(written[0].words) <= 2_000
