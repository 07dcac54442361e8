import logging
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import Connection, Engine, event

from callboard.calls.commands import Outcome
from callboard.journal.entries import ended_call
from callboard.journal.journal import DAY, Journal
from callboard.journal.queries import entry_of, page
from callboard.journal.settings import JournalSettings
from callboard.journal.shelves import BATCHES, CALLS, COMMANDS
from callboard.operations.batches import BatchEntry
from callboard.operations.ledger import CommandRecord
from callboard.operations.past import LONGEST_PAGE, EndedCall
from callboard.storage.database import Database, open_database
from tests.journal.scenes import NOW, make_call, make_command, wait_until

CHILD = """
import sys, time
from pathlib import Path
from callboard.journal.journal import Journal
from callboard.storage.database import open_database

sys.path.insert(0, sys.argv[2])
from scenes import make_call, make_command

journal = Journal(open_database(Path(sys.argv[1])))
journal.start()
number = 0
while True:
    number += 1
    journal.record_call(make_call(number))
    journal.record_command(make_command(number))
    print(number, time.monotonic(), flush=True)
    time.sleep(0.002)
"""


def calls_in(journal: Journal) -> tuple[EndedCall, ...]:
    return page(journal.database, CALLS, None, LONGEST_PAGE, None).entries


def commands_in(journal: Journal) -> tuple[CommandRecord, ...]:
    return page(journal.database, COMMANDS, None, LONGEST_PAGE, None).entries


def written(journal: Journal) -> int:
    wait_until(lambda: journal.health().waiting == 0)
    return journal.health().written


def test_a_call_is_written_by_itself_and_found_again(journal: Journal) -> None:
    call = make_call(960, caller_name="'; DROP TABLE ended_calls; --\x00\x1b")
    journal.record_call(call)
    assert written(journal) == 1
    (entry,) = calls_in(journal)
    assert entry == ended_call(call, NOW)
    assert (entry.number, entry.direction, entry.cause, entry.sip_code, entry.duration) == (
        960,
        "outbound",
        "normal",
        200,
        48.0,
    )


def test_a_call_that_is_recorded_again_is_replaced(journal: Journal) -> None:
    journal.record_call(make_call(1, caller_name="first"))
    journal.record_call(make_call(1, caller_name="second"))
    assert written(journal) == 2
    assert [entry.caller_name for entry in calls_in(journal)] == ["second"]


def test_a_call_cut_off_without_an_end_ends_when_it_is_recorded(journal: Journal) -> None:
    journal.record_call(replace(make_call(1, None), cause=None))
    written(journal)
    (entry,) = calls_in(journal)
    assert (entry.ended_at, entry.duration, entry.cause) == (NOW, 48.0, "failed")


@pytest.mark.parametrize("outcome", [outcome for outcome in Outcome if outcome is not Outcome.PENDING])
def test_a_command_gets_its_outcome(outcome: Outcome, journal: Journal) -> None:
    record = make_command(1)
    journal.record_command(record)
    written(journal)
    assert commands_in(journal) == (record,)
    over = replace(record, outcome=outcome, outcome_at=NOW + 1, words="Not Found")
    journal.record_command(over)
    written(journal)
    assert commands_in(journal) == (over,)


def test_stop_writes_what_waits(database: Database) -> None:
    journal = Journal(database)
    for number in range(1, 1_201):
        journal.record_call(make_call(number))
    journal.record_command(make_command(1))
    assert journal.health().waiting == 1_201
    journal.start()
    journal.stop()
    assert journal.health().written == 1_201
    assert not journal.health().running


def test_what_comes_after_the_stop_is_counted_as_lost(database: Database) -> None:
    journal = Journal(database)
    journal.start()
    journal.stop()
    journal.record_call(make_call(1))
    assert (journal.health().dropped, journal.health().waiting) == (1, 0)


