"""What was, as operations ask for it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callboard.calls.commands import CommandId
from callboard.calls.legs import CallNumber
from callboard.calls.refusals import Unavailable
from callboard.journal.journal import DAY, Journal
from callboard.journal.lanes import Lane
from callboard.journal.past import KeptPast
from callboard.journal.shelves import AUDIT, COMMANDS
from callboard.operations.past import AuditEntry, Cursor, PastCalls, PastDeeds, Span
from callboard.storage.database import Database, open_database
from callboard.table.questions.filters import Field, How, TextMatch
from tests.journal.scenes import NOW, make_call, make_command, wait_until


def make_entry(number: int, at: float, login: str = "acme") -> AuditEntry:
    return AuditEntry(
        id=f"a-{number}",
        at=at,
        login=login,
        address="192.0.2.9",
        action="tokens.create",
        subject="token",
        outcome="done",
    )


def keep(database: Database, deeds: list[tuple[int, bool, str]]) -> list[str]:
    """Keep commands and other entries, each so many seconds later; returns their ids, newest first."""
    commands, audit = Lane(COMMANDS, 1_000), Lane(AUDIT, 1_000)
    places = []
    for number, (second, is_command, login) in enumerate(deeds, 1):
        at = NOW + second
        if is_command:
            commands.put(make_command(number, at, login=login))
        else:
            audit.put(make_entry(number, at, login))
        places.append((at, f"c-{number}" if is_command else f"a-{number}", login))
    for lane in (commands, audit):
        while lane.write(database):
            pass
    return [name for _, name, _ in sorted(places, reverse=True)]


DEEDS = st.lists(st.tuples(st.integers(0, 4), st.booleans(), st.sampled_from(["acme", "root"])), max_size=25)


@given(deeds=DEEDS, limit=st.integers(1, 7), login=st.none() | st.just("acme"))
@settings(deadline=None, max_examples=60)
def test_pages_of_two_kinds_follow_one_another_without_gap_or_overlap(
    deeds: list[tuple[int, bool, str]], limit: int, login: str | None
) -> None:
    with open_database(None) as database:
        names = keep(database, deeds)
        expected = [name for name in names if login is None or deeds[int(name[2:]) - 1][2] == login]
        past, found, before = KeptPast(database), list[str](), None
        wanted = PastDeeds(login=login)
        while True:
            page = past.find_deeds(wanted, before, limit)
            found += [entry.id for entry in page.entries]
            if page.next is None:
                break
            assert len(page.entries) == limit
            before = page.next
    assert found == expected


def test_a_span_has_its_beginning_and_not_its_end() -> None:
    with open_database(None) as database:
        keep(database, [(second, second % 2 == 0, "acme") for second in range(6)])
        past = KeptPast(database)
        span = Span(since=NOW + 1, until=NOW + 4)
        found = past.find_deeds(PastDeeds(span=span), None, 100)
        first = past.find_deeds(PastDeeds(span=span), None, 2)
        rest = past.find_deeds(PastDeeds(span=span), first.next, 2)
    assert [entry.at - NOW for entry in found.entries] == [3, 2, 1]
    assert [entry.at - NOW for entry in (*first.entries, *rest.entries)] == [3, 2, 1]


def test_what_is_looked_for_stands_for_itself(database: Database, journal: Journal) -> None:
    for number, name in enumerate(("100%", "100 %", "a_b", "axb", "a\\b", "Zoë"), 1):
        journal.record_call(make_call(number, NOW + number, caller_name=name))
    wait_until(lambda: journal.health().waiting == 0)
    past = KeptPast(database)

    def found(how: How, *texts: str) -> list[str]:
        match = TextMatch(Field.CALLER_NAME, how, texts[0], texts[1:])
        return [call.caller_name for call in past.find_calls(PastCalls(texts=(match,)), None, 100).entries]

    assert found(How.EXACT, "100%") == ["100%"]
    assert found(How.CONTAINS, "%") == ["100 %", "100%"]
    assert found(How.CONTAINS, "_") == ["a_b"]
    assert found(How.PREFIX, "a\\") == ["a\\b"]
    assert found(How.EXACT, "AXB", "a_b") == ["axb", "a_b"]
    assert found(How.SUFFIX, "ë") == ["Zoë"]


def test_one_call_and_one_command_are_found_by_what_they_are_called(database: Database, journal: Journal) -> None:
    journal.record_call(make_call(7))
    journal.record_command(make_command(3))
    wait_until(lambda: journal.health().waiting == 0)
    past = KeptPast(database)
    call, command = past.call(CallNumber(7)), past.command(CommandId("c-3"))
    assert call is not None
    assert command is not None
    assert (call.number, command.call_number) == (7, 3)
    assert past.call(CallNumber(8)) is None
    assert past.command(CommandId("c-4")) is None


def test_old_entries_of_the_audit_go_with_the_rest(database: Database, journal: Journal) -> None:
    journal.record_deed(make_entry(1, NOW - 2 * DAY))
    journal.record_deed(make_entry(2, NOW))
    wait_until(lambda: journal.health().waiting == 0)
    assert journal.prune(NOW - DAY) == 1
    assert [entry.id for entry in KeptPast(database).find_deeds(PastDeeds(), None, 10).entries] == ["a-2"]


def test_a_database_that_cannot_be_read_is_told_in_words(database: Database) -> None:
    with database.change() as connection:
        connection.exec_driver_sql("DROP TABLE audit")
    with pytest.raises(Unavailable, match="the journal cannot be read"):
        KeptPast(database).find_deeds(PastDeeds(), Cursor(NOW, ""), 10)
