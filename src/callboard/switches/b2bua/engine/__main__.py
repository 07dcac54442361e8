"""`python -m callboard.switches.b2bua.engine`: the child process. Speaks `wire` over standard input and output."""

import gc
import logging
import os
import selectors
import signal
import sys

from callboard.switches.b2bua import wire
from callboard.switches.b2bua.engine.engine import Engine
from callboard.switches.b2bua.engine.pipes import Pipes, TooSlow

__all__ = ["main"]

EXIT_BAD_START = 64
"""The first message was not a usable `Configure`."""
EXIT_CANNOT_LISTEN = 69
"""The SIP port is taken or the address is not ours."""
EXIT_PARENT_STUCK = 74
"""Callboard stopped reading, or wrote what is no message."""

_GARBAGE_THRESHOLD = 50_000


def main() -> int:
    """Run the engine. Returns the process's exit code."""
    pipes = _take_pipes()
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    alarm = _catch_signals()
    try:
        first = _first_messages(pipes)
    except ValueError as error:
        return _fail(EXIT_BAD_START, f"the first message must be Configure: {error}")
    if first is None:
        return 0
    settings, early = first
    try:
        engine = Engine(settings, pipes, alarm)
    except OSError as error:
        return _fail(EXIT_CANNOT_LISTEN, f"cannot listen for SIP on {settings.sip}: {error.strerror or error}")
    except ValueError as error:
        return _fail(EXIT_CANNOT_LISTEN, f"cannot listen for SIP on {settings.sip}: {error}")
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GARBAGE_THRESHOLD, 20, 20)
    try:
        engine.run(early)
    except (TooSlow, ValueError) as error:
        return _fail(EXIT_PARENT_STUCK, f"Callboard cannot be spoken to any more: {error}")
    except BrokenPipeError:
        return 0
    return 0


def _take_pipes() -> Pipes:
    """Our pipes, with standard output turned away from them: the `sippy` package prints about bad packets."""
    outgoing = os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return Pipes(0, outgoing)


def _catch_signals() -> int:
    """SIGTERM becomes a byte on the returned descriptor. SIGINT is Callboard's to handle: it reaches us as well."""
    alarm, bell = os.pipe()
    os.set_blocking(bell, False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: None)
    signal.set_wakeup_fd(bell)
    return alarm


def _first_messages(pipes: Pipes) -> tuple[wire.Configure, list[wire.ToEngine]] | None:
    """Wait for `Configure`, and return it with what came along; None if the other side went away.

    Raises ValueError if something else comes first.
    """
    with selectors.DefaultSelector() as selector:
        selector.register(pipes.incoming, selectors.EVENT_READ)
        while True:
            selector.select()
            messages = pipes.read()
            if messages is None:
                return None
            if messages:
                first = messages[0]
                if not isinstance(first, wire.Configure):
                    raise ValueError(f"{type(first).__name__} came instead")
                return first, messages[1:]


def _fail(code: int, words: str) -> int:
    sys.stderr.write(f"engine: {words}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
