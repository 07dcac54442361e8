"""The engine as a whole: one thread that reads packets and messages, runs timers, and writes."""

import importlib.metadata
import os
import selectors
import time
from collections.abc import Callable
from typing import Any

from callboard.switches.b2bua import wire
from callboard.switches.b2bua.engine.calls import Calls
from callboard.switches.b2bua.engine.context import Context
from callboard.switches.b2bua.engine.faults import Faults
from callboard.switches.b2bua.engine.messages import ALLOWED, KNOWN, header, hops, respond
from callboard.switches.b2bua.engine.network import Network, parse_address
from callboard.switches.b2bua.engine.pipes import Pipes
from callboard.switches.b2bua.engine.probes import Probes
from callboard.switches.b2bua.engine.registrations import Registrations
from callboard.switches.b2bua.engine.timers import Timers
from callboard.switches.b2bua.engine.transactions import Transactions

__all__ = ["Engine"]

_PACKETS = 32
"""Packets handled before timers and messages have their turn."""
_PULSE = 1.0
_STOP_TIME = 2.0
"""Seconds the parties have to confirm the end of their calls when the engine stops."""
_ORPHAN_TIME = 0.3
"""The same when Callboard is gone: nobody learns of it, and the next engine needs the port."""


class Engine:
    """Built when Callboard has said how to run; `run` returns when it is to stop. Raises OSError, ValueError."""

    def __init__(
        self, settings: wire.Configure, pipes: Pipes, alarm: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._pipes = pipes
        self._alarm = alarm
        self._faults = Faults(pipes.tell)
        self._timers = Timers(self._faults, clock)
        self._network = Network(parse_address(settings.sip))
        self._transactions = Transactions(self._network, self._timers, self._faults, self._handle)
        self._context = Context(
            settings=settings,
            network=self._network,
            timers=self._timers,
            transactions=self._transactions,
            tell=pipes.tell,
            dialogs={},
        )
        self._calls = Calls(self._context)
        self._registrations = Registrations(self._context)
        Probes(self._context, self._calls)
        self._stopping = False
        self._stopped = False

    # --- the loop

    def run(self, early: list[wire.ToEngine]) -> None:
        """Work until told to stop, until Callboard is gone, or until something comes over `alarm`.

        `early` are messages that came with the first one.
        """
        self._tell_ready()
        self._pulse()
        self._obey_all(early)
        with selectors.DefaultSelector() as selector:
            selector.register(self._network.socket, selectors.EVENT_READ)
            selector.register(self._pipes.incoming, selectors.EVENT_READ)
            selector.register(self._alarm, selectors.EVENT_READ)
            while not self._stopped:
                wait = self._timers.run_due()
                flushed = self._pipes.flush()
                self._watch_outgoing(selector, not flushed)
                for key, _ in selector.select(wait):
                    self._serve(key.fd, selector)
        self._pipes.flush()
        self._network.close()

    def _watch_outgoing(self, selector: selectors.BaseSelector, wanted: bool) -> None:
        watched = self._pipes.outgoing in selector.get_map()
        if wanted and not watched:
            selector.register(self._pipes.outgoing, selectors.EVENT_WRITE)
        elif watched and not wanted:
            selector.unregister(self._pipes.outgoing)

    def _serve(self, fd: int, selector: selectors.BaseSelector) -> None:
        if fd == self._network.socket.fileno():
            for data, source in self._network.receive(_PACKETS):
                self._transactions.receive(data, source)
        elif fd == self._pipes.incoming:
            messages = self._pipes.read()
            if messages is None:
                selector.unregister(fd)
                self.stop(_ORPHAN_TIME)
            self._obey_all(messages or [])
        elif fd == self._alarm:
            selector.unregister(fd)
            self.stop()

    # --- telling

    def _tell_ready(self) -> None:
        version = importlib.metadata.version("sippy")
        host, port = self._network.address
        self._pipes.tell(wire.Ready(sip=f"{host}:{port}", engine=f"sippy {version}", pid=os.getpid()))

    def _pulse(self) -> None:
        self._timers.after(_PULSE, self._pulse)
        self._calls.sweep()
        self._pipes.tell(
            wire.Pulse(
                at=self._context.now(),
                calls=len(self._calls),
                malformed=self._transactions.malformed,
                refused=self._transactions.refused,
                transactions=len(self._transactions),
            )
        )

    # --- messages

    def _obey_all(self, messages: list[wire.ToEngine]) -> None:
        for message in messages:
            with self._faults.contained("a message from Callboard"):
                self._obey(message)

    def _obey(self, message: wire.ToEngine) -> None:
        match message:
            case wire.Route():
                self._calls.route(message)
            case wire.Challenge():
                self._calls.challenge(message)
            case wire.Refuse():
                self._calls.refuse(message)
            case wire.HangUp():
                self._calls.hang_up(message)
            case wire.Registered():
                self._registrations.registered(message)
            case wire.List():
                self._pipes.tell(self._calls.listed(message.ask))
            case wire.Stop():
                self.stop()
            case wire.Configure():
                self._pipes.tell(wire.Trouble(text="the engine is configured already; start another to change it"))

    def stop(self, patience: float = _STOP_TIME) -> None:
        """End every call, then leave the loop: when all is confirmed, at the latest in `patience` seconds."""
        self._timers.after(patience, self._leave)
        if self._stopping:
            return
        self._stopping = True
        self._calls.hang_up_all()
        self._leave_if_idle()

    def _leave_if_idle(self) -> None:
        if len(self._calls) == 0:
            self._leave()
        else:
            self._timers.after(0.02, self._leave_if_idle)

    def _leave(self) -> None:
        self._stopped = True

    # --- requests

    def _handle(self, request: Any, transaction: Any) -> Any:
        """A new request: returns what `sippy` wants, None or (response, on_cancel, on_no_ack)."""
        method = request.getMethod()
        if request.getHFBody("to").getTag() is not None:
            return self._calls.in_dialog(request, transaction)
        if self._stopping:
            return self._answer(request, transaction, 503, "Service Unavailable")
        if method == "INVITE":
            return self._calls.invite(request, transaction)
        if method == "REGISTER":
            return self._registrations.register(request, transaction)
        if method == "OPTIONS" and hops(request) == 0:
            return self._answer(request, transaction, 483, "Too Many Hops")
        if method == "OPTIONS":
            return self._answer(request, transaction, 200, "OK", header("accept", "application/sdp"))
        if method == "BYE":
            return self._answer(request, transaction, 481, "Call/Transaction Does Not Exist")
        if method in KNOWN:
            return self._answer(request, transaction, 405, "Method Not Allowed")
        return self._answer(request, transaction, 501, "Not Implemented")

    def _answer(self, request: Any, transaction: Any, code: int, reason: str, *headers: Any) -> Any:
        headers = (header("allow", ALLOWED), header("supported", ""), *headers)
        respond(self._transactions, request, transaction, code, reason, headers=headers)
        return (None, None, None) if request.getMethod() == "INVITE" else None
