"""A real Asterisk for the tests: it sends every call to one callee, and lets us in with the rights that we ask for.

It is the one on the path or, where that should stay free of it, one in a Debian tree of its own, which
`tests/rig/asterisk-tree` makes.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec

__all__ = ["ASTERISK", "INSTALL", "SECRET", "Asterisk", "asterisk"]

TREE = Path(os.environ.get("CALLBOARD_RIG", "/var/tmp/callboard-rig")) / "asterisk"
SECRET = "rig-secret"


def _command() -> tuple[str, ...]:
    found = shutil.which("asterisk")
    if found:
        return (found,)
    return ("chroot", str(TREE), "asterisk") if (TREE / "usr/sbin/asterisk").exists() else ()


ASTERISK: Final = _command()
INSTALL: Final = "Asterisk is not installed: apt-get install asterisk, or tests/rig/asterisk-tree"

_MODULES = """
res_http_websocket res_timing_timerfd res_sorcery_config res_sorcery_memory res_sorcery_astdb res_pjproject
res_rtp_asterisk res_musiconhold res_pjsip res_pjsip_pubsub res_pjsip_session res_pjsip_sdp_rtp
res_pjsip_endpoint_identifier_user res_pjsip_caller_id
chan_pjsip bridge_simple bridge_native_rtp bridge_holding codec_ulaw pbx_config app_dial app_echo func_channel
"""

_FILES = {
    "asterisk.conf": """
[directories]
astetcdir => /{folder}
astmoddir => {modules}
astvarlibdir => /{folder}
astdbdir => /{folder}
astkeydir => /{folder}
astdatadir => {data}
astagidir => /{folder}
astspooldir => /{folder}
astrundir => /{folder}
astlogdir => /{folder}
[options]
systemname = rig
""",
    "modules.conf": "[modules]\nautoload = no\n{loads}\n",
    "logger.conf": "[general]\n[logfiles]\nlog => notice,warning,error\n",
    "manager.conf": """
[general]
enabled = yes
bindaddr = 127.0.0.1
port = {ami}
timestampevents = yes
[callboard]
secret = {secret}
deny = 0.0.0.0/0.0.0.0
permit = 127.0.0.1/255.255.255.255
read = system,call
write = call,reporting
""",
    "musiconhold.conf": "[general]\n",
    "rtp.conf": "[general]\nrtpstart = 32000\nrtpend = 32400\nicesupport = no\n",
    "pjproject.conf": "[startup]\ntype = startup\nlog_mappings_type = log_mappings\n",
    "pjsip.conf": """
[udp]
type = transport
protocol = udp
bind = 127.0.0.1:{sip}
[phone](!)
type = endpoint
context = rig
disallow = all
allow = ulaw
direct_media = no
identify_by = username
[alice](phone)
accountcode = 7
[far](phone)
aors = far
[far]
type = aor
contact = sip:127.0.0.1:{callee}
""",
    "extensions.conf": """
[rig]
exten => echo,1,Answer()
 same => n,Echo()
exten => _X.,1,Dial(PJSIP/far/sip:${{EXTEN}}@127.0.0.1:{callee},60)
 same => n,Hangup(${{HANGUPCAUSE}})
exten => alone,1,Dial(PJSIP/far/sip:${{EXTEN}}@127.0.0.1:{callee},60,g)
 same => n,Wait(60)
""",
}


class Asterisk(msgspec.Struct, frozen=True):
    """Where one that runs is reached, and its process."""

    sip: int
    ami: int
    process: asyncio.subprocess.Process


def _folder_of(root: Path, below: str, file: str) -> str:
    """Where the package keeps a file, as Asterisk sees it."""
    found = next((root / below).rglob(file))
    return f"/{found.parent.relative_to(root)}"


@asynccontextmanager
async def asterisk(sip: int, ami: int, callee: int) -> AsyncIterator[Asterisk]:
    """Run it; at the end of the block it is gone. Raises AssertionError with its log if it does not come up."""
    root = TREE if ASTERISK[0] == "chroot" else Path("/")
    folder = f"var/tmp/callboard-asterisk-{sip}"
    (root / folder).mkdir(parents=True)
    log = root / folder / "output"
    modules = _folder_of(root, "usr/lib", "asterisk/modules/chan_pjsip.so")
    data = _folder_of(root, "usr/share", "asterisk/documentation")
    loads = "\n".join(f"load = {name}.so" for name in _MODULES.split())
    try:
        for name, text in _FILES.items():
            filled = text.format(
                folder=folder, modules=modules, data=data, loads=loads, ami=ami, sip=sip, callee=callee, secret=SECRET
            )
            (root / folder / name).write_text(filled, encoding="utf-8")
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *ASTERISK, "-f", "-C", f"/{folder}/asterisk.conf", stdout=output, stderr=output
            )
        try:
            await _answers(process, ami, log)
            yield Asterisk(sip, ami, process)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    finally:
        shutil.rmtree(root / folder)


async def _answers(process: asyncio.subprocess.Process, port: int, log: Path) -> None:
    """Wait until the manager interface lets somebody in, which it does when all else is up."""
    for _ in range(600):
        assert process.returncode is None, _end_of(log)
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
            continue
        writer.write(f"Action: Login\r\nUsername: callboard\r\nSecret: {SECRET}\r\n\r\n".encode())
        try:
            await asyncio.wait_for(reader.readuntil(b"FullyBooted"), 5)
        except (TimeoutError, asyncio.IncompleteReadError):
            continue
        finally:
            writer.close()
        return
    raise AssertionError(_end_of(log))


def _end_of(log: Path) -> str:
    texts = [path.read_text(errors="replace") for path in (log, log.parent / "log") if path.exists()]
    return "\n".join(texts)[-4000:]
