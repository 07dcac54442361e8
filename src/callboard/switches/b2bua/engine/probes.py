"""Finding parties that vanished: a question to each party of each answered call, now and then.

A party that said anything within the interval is not asked. The calls are spread over the ticks of an interval by
their ids, so that many calls answered in one second are not asked in one second for ever after.
"""

from callboard.switches.b2bua.engine.call import Call
from callboard.switches.b2bua.engine.calls import Calls
from callboard.switches.b2bua.engine.context import Context
from callboard.switches.b2bua.engine.leg import Leg

__all__ = ["Probes"]

_TICKS = 10
"""An interval has so many ticks; at each, a tenth of the calls is asked."""


class Probes:
    """Looks at every answered call at each tick, and asks its parties once in each `probe_interval`."""

    def __init__(self, context: Context, calls: Calls) -> None:
        self._context = context
        self._calls = calls
        self._interval = context.settings.probe_interval
        self._timeout = context.settings.probe_timeout
        self._tick = 0
        self._wait()

    def _wait(self) -> None:
        self._context.timers.after(self._interval / _TICKS, self._visit_some)

    def _visit_some(self) -> None:
        self._wait()
        self._tick = (self._tick + 1) % _TICKS
        for call in self._calls.connected():
            self._visit(call, ask=int(call.id, 16) % _TICKS == self._tick)

    def _visit(self, call: Call, ask: bool) -> None:
        legs: tuple[Leg | None, ...] = (call.caller, call.callee)
        moment = self._context.timers.clock()
        for leg in legs:
            if leg is None:
                continue
            silent = moment - leg.heard
            if silent > self._timeout:
                call.vanished(leg)
                return
            if ask and silent >= self._interval / 2:
                leg.probe()
