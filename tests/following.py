"""A client of the stream that believes nothing: it keeps its own copy, and notes whatever does not fit."""

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp

__all__ = ["Copy", "events"]


class Copy:
    """What a client knows by what it was told."""

    def __init__(self) -> None:
        self.calls: dict[str, dict[str, Any]] = {}
        self.revision = ""
        """Up to where it has everything; empty while it has not."""
        self.ready = False
        self.seen: list[str] = []
        """The types of all messages, in order; `begin` with its reason."""
        self.kinds: dict[str, list[str]] = {}
        """What became of each call, in order; a leave with its reason."""
        self.clock = ""
        self._total = 0

    def take(self, message: dict[str, Any]) -> None:
        """Believe a message that fits; AssertionError for one that does not."""
        kind = message["type"]
        self.seen.append(f"begin {message['why']}" if kind == "begin" else kind)
        match kind:
            case "begin":
                self.calls.clear()
                self.revision, self.ready, self._total = "", False, message["total"]
            case "rows":
                assert not self.ready
                assert 0 < len(message["calls"]) <= 500
                for call in message["calls"]:
                    assert call["id"] not in self.calls
                    self.calls[call["id"]] = call
            case "ready":
                assert len(self.calls) == self._total
                self.ready = True
            case "resumed":
                assert not self.revision or message["revision"] == self.revision
                self.ready = True
            case "changes":
                assert self.ready
                assert message["changes"]
                for change in message["changes"]:
                    self._change(change)
            case "heartbeat":
                self.clock = message["at"]
        if kind in ("ready", "resumed", "changes", "heartbeat"):
            assert _number(message["revision"]) >= _number(self.revision)
            self.revision = message["revision"]

    def _change(self, change: dict[str, Any]) -> None:
        name, kind = change["id"], change["kind"]
        assert change["call"]["id"] == name
        assert (kind == "leave") == ("reason" in change)
        assert (name in self.calls) == (kind != "enter"), change
        self.kinds.setdefault(name, []).append(f"leave {change['reason']}" if kind == "leave" else kind)
        if kind == "leave":
            del self.calls[name]
        else:
            self.calls[name] = change["call"]


def _number(revision: str) -> int:
    return int(revision.partition("-")[2] or -1)


async def events(answer: aiohttp.ClientResponse) -> AsyncIterator[tuple[dict[str, Any], str | None]]:
    """The messages of an SSE stream, each with its id if it has one, read as the standard says."""
    fields: dict[str, str] = {}
    async for raw in answer.content:
        line = raw.decode().removesuffix("\n")
        if line:
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
            continue
        if "data" in fields:
            message = json.loads(fields["data"])
            assert message["type"] == fields["event"]
            yield message, fields.get("id")
        fields.clear()
