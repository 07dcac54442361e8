"""The way to a proxy's RPC, and its end."""

import pytest

from callboard.switches.dialogs.rpc import Rpc
from callboard.switches.link import LinkError
from tests.switches.dialogs.rpc_server import serving

QUESTION = b'{"jsonrpc": "2.0", "method": "uptime", "id": 1}'


async def test_nothing_is_asked_once_its_connections_were_given_up() -> None:
    async with serving({"uptime": b"{}"}) as server:
        rpc = Rpc("Kamailio", f"http://127.0.0.1:{server.port}/", connect=5)
        assert await rpc.ask(QUESTION, 5) == b"{}"
        await rpc.close()
        with pytest.raises(LinkError, match="were given up"):
            await rpc.ask(QUESTION, 5)
        assert server.methods() == ["uptime"]
