"""Recorded scenes, played to the real table."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from callboard.calls.legs import Call
from callboard.calls.state import State
from callboard.directory.directory import Directory
from callboard.directory.placement import place
from callboard.directory.records import Account, Customer
from callboard.switches.kamailio import wire
from callboard.switches.kamailio.translate import Translator
from callboard.switches.portions import at_once
from callboard.table.store.numbering import Numbering
from callboard.table.table import Table

FOLDER = Path(__file__).parents[2] / "wire" / "kamailio-5.6.3"
ALICE = Account(id=7, customer=1, sip_user="alice")


class Arrival(msgspec.Struct, frozen=True):
    """Bytes that came at one time, in seconds since the scene began."""

    at: float
    data: bytes


def arrivals(scene: str) -> list[Arrival]:
    """A scene's events as the wire cut them."""
    data = (FOLDER / scene / "evapi.netstrings").read_bytes()
    times = (FOLDER / scene / "evapi.netstrings.times").read_text(encoding="ascii").split("\n")
    rows = [line.split() for line in times if line]
    return [Arrival(float(at), data[int(offset) :][: int(length)]) for at, offset, length in rows]


def answer(scene: str, name: str) -> bytes:
    """The body of a recorded answer."""
    return (FOLDER / scene / f"{name}.json").read_bytes()


def pushed(scene: str) -> list[wire.Pushed]:
    """All of a scene's events."""
    whole = b"".join(arrival.data for arrival in arrivals(scene))
    return [wire.read_event(message) for message in wire.Netstrings().feed(whole)]


def began(scene: str) -> float:
    """When a scene began by the clock: the events tell whole seconds, and none came before it happened."""
    return max(_stamp(arrival.data) - arrival.at for arrival in arrivals(scene))


def _stamp(data: bytes) -> int:
    message = next(iter(wire.Netstrings().feed(data)))
    return msgspec.json.decode(message, type=dict[str, object])["ts"]  # type: ignore[return-value]


class Stage:
    """A table, and the translator that tells it what is played."""

    def __init__(self, scene: str) -> None:
        self.scene = scene
        self.began = began(scene)
        self.directory = Directory([Customer(id=1, name="Acme"), ALICE], (), ())
        self.table = Table(lambda legs: place(self.directory, legs), Numbering(0, lambda size: 1), 1)
        self.translator = Translator("kamailio")
        self.netstrings = wire.Netstrings()

    def hear(self, arrival: Arrival) -> None:
        """What came goes to the table."""
        at = self.began + arrival.at
        for message in self.netstrings.feed(arrival.data):
            for event in self.translator.event(wire.read_event(message), at):
                self.table.accept(event, at)

    def play(self, until: float = float("inf")) -> Iterator[float]:
        """Play the scene; after each arrival its time."""
        for arrival in arrivals(self.scene):
            if arrival.at <= until:
                self.hear(arrival)
                yield arrival.at

    def take_list(self, name: str, at: float, scene: str = "") -> None:
        """Merge a recorded list that was asked for `at`."""
        dialogs, unread = at_once(wire.read_dialogs(answer(scene or self.scene, name)))
        assert not unread
        now = self.began + at
        events, listed = at_once(self.translator.listed(dialogs, now, now + 0.01))
        for event in (*events, listed):
            self.table.accept(event, now + 0.01)

    @property
    def calls(self) -> list[Call]:
        """All calls, the oldest first."""
        return sorted(self.table.calls(), key=lambda call: (call.started_at, call.number))

    @property
    def up(self) -> list[Call]:
        """The calls that are not over."""
        return [call for call in self.calls if call.state is not State.ENDED]

    @property
    def call(self) -> Call:
        """The only call there is."""
        (call,) = self.calls
        return call


def exhaust(events: Iterable[object]) -> None:
    """Let it all happen."""
    for _ in events:
        pass
