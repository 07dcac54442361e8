"""A real Kamailio for the tests: a small proxy, with exactly the script that the manual tells people to paste.

It is the one on the path or, where that should stay free of it, one in a Debian tree of its own, which
`tests/rig/kamailio-tree` makes.
"""

import asyncio
import json
import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec

from tests.conformance.sipp import Act

__all__ = ["INSTALL", "KAMAILIO", "Kamailio", "dialogs", "kamailio", "routed"]

PAGE = Path("docs/how-to/connect-kamailio.md")
OVER = 5
"""A dialog that is over is listed for some seconds more."""
TREE = Path(os.environ.get("CALLBOARD_RIG", "/var/tmp/callboard-rig")) / "kamailio"


def _command() -> tuple[str, ...]:
    found = shutil.which("kamailio")
    if found:
        return (found,)
    return ("chroot", str(TREE), "kamailio") if (TREE / "usr/sbin/kamailio").exists() else ()


KAMAILIO: Final = _command()
INSTALL: Final = (
    "Kamailio is not installed: apt-get install kamailio kamailio-extra-modules kamailio-json-modules, "
    "or tests/rig/kamailio-tree"
)

_HEAD = """
#!KAMAILIO
children=2
tcp_children=2
log_stderror=yes
auto_aliases=no
listen=udp:127.0.0.1:{sip}
loadmodule "tm.so"
loadmodule "tmx.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "siputils.so"
"""

_ROUTE = """
request_route {{
	if (is_method("CANCEL")) {{
		if (t_check_trans()) t_relay();
		exit;
	}}
	if (has_totag()) {{
		if (loose_route()) {{
			route(CALLBOARD_WITHIN);
			t_relay();
		}} else if (is_method("ACK")) {{
			if (t_check_trans()) t_relay();
		}} else {{
			sl_send_reply("404", "Not here");
		}}
		exit;
	}}
	t_check_trans();
	record_route();
	$du = "sip:127.0.0.1:{callee}";
	route(CALLBOARD_CALL);
	t_relay();
	exit;
}}
"""


class Kamailio(msgspec.Struct, frozen=True):
    """Where one that runs is reached, and its process."""

    sip: int
    rpc: int
    events: int
    process: asyncio.subprocess.Process


def script(sip: int, rpc: int, events: int, callee: int) -> str:
    """The whole script: the manual's two blocks around a proxy that sends every call to one callee."""
    blocks: list[str] = re.findall(
        r"^```kamailio\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    modules, routes = blocks
    modules = modules.replace("127.0.0.1:8090", f"127.0.0.1:{rpc}").replace("127.0.0.1:8448", f"127.0.0.1:{events}")
    return _HEAD.lstrip().format(sip=sip) + modules + _ROUTE.format(callee=callee) + routes


@asynccontextmanager
async def kamailio(sip: int, rpc: int, events: int, callee: int) -> AsyncIterator[Kamailio]:
    """Run it; at the end of the block it is gone. Raises AssertionError with its log if it does not come up."""
    root = TREE if KAMAILIO[0] == "chroot" else Path("/")
    folder = f"var/tmp/callboard-kamailio-{sip}"
    (root / folder).mkdir(parents=True)
    log = root / folder / "log"
    try:
        (root / folder / "kamailio.cfg").write_text(script(sip, rpc, events, callee), encoding="utf-8")
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *KAMAILIO,
                *("-DD", "-E", "-M", "64", "-Y", f"/{folder}", "-f", f"/{folder}/kamailio.cfg"),
                stdout=output,
                stderr=output,
            )
        try:
            for port in (rpc, events):
                await _answers(process, port, log)
            yield Kamailio(sip, rpc, events, process)
        finally:
            if process.returncode is None:
                process.terminate()
                await process.wait()
    finally:
        shutil.rmtree(root / folder)


async def _answers(process: asyncio.subprocess.Process, port: int, log: Path) -> None:
    for _ in range(1200):
        assert process.returncode is None, _end_of(log)
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
            continue
        writer.close()
        return
    raise AssertionError(_end_of(log))


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace")[-4000:]


async def dialogs(rpc: int) -> dict[str, int]:
    """What Kamailio itself lists, asked over a connection of its own: dialogs that are not over, and their states."""
    reader, writer = await asyncio.open_connection("127.0.0.1", rpc)
    body = b'{"jsonrpc":"2.0","method":"dlg.list","id":1}'
    writer.write(b"POST /RPC HTTP/1.0\r\nHost: rig\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
    try:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
        length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        answer = json.loads(await asyncio.wait_for(reader.readexactly(length), 30))
    finally:
        writer.close()
    return {f"{one['h_entry']}:{one['h_id']}": one["state"] for one in answer["result"] if one["state"] != OVER}


def routed(*acts: Act) -> tuple[Act, ...]:
    """The acts of phones behind a proxy that stays in the path: they keep and follow Record-Route (RFC 3261, 12.1)."""

    def along(message: str) -> str:
        if "[next_url]" in message:
            message = message.replace("Call-ID: [call_id]\n", "Call-ID: [call_id]\n[routes]\n")
        if "SIP/2.0 1" in message or "SIP/2.0 200" in message:
            message = message.replace("[last_Call-ID:]\n", "[last_Call-ID:]\n[last_Record-Route:]\n")
        return message

    return tuple(tuple(along(message) for message in act) for act in acts)
