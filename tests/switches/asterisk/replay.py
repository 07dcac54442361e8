"""The recordings, played to the translator and the table as a link would: only the events that our login asks for."""

from pathlib import Path

import msgspec

from callboard.calls.causes import Reason
from callboard.calls.events import Event, SwitchListed
from callboard.calls.legs import Call, Leg, Placement
from callboard.calls.state import State
from callboard.switches.asterisk.translate import Translator
from callboard.switches.asterisk.wire import Packet, Stream
from callboard.switches.portions import at_once
from callboard.table.changes import Change, Kind
from callboard.table.store.numbering import Numbering
from callboard.table.table import Table

RECORDINGS = Path("tests/wire/asterisk-22.10.1")
SWITCH = "pbx"
ASKED_FOR = frozenset({"system", "call"})


def recorded(scene: str, name: str = "ami.txt") -> bytes:
    """One file of a scene, as it came over the wire."""
    return (RECORDINGS / scene / name).read_bytes()


def packets(data: bytes) -> list[Packet]:
    """Everything in it."""
    return Stream().feed(data)


def events(scene: str) -> list[tuple[float, Packet]]:
    """A scene's events that a login with `Events: system,call` is sent, with the switch's time of each."""
    told = [packet for packet in packets(recorded(scene)) if packet.event and _asked_for(packet)]
    return [(float(packet.get("Timestamp")), packet) for packet in told if packet.get("Timestamp")]


def _asked_for(packet: Packet) -> bool:
    return bool(ASKED_FOR & set(packet.get("Privilege").split(",")))


class Story(msgspec.Struct):
    """What one row of the table went through. Times are seconds since the scene's first channel."""

    call: Call
    states: list[tuple[float, State]]

    @property
    def path(self) -> str:
        """The states in order."""
        return " ".join(state.name.lower() for _, state in self.states)

    def at(self, state: State) -> float:
        """When it came to a state first."""
        return next(at for at, reached in self.states if reached is state)


class Theatre:
    """A table and a translator, and the story of each row."""

    def __init__(self) -> None:
        self.translator = Translator(SWITCH)
        self.table = Table(lambda legs: Placement(), Numbering(0, lambda count: 1), 1)
        self.table.watch(self._changed)
        self.stories: dict[int, Story] = {}
        self.told: list[Event] = []
        self.began = 0.0
        self.now = 0.0

    def play(self, scene: str, until: float = 1e12) -> "Theatre":
        """Play a scene, up to so many seconds after its first channel."""
        for at, packet in events(scene):
            if not self.began and packet.event == "Newchannel":
                self.began = at
            if self.began and at > self.began + until:
                break
            self.tell(packet, at)
        return self

    def tell(self, packet: Packet, at: float) -> None:
        self.now = max(at, self.now)
        for event in self.translator.accept(packet, at):
            self.told.append(event)
            self.table.accept(event, self.now)

    def take_list(self, scene: str, name: str, asked_at: float, status: str = "") -> None:
        """Take in a recorded list as if it had been asked for then."""
        items = [packet for packet in packets(recorded(scene, name)) if packet.event == "CoreShowChannel"]
        statuses = packets(recorded(scene, status)) if status else []
        dialed = {packet.get("Uniqueid"): packet.get("DNID") for packet in statuses if packet.event == "Status"}
        self.take(items, asked_at, dialed)

    def take(self, items: list[Packet], asked_at: float, dialed: dict[str, str] | None = None) -> SwitchListed:
        """Take in a list that is asked for and answered at once."""
        self.translator.asked(asked_at)
        return self.answered(items, asked_at, dialed)

    def answered(self, items: list[Packet], at: float, dialed: dict[str, str] | None = None) -> SwitchListed:
        """The list that was asked for comes; the keeper has the table take it in before what was told meanwhile."""
        self.now = max(self.now, at)
        listed = at_once(self.translator.listed(items, dialed or {}))
        told: list[Event] = []
        assert at_once(self.translator.catch_up(told.append))
        for event in (listed, *told):
            self.table.accept(event, self.now)
        return listed

    def _changed(self, change: Change) -> None:
        if change.kind is Kind.LEFT:
            return
        story = self.stories.setdefault(change.call.number, Story(change.call, []))
        story.call = change.call
        if not story.states or story.states[-1][1] is not change.call.state:
            story.states.append((round(self.now - self.began, 3), change.call.state))

    def rows(self) -> list[Call]:
        """The rows that are not over, oldest first."""
        return sorted((call for call in self.table.calls() if call.state is not State.ENDED), key=lambda c: c.number)


def parties(leg: Leg) -> tuple[str, str, str]:
    """Who a leg is, for tables of expectations."""
    return leg.side.name.lower(), leg.channel.split("-")[0], leg.number


def reason(call: Call) -> Reason | None:
    """Why it ended."""
    return call.cause.reason if call.cause else None
