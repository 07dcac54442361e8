"""The REST listing in Litestar: `python -m bench.plain.server FOLDER`, with the calls in `calls.json` there.

It writes the port that it listens on into `port`.
"""

import asyncio
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import uvicorn
from litestar import Litestar, get

from bench.plain.records import PlainCall
from bench.plain.rows import Row, rest

__all__ = ["CALLS", "PORT", "application"]

CALLS, PORT = "calls.json", "port"


def application(calls: list[PlainCall]) -> Litestar:
    """All calls, at /calls."""

    @get("/calls")
    async def listing() -> dict[str, list[Row]]:
        now = datetime.now(UTC)
        return {"calls": [rest(call, now) for call in calls]}

    return Litestar([listing], openapi_config=None)


async def main(folder: Path) -> None:
    """Serve until killed."""
    calls = msgspec.json.decode((folder / CALLS).read_bytes(), type=list[PlainCall])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(application(calls), log_level="warning", access_log=False))
        (folder / PORT).write_text(str(listener.getsockname()[1]), encoding="ascii")
        await server.serve([listener])


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
