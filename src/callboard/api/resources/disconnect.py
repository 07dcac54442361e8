"""End every call that a filter finds. `POST /v1/disconnect` has the filters of `GET /v1/calls`, in its address or body.

Look with `dry_run` first, then send the count that it told. What comes of it stands at `/v1/disconnect/{batch}`.
"""

import asyncio
from http import HTTPStatus
from typing import Annotated, Any

import msgspec

from callboard.api import request as ask
from callboard.api.calls_query import CallFilters
from callboard.api.fields import call_view, timestamp
from callboard.api.parameters import read_body, read_value
from callboard.api.route import JSON, Asked, Route, answer_json
from callboard.api.schemas import CallRow
from callboard.calls.commands import Outcome
from callboard.calls.refusals import Malformed, MissingArgument
from callboard.http.values import Reply, Request
from callboard.operations.batches import Batch
from callboard.operations.disconnect_matching import (
    DISCONNECT_MATCHING,
    FASTEST,
    LOOK_MATCHING,
    MOST,
    SHOW_BATCH,
    STOP_BATCH,
    BatchName,
    DisconnectMatching,
    LookMatching,
)
from callboard.operations.list_calls import ListCalls

__all__ = ["ROUTES"]

SHOWN = 1_000
"""Commands of a batch that are shown at most, those that are not done first."""


_NEEDED: dict[str, Any] = {
    "anyOf": [
        {"properties": {"dry_run": {"const": True}}, "required": ["dry_run"]},
        {"properties": {"count": {"type": "integer"}}, "required": ["count"]},
    ]
}
"""What has to stand in the body: that it is a look, or the count that the look told."""


class DisconnectWanted(CallFilters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which calls, by the filters of `GET /v1/calls`, and how."""

    dry_run: bool = False
    """Only count, and show some."""
    count: Annotated[int, msgspec.Meta(ge=0, le=MOST)] | None = None
    """How many calls the look found; needed unless it is one. Many more than there are is refused: nobody looked."""
    rate: Annotated[float, msgspec.Meta(gt=0, le=FASTEST)] = 50.0
    """Calls a second."""


_BESIDE = frozenset(DisconnectWanted.__struct_fields__) - frozenset(CallFilters.__struct_fields__)
"""What says how; the others are filters."""


class Look(msgspec.Struct, frozen=True):
    """What would be ended."""

    count: int
    """Send it back to have it done."""
    sample: tuple[CallRow, ...]
    """Some of them; none for one without the right `calls.list`."""


class BatchTaken(msgspec.Struct, frozen=True):
    """It is being done; `/v1/disconnect/{batch}` tells how far it is."""

    batch: str
    count: int


class BatchView(msgspec.Struct, frozen=True):
    """A batch and what came of its commands so far."""

    batch: str
    state: str
    login: str
    asked_at: str | None
    rate: float
    count: int
    waiting: int
    """Calls whose turn has not come."""
    left: int
    """Calls that were over when their turn came, or did not match any more."""
    words: str
    """Why it was stopped, as by whom or by a restart of the server; empty if it was not."""
    outcomes: dict[str, int]
    commands: list[dict[str, str]]


async def _disconnect_matching(asked: Asked) -> Reply:
    asked.desk.check(DISCONNECT_MATCHING, asked.principal)
    members = _members(asked.request)
    run = _run(members)
    which = _which(asked.request, members)
    if run.dry_run:
        found = asked.desk.perform(LOOK_MATCHING, asked.principal, LookMatching(which=which), asked.request.at)
        return answer_json(
            {"count": found.count, "sample": [call_view(call, asked.request.at) for call in found.sample]}
        )
    if run.count is None:
        raise MissingArgument("count: look with dry_run first, and send the count that it tells", "count")
    arguments = DisconnectMatching(which=which, count=run.count, rate=run.rate)
    batch = asked.desk.perform(DISCONNECT_MATCHING, asked.principal, arguments, asked.request.at)
    content = {"batch": batch.id, "count": batch.count}
    return answer_json(content, HTTPStatus.ACCEPTED, ("Location", f"/v1/disconnect/{batch.id}"))


def _members(request: Request) -> dict[str, Any]:
    members = read_body(request, dict[str, Any])
    if not isinstance(members, dict):
        raise Malformed("the body must be a JSON object")
    return members


def _run(members: dict[str, Any]) -> DisconnectWanted:
    """What is no filter. Raises InvalidArgument, naming the member."""
    run: DisconnectWanted = read_value({name: members[name] for name in _BESIDE if name in members}, DisconnectWanted)
    return run


def _which(request: Request, members: dict[str, Any]) -> ListCalls:
    """The filters in the body are read as if they stood in the address, so that there is one way to read them."""
    return ask.list_calls(request, {name: value for name, value in members.items() if name not in _BESIDE})


async def _show_batch(asked: Asked) -> Reply:
    """One that is not in memory any more is read from the disk, hence the thread."""
    arguments, at = BatchName(id=asked.name), asked.request.at
    if asked.desk.batches.find(asked.name) is None:
        return _answer(await asyncio.to_thread(asked.desk.perform, SHOW_BATCH, asked.principal, arguments, at))
    return _answer(asked.desk.perform(SHOW_BATCH, asked.principal, arguments, at))


async def _stop_batch(asked: Asked) -> Reply:
    return _answer(asked.desk.perform(STOP_BATCH, asked.principal, BatchName(id=asked.name), asked.request.at))


def _answer(batch: Batch) -> Reply:
    view = BatchView(
        batch=batch.id,
        state=batch.state.value,
        login=batch.login,
        asked_at=timestamp(batch.at),
        rate=batch.rate,
        count=batch.count,
        waiting=batch.waiting,
        left=batch.left,
        words=batch.words,
        outcomes={outcome.name.lower(): batch.outcomes.get(outcome, 0) for outcome in Outcome},
        commands=[
            {"command": one.command, "call": str(one.call), "outcome": one.outcome.name.lower()}
            for one in sorted(batch.commands, key=lambda one: one.outcome is Outcome.DONE)[:SHOWN]
        ],
    )
    return answer_json(view)


ROUTES = (
    Route(method="POST", path="/disconnect", operation=DISCONNECT_MATCHING, endpoint=_disconnect_matching,
          takes={JSON: Annotated[DisconnectWanted, msgspec.Meta(extra_json_schema=_NEEDED)]}, gives={JSON: BatchTaken},
          besides={200: Look}, status=202, once=True, tells=("Location",)),
    Route(method="GET", path="/disconnect/{id}", operation=SHOW_BATCH, endpoint=_show_batch, gives={JSON: BatchView}),
    Route(method="DELETE", path="/disconnect/{id}", operation=STOP_BATCH, endpoint=_stop_batch,
          gives={JSON: BatchView}),
)  # fmt: skip
