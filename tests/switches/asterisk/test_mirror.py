"""The mirror of a switch's channels."""

import gc

from callboard.calls.legs import Side
from callboard.switches.asterisk.channels import Snapshot, new_leg
from callboard.switches.asterisk.mirror import Channel, Mirror
from callboard.switches.asterisk.wire import Packet


def test_channels_are_no_work_for_the_collector_of_garbage() -> None:
    mirror = Mirror()
    shown = Snapshot.of(Packet({"Uniqueid": "1.1", "Linkedid": "1.1", "Channel": "PJSIP/a-1", "ChannelState": "6"}))
    assert shown is not None
    channel = Channel(shown, 1.0)
    channel.leg = new_leg("pbx", shown, 1.0, Side.CALLER)
    mirror.add(channel)
    assert not any(map(gc.is_tracked, (shown, channel, channel.leg, mirror.calls["1.1"])))
