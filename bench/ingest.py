"""Messages a second from the bytes of a switch to the rows of the table: codec, translator, clock and table together.

    python -m bench.ingest                 500 calls at a time, beside 20,000 that are up
    python -m bench.ingest --up 100000

The bytes are those of a call that was recorded from a real switch (`tests/wire`), written anew for every call: its own
ids, channels, account and times. Calls go through their lives side by side, in waves: the first message of each, then
the second of each, in reads of 64 KiB, as from a socket. Times are the processor's, so that other work on the machine
counts less.
"""

import argparse
import gc
import re
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec

from bench.table import directory
from callboard.calls.events import Event
from callboard.directory.placement import Placer
from callboard.switches.asterisk import translate as asterisk
from callboard.switches.asterisk.wire import Packet, Stream
from callboard.switches.clock import SwitchClock
from callboard.switches.freeswitch import translate as freeswitch
from callboard.switches.freeswitch import wire as esl
from callboard.table.store.numbering import Numbering
from callboard.table.table import Table

__all__ = ["SWITCHES", "Ingest", "measure"]

RECORDINGS = Path(__file__).parents[1] / "tests" / "wire"
READ = 1 << 16
"""Bytes that are read at once."""
BEGIN = 1_800_000_000
_ACCOUNTS, _CONNECTIONS = 5_000, 200

Tell = Callable[[Event], None]


class Ingest(msgspec.Struct, frozen=True, kw_only=True):
    """What one switch's bytes took. Rates are for a second of processor time, one for each wave."""

    switch: str
    up: int
    """Calls that stayed up meanwhile."""
    messages: int
    """Of the switch, in all waves."""
    events: int
    """Of ours, that the table was told."""
    megabytes: float
    rates: tuple[float, ...]
    """Messages a second."""
    event_rates: tuple[float, ...]

    @property
    def rate(self) -> float:
        """Messages a second: the median of the waves."""
        return statistics.median(self.rates)


class Recording:
    """A recorded call as a pattern: what differs from call to call, and what stays."""

    def __init__(self, messages: Iterable[str], marks: str, hang_up: str) -> None:
        """`marks` finds what differs; the message with `hang_up` is the first of the call's end."""
        split = re.compile(f"({marks})")
        self._messages = [split.split(message) for message in messages]
        self.answered = next(place for place, message in enumerate(messages) if hang_up in message)
        """Messages up to the call's end."""
        self._count = 0

    def __len__(self) -> int:
        return len(self._messages)

    def calls(self, count: int, at: int) -> "list[list[str]]":
        """The messages of so many new calls that begin `at` a whole Unix second."""
        begin = self._count
        self._count += count
        return [self._call(number, at) for number in range(begin, begin + count)]

    def _call(self, number: int, at: int) -> list[str]:
        own: dict[str, str] = {}

        def written(mark: str) -> str:
            if mark not in own:
                own[mark] = _own(mark, number, len(own), at)
            return own[mark]

        return [
            "".join(written(part) if place % 2 else part for place, part in enumerate(message))
            for message in self._messages
        ]


def _own(mark: str, number: int, place: int, at: int) -> str:
    """What stands in a call of its own for what was recorded."""
    if re.fullmatch(r"\d{10}\.\d{6}|\d{16}", mark):
        return str(at) + mark[10:]
    if mark.startswith("rig-asterisk-"):
        return f"rig-asterisk-{at}.{number * 10 + int(mark.rpartition('.')[2])}"
    if re.fullmatch(r"-0000000\d", mark):
        return f"-{number * 10 + int(mark[-1]):08x}"
    if re.fullmatch(r"[0-9a-f]{8}-[0-9a-f-]{27}", mark):
        return f"{number:08x}-0000-4000-8000-{place:012x}"
    if mark == "uas":
        return f"trunk {number % _CONNECTIONS + 1}"
    return f"u{number % _ACCOUNTS + 1}" if mark == "alice" else f"44207{number % 10**7:07d}"


def _waves(calls: list[list[str]], first: int, last: int) -> bytes:
    """The messages of all calls from a place to another, side by side."""
    return "".join(call[place] for place in range(first, last) for call in calls).encode()


# --- the switches ---


def _asterisk() -> Recording:
    text = (RECORDINGS / "asterisk-22.10.1" / "bridged" / "ami.txt").read_bytes().decode()
    heard = re.compile(r"Event: .*\r\nPrivilege: (call|system),all\r\nTimestamp: ")
    packets = [packet + "\r\n\r\n" for packet in text.split("\r\n\r\n") if heard.match(packet)]
    begin = next(place for place, packet in enumerate(packets) if "Event: Newchannel" in packet)
    marks = r"rig-asterisk-\d{10}\.\d+|(?<=: )\d{10}\.\d{6}|-0000000\d\b|[0-9a-f]{8}-[0-9a-f-]{27}|\balice\b|\buas\b"
    return Recording(packets[begin:], marks + r"|\banswer\b|uas-answer", "Event: HangupRequest")


