"""Calls as rows: what is kept of them is kept once."""

from itertools import combinations, islice

import pytest

from callboard.api.fields import CALL_FIELDS
from callboard.table.written.arena import FEW, Arena
from callboard.table.written.layout import Layout
from tests.api.conftest import Caller


async def test_who_asks_for_other_fields_ever_again_has_no_more_rows_kept(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2 * FEW):
        caller.house.call(account=3)
    table, asked = caller.house.table, set[Arena]()
    arena = table.arena

    def noting(layout: Layout) -> Arena:
        asked.add(found := arena(layout))
        return found

    monkeypatch.setattr(table, "arena", noting)
    for _ in range(2):
        await caller.get("/v1/calls")
        for fields in islice(combinations(CALL_FIELDS, 3), 70):
            await caller.get(f"/v1/calls?fields={','.join(fields)}")
    assert len(asked) == 1