def test_commands_that_a_crash_left_pending_become_unknown(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    done = replace(make_command(2), outcome=Outcome.DONE, outcome_at=NOW)
    first = Journal(database)
    first.start()
    for record in (make_command(1), done):
        first.record_command(record)
    first.stop()
    second = Journal(database, clock=lambda: NOW + 60)
    second.start()
    second.stop()
    left, kept = sorted(commands_in(second), key=lambda record: record.id)
    assert (left.outcome, left.outcome_at) == (Outcome.UNKNOWN, NOW + 60)
    assert kept == done
    assert "1 commands of the last run" in caplog.text


def test_a_batch_is_written_at_once_or_the_log_tells(journal: Journal, caplog: pytest.LogCaptureFixture) -> None:
    entry = BatchEntry(id="b-1", login="acme", customer=3, at=NOW, rate=50.0, count=7)
    journal.begin_batch(entry)
    assert entry_of(journal.database, BATCHES, "b-1") == entry
    with closing(sqlite3.connect(journal.database.place)) as other:
        other.execute("DROP TABLE batches")
    journal.begin_batch(entry)
    assert "b-1 begins and could not be written down" in caplog.text


def test_old_batches_are_deleted_with_the_rest(journal: Journal) -> None:
    for number in range(3):
        journal.begin_batch(
            BatchEntry(id=f"b-{number}", login="acme", customer=3, at=NOW + number, rate=50.0, count=7)
        )  # fmt: skip
    assert journal.prune(NOW + 2.0) == 2
    assert entry_of(journal.database, BATCHES, "b-1") is None
    assert entry_of(journal.database, BATCHES, "b-2") is not None


def test_while_the_database_is_locked_entries_wait_and_nothing_is_lost(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("callboard.storage.database.BUSY_TIMEOUT", 0.05)
    with open_database(path) as database, closing(sqlite3.connect(path, isolation_level=None)) as other:
        journal = Journal(database, clock=lambda: NOW)
        journal.start()
        other.execute("BEGIN IMMEDIATE")
        for number in range(1, 11):
            journal.record_call(make_call(number))
        wait_until(lambda: journal.health().failing_since is not None)
        health = journal.health()
        assert (health.failing_since, health.waiting, health.written) == (NOW, 10, 0)
        assert "locked" in health.words
        other.execute("ROLLBACK")
        assert written(journal) == 10
        wait_until(lambda: journal.health().failing_since is None)
        assert journal.health().words == ""
        assert len(calls_in(journal)) == 10
        journal.stop()
    assert "cannot be written, 10 entries wait" in caplog.text
    assert "written again" in caplog.text


def test_a_full_disk_is_waited_for(database: Database) -> None:
    pages = [1]

    def bound(connection: Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages[0]}")

    journal = Journal(database, clock=lambda: NOW)
    event.listen(Engine, "begin", bound)
    try:
        journal.start()
        for number in range(1, 1_001):
            journal.record_call(make_call(number))
        wait_until(lambda: "disk is full" in journal.health().words)
        pages[0] = 1_000_000
        assert written(journal) == 1_000
    finally:
        event.remove(Engine, "begin", bound)
        journal.stop()


def test_a_full_queue_drops_the_oldest_and_says_so(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    journal = Journal(database, JournalSettings(queue=1_000))
    with caplog.at_level(logging.ERROR):
        for number in range(1, 1_004):
            journal.record_call(make_call(number))
        journal.record_command(make_command(1))
        assert (journal.health().dropped, journal.health().waiting) == (3, 1_001)
        journal.start()
        journal.stop()
    kept = {entry.number for entry in calls_in(journal)}
    assert kept == set(range(4, 1_004))
    assert len(commands_in(journal)) == 1
    assert "lost 3 entries" in caplog.text


def test_stop_does_not_wait_for_ever(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("callboard.storage.database.BUSY_TIMEOUT", 0.05)
    with open_database(path) as database, closing(sqlite3.connect(path, isolation_level=None)) as other:
        journal = Journal(database)
        journal.start()
        other.execute("BEGIN IMMEDIATE")
        journal.record_call(make_call(1))
        journal.stop(patience=0.2)
        assert (journal.health().dropped, journal.health().written) == (1, 0)
        other.execute("ROLLBACK")


def test_an_entry_that_the_database_does_not_take_loses_nothing_else(journal: Journal) -> None:
    journal.record_call(make_call(1))
    journal.record_call(make_call(2, caller_name="broken \ud800 name"))
    journal.record_call(make_call(3, float("nan")))
    journal.record_call(make_call(2**63))
    journal.record_call(make_call(4))
    assert written(journal) == 3
    assert journal.health().rejected == 2
    names = {entry.number: entry.caller_name for entry in calls_in(journal)}
    assert names == {1: "Zoë", 2: "broken ? name", 4: "Zoë"}


def test_old_entries_are_deleted_by_itself(database: Database) -> None:
    first = Journal(database, clock=lambda: NOW)
    first.start()
    for number, age in enumerate((11 * DAY, 9 * DAY), 1):
        first.record_call(make_call(number, NOW - age))
        first.record_command(make_command(number, NOW - age))
    first.stop()
    second = Journal(database, JournalSettings(keep_days=10), clock=lambda: NOW)
    second.start()
    wait_until(lambda: len(calls_in(second)) == 1 and len(commands_in(second)) == 1)
    second.stop()
    assert [entry.number for entry in calls_in(second)] == [2]
    assert [record.call_number for record in commands_in(second)] == [2]


def test_entries_are_kept_for_ever_where_that_is_set(database: Database) -> None:
    journal = Journal(database, JournalSettings(keep_days=0), clock=lambda: NOW)
    journal.record_call(make_call(1, 0.0))
    journal.start()
    assert written(journal) == 1
    journal.record_call(make_call(2))
    assert written(journal) == 2
    journal.stop()
    assert [entry.number for entry in calls_in(journal)] == [2, 1]


def test_entries_that_cannot_be_deleted_do_not_stop_the_journal(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    first = Journal(database, clock=lambda: NOW)
    first.record_call(make_call(1, NOW - 11 * DAY))
    first.start()
    first.stop()
    with database.change() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER kept BEFORE DELETE ON ended_calls BEGIN SELECT RAISE(FAIL, 'x'); END"
        )
    second = Journal(database, JournalSettings(keep_days=10), clock=lambda: NOW)
    second.record_call(make_call(2))
    second.start()
    assert written(second) == 1
    second.stop()
    assert "could not be deleted" in caplog.text


def test_prune_deletes_everything_older_and_nothing_else(journal: Journal) -> None:
    for number in range(1, 2_502):
        journal.record_call(make_call(number, NOW + number))
    written(journal)
    assert journal.prune(NOW + 2_500) == 2_499
    assert [entry.number for entry in calls_in(journal)] == [2_501, 2_500]


def test_a_killed_process_loses_the_last_second_at_most(path: Path) -> None:
    arguments = [sys.executable, "-c", CHILD, str(path), str(Path(__file__).parent)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        lines = [child.stdout.readline() for _ in range(60)]
        old_enough = float(lines[-1].split()[1]) + 1.0
        while float(lines[-1].split()[1]) <= old_enough:
            lines.append(child.stdout.readline())
        killed_at = time.monotonic()
        child.kill()
        lines += child.stdout.readlines()
    recorded = [line.split() for line in lines if line.endswith("\n")]
    due = {int(number) for number, at in recorded if float(at) < killed_at - 1.0}
    assert len(due) > 50
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        for question in ("SELECT number FROM ended_calls", "SELECT call_number FROM commands"):
            assert due <= {number for (number,) in connection.execute(question)}
