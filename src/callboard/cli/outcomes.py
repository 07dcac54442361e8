"""Ask for a call's end, and wait until it is known what came of it."""

import time

import msgspec

from callboard.cli.client import Client

__all__ = ["CommandView", "ask_for_end", "forget", "wait_for_outcome"]

POLL = 0.2
"""Seconds between two looks at a command that has no outcome yet."""
PATIENCE = 60.0
"""Seconds to wait for an outcome; the server itself gives up on proof before that."""


class Accepted(msgspec.Struct):
    """The API's answer to a disconnect."""

    command: str


class CommandView(msgspec.Struct):
    """What the API tells of a command."""

    outcome: str
    words: str = ""

    @property
    def pending(self) -> bool:
        """Whether it has no outcome yet."""
        return self.outcome == "pending"

    @property
    def over(self) -> bool:
        """Whether the call is proven to be over."""
        return self.outcome in {"done", "already_gone"}


def ask_for_end(client: Client, number: int) -> str:
    """Ask the server to end a call; returns the command's id. Raises `Failure`, such as for an unknown call."""
    return msgspec.json.decode(client.ask("POST", f"/v1/calls/{number}/disconnect"), type=Accepted).command


def forget(client: Client, number: int) -> CommandView:
    """Have the server forget a call's row. Raises `Failure`, such as for an unknown call."""
    return msgspec.json.decode(client.ask("POST", f"/v1/calls/{number}/forget"), type=CommandView)


def wait_for_outcome(client: Client, command: str) -> CommandView:
    """The command's outcome; still pending if the server leaves it so for longer than it should."""
    deadline = time.monotonic() + PATIENCE
    while True:
        view = msgspec.json.decode(client.ask("GET", f"/v1/commands/{command}"), type=CommandView)
        if not view.pending or time.monotonic() > deadline:
            return view
        time.sleep(POLL)
