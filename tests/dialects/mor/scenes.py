"""Calls that the house has no word for."""

from callboard.calls.events import LegDialing, LegRinging, LegSeen
from callboard.calls.legs import Call, CallKey, Facts, Leg, LegId, Side
from tests.house import BEGIN, SWITCH, House


def from_vendor(
    house: House,
    account: int | None,
    *,
    dialed: str = "37052101",
    caller: str = "442079460000",
    connection: int = 3,
    onward: int | None = None,
) -> Call:
    """A vendor's call that rings at an account of ours or, `onward`, is sent to a vendor's connection."""
    key = CallKey(SWITCH, f"vendor-{len(house.table)}")
    came = Leg(
        id=LegId(SWITCH, f"{key.native}/a"),
        call=key.native,
        side=Side.CALLER,
        number=caller,
        dialed=dialed,
        facts=Facts(connection=connection),
        started_at=BEGIN,
    )
    record = None if account is None else house.directory.account(account)
    out = Leg(
        id=LegId(SWITCH, f"{key.native}/b"),
        call=key.native,
        side=Side.CALLEE,
        number=record.sip_user if record else dialed,
        facts=Facts(account=account, connection=onward),
        started_at=BEGIN,
    )
    for leg in (came, out):
        house.table.accept(LegSeen(BEGIN, leg), BEGIN)
    for step in (LegDialing, LegRinging):
        house.table.accept(step(came.id, BEGIN + 1.0), BEGIN + 1.0)
        house.table.accept(step(out.id, BEGIN + 1.0), BEGIN + 1.0)
    found = house.table.find(key)
    assert found is not None
    return found
