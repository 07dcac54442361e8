"""Finding parties that vanished: a question to each party of each answered call that has been silent for a while."""

from callboard.switches.b2bua.engine.call import Call
from callboard.switches.b2bua.engine.calls import Calls
from callboard.switches.b2bua.engine.context import Context
from callboard.switches.b2bua.engine.leg import Leg

__all__ = ["Probes"]

_TICKS = 10
"""How often in an interval the calls are looked at."""


class Probes:
    """Asks a party that was silent for `probe_interval`, ends the call of one silent for `probe_timeout`."""

    def __init__(self, context: Context, calls: Calls) -> None:
        self._context = context
        self._calls = calls
        self._interval = context.settings.probe_interval
        self._timeout = context.settings.probe_timeout
        self._wait()

    def _wait(self) -> None:
        self._context.timers.after(self._interval / _TICKS, self._look)

    def _look(self) -> None:
        self._wait()
        moment = self._context.timers.clock()
        for call in self._calls.connected():
            self._look_at(call, moment)

    def _look_at(self, call: Call, moment: float) -> None:
        legs: tuple[Leg | None, ...] = (call.caller, call.callee)
        for leg in legs:
            if leg is None:
                continue
            if moment - leg.heard > self._timeout:
                call.vanished(leg)
                return
            if moment - leg.heard >= self._interval and moment - leg.asked >= self._interval:
                leg.probe()
