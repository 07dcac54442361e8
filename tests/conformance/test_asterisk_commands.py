"""Commands to a real Asterisk: what it does, what it answers, and how the ledger settles them."""

import time
from itertools import count
from pathlib import Path

import pytest

from callboard.access.rights import Principal, Right, Role
from callboard.calls.commands import Command, CommandId, HangUp, Hold, Outcome, Transfer
from callboard.calls.legs import Call, Side
from callboard.operations.ledger import CommandRecord, Ledger
from tests.conformance.asterisk_stage import Stage, stage
from tests.conformance.server import until
from tests.conformance.sipp import Callee, Caller, pause

pytestmark = [pytest.mark.usefixtures("sipp", "real_asterisk")]

ALICE = Caller(user="alice")
BOB = Callee()
N, OTHER = "442079460123", "500"
TALKS = f"answered alice>{N}: alice answered, far/{N} answered"
RINGING = (BOB.invited(), BOB.trying(), pause(300), BOB.ring(), pause(300))
CALLING = (ALICE.invite(), ALICE.trying(), ALICE.answered(1))
OPERATOR = Principal(login="admin", role=Role.ADMIN, customer=1, rights=frozenset(Right))


class Commander:
    """A ledger between the stage's link and its table."""

    def __init__(self, on_stage: Stage) -> None:
        numbers = count(1)
        self.link = on_stage.watch.link
        self.ledger = Ledger(lambda: CommandId(f"c-{next(numbers)}"))
        on_stage.watch.table.watch(lambda change: self.ledger.observe(change, time.time()))

    def order(self, call: Call, make: type[HangUp] | type[Hold]) -> CommandRecord:
        record = self._record(call)
        return self._issue(record, make(record.id, call.key), call)

    def transfer(self, call: Call, to: str, party: Side) -> CommandRecord:
        record = self._record(call)
        return self._issue(record, Transfer(record.id, call.key, to, party), call)

    def _record(self, call: Call) -> CommandRecord:
        return self.ledger.begin(OPERATOR, "calls.test", call, time.time())

    def _issue(self, record: CommandRecord, command: Command, call: Call) -> CommandRecord:
        return self.ledger.issue(record, command, call, self.link)

    async def settled(self, record: CommandRecord) -> tuple[Outcome, str]:
        async def so() -> bool:
            return self.ledger.outcome(record.id) is not Outcome.PENDING

        await until(so, "the command has come out")
        found = self.ledger.record(record.id)
        assert found is not None
        return found.outcome, found.words


async def test_the_caller_is_transferred(tmp_path: Path) -> None:
    async with stage(tmp_path) as on_stage:
        commander = Commander(on_stage)
        await on_stage.callee(*RINGING, BOB.answer(), BOB.hung_up())
        await on_stage.callee(*RINGING, BOB.answer(), BOB.hung_up(), other=True)
        await on_stage.caller(N, *CALLING, ALICE.hung_up())
        (call,) = await on_stage.talk(TALKS)
        record = commander.transfer(call, OTHER, Side.CALLER)
        assert (await commander.settled(record))[0] is Outcome.DONE
        (after,) = await on_stage.talk(f"answered alice>{N}: alice answered, far/{OTHER} answered")
        assert after.number == call.number
        await on_stage.agrees()
        assert (await commander.settled(commander.order(after, HangUp)))[0] is Outcome.DONE


async def test_the_callee_is_transferred(tmp_path: Path) -> None:
    async with stage(tmp_path) as on_stage:
        commander = Commander(on_stage)
        await on_stage.callee(*RINGING, BOB.answer(), BOB.hung_up())
        await on_stage.callee(*RINGING, BOB.answer(), BOB.hung_up(), other=True)
        await on_stage.caller(N, *CALLING, ALICE.hung_up())
        (call,) = await on_stage.talk(TALKS)
        record = commander.transfer(call, OTHER, Side.CALLEE)
        assert (await commander.settled(record))[0] is Outcome.DONE
        (after,) = await on_stage.shows(f"answered {N}>{OTHER}: far/{N} answered, far/{OTHER} answered")
        await on_stage.agrees()
        assert (await commander.settled(commander.order(after, HangUp)))[0] is Outcome.DONE


async def test_who_talks_to_the_switch_itself_is_led_elsewhere(tmp_path: Path) -> None:
    async with stage(tmp_path) as on_stage:
        commander = Commander(on_stage)
        await on_stage.callee(*RINGING, BOB.answer(), BOB.hung_up())
        await on_stage.caller("echo", *CALLING, ALICE.hung_up())
        (call,) = await on_stage.shows("answered alice>echo: alice answered")
        record = commander.transfer(call, N, Side.CALLER)
        assert (await commander.settled(record))[0] is Outcome.DONE
        (after,) = await on_stage.shows(f"answered alice>echo: alice answered, far/{N} answered")
        assert (await commander.settled(commander.order(after, HangUp)))[0] is Outcome.DONE


async def test_a_transfer_to_where_nothing_is(tmp_path: Path) -> None:
    async with stage(tmp_path) as on_stage:
        commander = Commander(on_stage)
        await on_stage.callee(*RINGING, BOB.answer(), BOB.hung_up())
        await on_stage.caller(N, *CALLING, ALICE.hung_up())
        (call,) = await on_stage.talk(TALKS)
        record = commander.transfer(call, "nowhere", Side.CALLER)
        outcome, words = await commander.settled(record)
        assert outcome is Outcome.UNKNOWN
        assert "there is no such number" in words


async def test_what_is_not_there_any_more_is_gone_already(tmp_path: Path) -> None:
    async with stage(tmp_path) as on_stage:
        commander = Commander(on_stage)
        await on_stage.callee(*RINGING, BOB.answer(), BOB.hung_up())
        await on_stage.caller(N, *CALLING, ALICE.hung_up())
        (call,) = await on_stage.talk(TALKS)
        first, second = commander.order(call, HangUp), commander.order(call, HangUp)
        assert (await commander.settled(first))[0] is Outcome.DONE
        assert (await commander.settled(second))[0] in (Outcome.ALREADY_GONE, Outcome.DONE)


async def test_a_hold_is_refused_with_what_to_do_instead(tmp_path: Path) -> None:
    async with stage(tmp_path) as on_stage:
        commander = Commander(on_stage)
        await on_stage.callee(*RINGING, BOB.answer(), BOB.hung_up())
        await on_stage.caller(N, *CALLING, ALICE.hung_up())
        (call,) = await on_stage.talk(TALKS)
        outcome, words = await commander.settled(commander.order(call, Hold))
        commander.order(call, HangUp)
        assert outcome is Outcome.REFUSED
        assert "parking extension" in words