def _freeswitch() -> Recording:
    data = (RECORDINGS / "freeswitch-1.10.12" / "bridged" / "json.esl").read_bytes()
    bodies = [frame.body.decode() for frame in esl.Decoder().feed(data) if frame.kind == "text/event-json"]
    wanted = esl.SUBSCRIBE.decode().split()[2:]
    told = [body for body in bodies if re.search('"Event-Name":"([A-Z_]+)"', body)[1] in wanted]  # type: ignore[index]
    marks = r'(?<=")\d{16}(?=")|(?!f5e62aa6)[0-9a-f]{8}-[0-9a-f-]{27}|\balice\b|(?<=")uas-answer(?=")|\banswer\b'
    return Recording(told, marks, '"Event-Name":"CHANNEL_HANGUP"')


def _framed(message: str) -> str:
    return f"Content-Length: {len(message.encode())}\nContent-Type: text/event-json\n\n{message}"


def _hear_asterisk(tell: Tell, clock: Callable[[], float]) -> Callable[[bytes], int]:
    """As its link does."""
    stream, translator, switch_clock = Stream(), asterisk.Translator("pbx"), SwitchClock()

    def take(packet: Packet, now: float) -> None:
        at = switch_clock.heard(float(packet.get("Timestamp")), now)
        for event in translator.accept(packet, at):
            tell(event)

    def hear(data: bytes) -> int:
        packets, now = stream.feed(data), clock()
        for packet in packets:
            take(packet, now)
        return len(packets)

    return hear


def _hear_freeswitch(tell: Tell, clock: Callable[[], float]) -> Callable[[bytes], int]:
    """As its link does."""
    decoder, translator = esl.Decoder(), freeswitch.Translator("pbx", SwitchClock())

    def hear(data: bytes) -> int:
        frames, now = decoder.feed(data), clock()
        for frame in frames:
            for event in translator.accept(esl.read_event(frame.body), now):
                tell(event)
        return len(frames)

    return hear


class _Switch(msgspec.Struct, frozen=True):
    recording: Callable[[], Recording]
    hear: Callable[[Tell, Callable[[], float]], Callable[[bytes], int]]
    frame: Callable[[str], str] = str


SWITCHES = {
    "asterisk": _Switch(_asterisk, _hear_asterisk),
    "freeswitch": _Switch(_freeswitch, _hear_freeswitch, _framed),
}


# --- measuring ---


class _Ear:
    """The way from bytes to the table, and how long it took the processor."""

    def __init__(self, switch: _Switch) -> None:
        numbers = iter(range(1, 2**40, 10_000))
        self.table = Table(Placer(directory()), Numbering(0, lambda size: next(numbers)), 1)
        self.now = float(BEGIN)
        self.told = 0
        self._hear = switch.hear(self._tell, lambda: self.now)

    def _tell(self, event: Event) -> None:
        self.told += 1
        self.table.accept(event, self.now)

    def hear(self, data: bytes) -> tuple[int, float]:
        """How many messages it has, and how many seconds of processor time they took."""
        reads = [data[begin : begin + READ] for begin in range(0, len(data), READ)]
        begin = time.thread_time()
        messages = sum(map(self._hear, reads))
        return messages, time.thread_time() - begin


def _told(switch: _Switch, recording: Recording, count: int, at: int) -> Iterator[bytes]:
    """The lives of so many calls: what is told until they hang up, and from there on."""
    calls = [[switch.frame(message) for message in call] for call in recording.calls(count, at)]
    yield _waves(calls, 0, recording.answered)
    yield _waves(calls, recording.answered, len(recording))


def measure(name: str, up: int = 20_000, together: int = 500, waves: int = 5) -> Ingest:
    """Have `up` calls up, then measure waves of calls that come, talk and go together."""
    switch = SWITCHES[name]
    recording, ear = switch.recording(), _Ear(switch)
    for begin in range(0, up, together):
        ear.hear(next(_told(switch, recording, min(together, up - begin), BEGIN)))
    gc.collect()
    gc.freeze()
    rates, event_rates, messages, size = [], [], 0, 0
    told_before = ear.told
    for wave in range(waves):
        ear.now = BEGIN + 60.0 * (wave + 1)
        data = b"".join(_told(switch, recording, together, int(ear.now)))
        told = ear.told
        count, seconds = ear.hear(data)
        ear.table.sweep(ear.now + 30.0)
        rates.append(count / seconds)
        event_rates.append((ear.told - told) / seconds)
        messages += count
        size += len(data)
    gc.unfreeze()
    if len(ear.table) != up:
        raise RuntimeError(
            f"{len(ear.table)} calls are up after all waves, which should be {up}: something was misread"
        )
    return Ingest(
        switch=name,
        up=up,
        messages=messages,
        events=ear.told - told_before,
        megabytes=size / 1e6,
        rates=tuple(rates),
        event_rates=tuple(event_rates),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--up", type=int, default=20_000, help="calls that stay up meanwhile (default: 20000)")
    parser.add_argument("--together", type=int, default=500, help="calls that come and go at a time (default: 500)")
    parser.add_argument("--waves", type=int, default=5, help="how often they do (default: 5)")
    options = parser.parse_args()
    for name in SWITCHES:
        found = measure(name, options.up, options.together, options.waves)
        print(
            f"{name}: {found.rate:,.0f} messages a second of processor time ({min(found.rates):,.0f} to"
            f" {max(found.rates):,.0f}), {statistics.median(found.event_rates):,.0f} events told to the table,"
            f" {found.megabytes / found.messages * 1e6:,.0f} bytes a message; {found.up:,} calls up"
        )


if __name__ == "__main__":
    main()
