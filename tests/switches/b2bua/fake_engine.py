"""An engine that plays a part: `python fake_engine.py <folder> <part of the first life> <part of the second> ...`.

Every part but those that fail at once says that it listens, brings in one call from a trusted address, sets it up as it
is told, and ends it when it is told. What a part does besides is in `PARTS`.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from select import select

from callboard.switches.b2bua import wire

SOURCE = "192.0.2.20:5060"


def say(*messages: wire.FromEngine) -> None:
    """Tell Callboard."""
    os.write(1, b"".join(wire.encode(message) for message in messages))


def mutter(text: str) -> None:
    """Write on stderr."""
    os.write(2, text.encode("utf-8", "surrogateescape"))


class Engine:
    """What all parts have in common."""

    def __init__(self, part: str) -> None:
        self.part = part
        self.calls: dict[str, str] = {}
        self.gone = False

    def come(self, call: str) -> None:
        """A call comes in."""
        self.calls[call] = "new"
        uri = "sip:4930555@203.0.113.1"
        say(
            wire.Came(call=call, at=time.time(), source=SOURCE, caller="x", dialed="4930555", uri=uri, sip_call_id=call)
        )

    def heed(self, message: wire.ToEngine) -> None:
        """Do as told."""
        now = time.time()
        match message:
            case wire.Configure():
                say(wire.Ready(sip=message.sip.replace(":0", ":5999"), engine="played", pid=os.getpid()))
                self.come("1")
            case wire.Route():
                self.calls[message.call] = "answered"
                say(
                    wire.Dialing(call=message.call, branch=0, at=now),
                    wire.Ringing(call=message.call, branch=0, at=now),
                    wire.Answered(call=message.call, branch=0, at=now, caller_media="m1", callee_media="m2"),
                )
                if self.part in AFTER_ANSWER:
                    AFTER_ANSWER[self.part](self)
            case wire.HangUp(call=call) if self.calls.pop(call, None):
                say(wire.Ending(call=call, at=now, by="command"))
                say(wire.Ended(call=call, at=now, by="command", code=200))
            case wire.List(ask=ask):
                listed = tuple(wire.Call(call=call, state=state) for call, state in self.calls.items())
                say(wire.Listed(ask=ask, at=now, calls=listed))
            case wire.Stop():
                self.gone = self.part != "deaf"

    def run(self) -> None:
        """Live until told to stop or until Callboard is gone."""
        unread = bytearray()
        while not self.gone:
            readable, _, _ = select([0], [], [], 0.02)
            say(wire.Pulse(at=time.time(), calls=len(self.calls), malformed=7, refused=8))
            if readable:
                data = os.read(0, 65536)
                if not data:
                    return
                unread += data
                for line in wire.lines(unread):
                    self.heed(wire.decode_to_engine(line))


def die(engine: Engine) -> None:
    """End all of a sudden."""
    mutter("Segmentation fault\n")
    os._exit(3)


def hang(engine: Engine) -> None:
    """Give no sign of life any more."""
    while True:
        time.sleep(60)


def babble(engine: Engine) -> None:
    """Write what is no message, and then go on as if nothing had happened."""
    os.write(1, b'nonsense\n{"type":"Unheard"}\n{"type":"Pulse"}\n"\xff\xfe"\n\n{"type":"Trouble","text":"\xff"}\n')
    engine.come("2")


def complain(engine: Engine) -> None:
    """Write a great deal on stderr."""
    mutter("with \x1b[31mcolours\x00 and \udcff\n" + "x" * 5_000 + "\n" + "a line\n" * 500)


def drop(engine: Engine) -> None:
    """Lose a call and its end."""
    engine.calls.clear()


def shout(engine: Engine) -> None:
    """A line without end."""
    for _ in range(40):
        os.write(1, b"x" * 1_000_000)


AFTER_ANSWER: dict[str, Callable[[Engine], None]] = {
    "die": die,
    "hang": hang,
    "babble": babble,
    "complain": complain,
    "drop": drop,
    "shout": shout,
}


def main() -> int:
    """Play the part of this life."""
    folder, *parts = sys.argv[1:]
    lives = Path(folder) / "lives"
    life = int(lives.read_text()) if lives.exists() else 0
    lives.write_text(str(life + 1))
    part = parts[min(life, len(parts) - 1)]
    if part == "busy":
        mutter("engine: cannot listen for SIP on 127.0.0.1:5999: Address already in use\n")
        return 69
    if part == "crash":
        return 1
    if part == "mute":
        time.sleep(60)
    Engine(part).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
