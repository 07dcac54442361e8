"""Commands as actions: which channel is told what, and what its answer means."""

import pytest

from callboard.calls.commands import CommandId, HangUp, Hold, Outcome, Transfer, Unhold
from callboard.calls.legs import CallKey, Side
from callboard.switches.asterisk.orders import Order, answer_of
from callboard.switches.asterisk.translate import Translator
from callboard.switches.asterisk.wire import Packet
from callboard.switches.orders import UnableError

CALL = CallKey("pbx", "1000000001.1")
ID = CommandId("c")


def channel(number: int, name: str, state: int, exten: str, context: str) -> dict[str, str]:
    return {
        "Channel": f"PJSIP/{name}-{number:02}",
        "ChannelState": str(state),
        "Uniqueid": f"100000000{number}.{number}",
        "Linkedid": CALL.native,
        "CallerIDNum": name,
        "Exten": exten,
        "Context": context,
    }


def translator(state: int = 6, *, callee: bool = True) -> Translator:
    """Alice of the context `phones` talks to bob of `desks`."""
    made = Translator("pbx")
    made.accept(Packet({"Event": "Newchannel", **channel(1, "alice", state, "442", "phones")}), 1.0)
    if callee:
        made.accept(Packet({"Event": "Newchannel", **channel(2, "bob", state, "s", "desks")}), 2.0)
    return made


def test_a_hang_up_is_told_to_every_channel() -> None:
    assert translator().orders(HangUp(ID, CALL), "") == (
        Order("Hangup", (("Channel", "PJSIP/alice-01"), ("Cause", "16"))),
        Order("Hangup", (("Channel", "PJSIP/bob-02"), ("Cause", "16"))),
    )


@pytest.mark.parametrize(
    ("party", "leaves", "context"), [(Side.CALLER, "PJSIP/bob-02", "phones"), (Side.CALLEE, "PJSIP/alice-01", "desks")]
)
def test_a_transfer_is_told_to_who_leaves(party: Side, leaves: str, context: str) -> None:
    def told(setting: str) -> tuple[Order, ...]:
        return translator().orders(Transfer(ID, CALL, "104", party), setting)

    fields = (("Channel", leaves), ("Context", context), ("Exten", "104"))
    assert told("") == (Order("BlindTransfer", fields),)
    assert told("transfers") == (Order("BlindTransfer", (fields[0], ("Context", "transfers"), fields[2])),)


def test_who_is_alone_with_the_dialplan_is_redirected() -> None:
    fields = (("Channel", "PJSIP/alice-01"), ("Context", "phones"), ("Exten", "104"), ("Priority", "1"))
    assert translator(callee=False).orders(Transfer(ID, CALL, "104"), "") == (Order("Redirect", fields),)


def test_what_is_not_there_or_not_answered_is_not_transferred() -> None:
    assert translator().orders(Transfer(ID, CallKey("pbx", "9.9"), "104"), "") == ()
    with pytest.raises(UnableError, match="only a call that is answered"):
        translator(5).orders(Transfer(ID, CALL, "104"), "")
    with pytest.raises(UnableError, match="only a call that is answered"):
        translator(callee=False).orders(Transfer(ID, CALL, "104", Side.CALLEE), "")


def test_asterisk_holds_no_call() -> None:
    for command in (Hold(ID, CALL), Unhold(ID, CALL)):
        with pytest.raises(UnableError, match="do it at the phone, or transfer the call to a parking extension"):
            translator().orders(command, "")


def test_only_what_we_hung_up_was_disconnected() -> None:
    moved = translator()
    moved.orders(Transfer(ID, CALL, "104"), "")
    (ended,) = moved.accept(Packet({"Event": "Hangup", "Cause": "16", **channel(2, "bob", 6, "s", "desks")}), 3.0)
    assert "DISCONNECTED" not in repr(ended)


@pytest.mark.parametrize(
    ("response", "message", "outcome"),
    [
        ("Success", "Transfer succeeded", Outcome.PENDING),
        ("Error", "No such channel", Outcome.ALREADY_GONE),
        ("Error", "Channel specified does not exist", Outcome.ALREADY_GONE),
        ("Error", "Channel does not exist: PJSIP/alice-01", Outcome.ALREADY_GONE),
        ("Error", "Transfer not permitted", Outcome.REFUSED),
        ("Error", "Permission denied", Outcome.REFUSED),
    ],
)
def test_what_an_answer_means(response: str, message: str, outcome: Outcome) -> None:
    told = answer_of(Packet({"Response": response, "Message": message}), 5.0, "give it the right")
    assert (told.outcome, told.at) == (outcome, 5.0)
    assert told.words == (f"{message}: give it the right" if message == "Permission denied" else message)
