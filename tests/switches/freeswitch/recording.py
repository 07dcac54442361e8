"""The recordings of a real FreeSWITCH, as frames, events and answers."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from callboard.switches.freeswitch import wire
from callboard.switches.portions import at_once

__all__ = ["FOLDER", "SCENES", "answer", "arrivals", "details", "events", "events_until", "lists", "stream"]

FOLDER = Path(__file__).parents[2] / "wire" / "freeswitch-1.10.12"
SCENES = tuple(sorted(folder.name for folder in FOLDER.iterdir() if folder.is_dir()))
CHANNELS = "channels as json"


@cache
def stream(scene: str) -> bytes:
    """All bytes of a scene."""
    return (FOLDER / scene / "json.esl").read_bytes()


def arrivals(scene: str) -> Iterator[tuple[float, bytes]]:
    """The pieces in which they came, and when: seconds since the start."""
    data = stream(scene)
    for line in (FOLDER / scene / "json.esl.times").read_text().splitlines():
        seconds, offset, length = line.split()
        yield float(seconds), data[int(offset) : int(offset) + int(length)]


@cache
def bodies(scene: str) -> tuple[bytes, ...]:
    """The events, subscribed to or not."""
    return tuple(frame.body for frame in wire.Decoder().feed(stream(scene)) if frame.kind == "text/event-json")


def subscribed(body: bytes) -> bool:
    """Whether our subscription has this event."""
    return str(json.loads(body)["Event-Name"]).encode() in wire.SUBSCRIBE.split()


def events(scene: str) -> tuple[wire.Told, ...]:
    """The events of a scene that we subscribe to."""
    return events_until(scene, None)


def events_until(scene: str, asked: int | None) -> tuple[wire.Told, ...]:
    """The same, up to the `asked`th time (from 0) that the channels were listed."""
    told: list[wire.Told] = []
    for body in bodies(scene):
        if b'"API-Command-Argument":"channels as json"' in body:
            if asked == 0:
                break
            asked = None if asked is None else asked - 1
        elif subscribed(body):
            event = wire.read_event(body)
            assert event
            told.append(event)
    return tuple(told)


def answer(path: Path) -> bytes:
    """The body of a recorded answer."""
    (frame,) = wire.Decoder().feed(path.read_bytes())
    return frame.body


def lists(scene: str) -> list[wire.Listing]:
    """The lists of channels of a scene, in their order."""
    found = [
        at_once(wire.read_listing(answer(path))) for path in sorted((FOLDER / scene).glob("*show_channels_as_json*"))
    ]
    return [listing for listing in found if listing is not None]


def details(scene: str, asked: int) -> dict[str, bytes]:
    """Channel -> what `uuid_dump ... json` would have said at the `asked`th list.

    Only one scene has such answers. They have the form of an event of the channel, but not every event has all of its
    headers, so each is what was last told of it before the list.
    """
    told: dict[str, dict[str, str]] = {}
    for body in bodies(scene):
        event = json.loads(body)
        if event.get("API-Command-Argument") == CHANNELS:
            if asked == 0:
                break
            asked -= 1
        elif "Channel-Name" in event:
            told.setdefault(event["Unique-ID"], {}).update(event)
    return {uuid: json.dumps(headers).encode() for uuid, headers in told.items()}
