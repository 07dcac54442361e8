"""A real Asterisk for the tests: it sends every call to a callee, and lets us in as the manual tells people to.

It is the one on the path or, where that should stay free of it, one in a Debian tree of its own, which
`tests/rig/asterisk-tree` makes.
"""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

__all__ = ["ASTERISK", "DIRECTOR", "INSTALL", "SECRET", "Asterisk", "Certificate", "asterisk"]

TREE = Path(os.environ.get("CALLBOARD_RIG", "/var/tmp/callboard-rig")) / "asterisk"
PAGE = Path("docs/how-to/connect-asterisk.md")
SECRET = "rig-secret"
DIRECTOR = "director"
"""A user of the manager interface and of ARI who may do what moves the scenes; ours, `callboard`, may not."""


def _command() -> tuple[str, ...]:
    found = shutil.which("asterisk")
    if found:
        return (found,)
    ours = os.geteuid() == 0 and (TREE / "usr/sbin/asterisk").exists()
    return ("chroot", str(TREE), "asterisk") if ours else ()


ASTERISK: Final = _command()
INSTALL: Final = (
    "Asterisk is not installed: as root `make rig` puts one in a tree of its own (or apt-get install asterisk)"
)

_WITH_US = ("setpriv", "--pdeathsig", "KILL")
"""However the tests end, a switch of theirs does not outlive them."""

_MODULES = """
res_crypto res_http_websocket res_websocket_client res_timing_timerfd
res_sorcery_config res_sorcery_memory res_sorcery_astdb
res_stasis res_stasis_answer res_stasis_playback res_stasis_recording res_stasis_snoop res_stasis_device_state
res_ari res_ari_model res_ari_applications res_ari_bridges res_ari_channels res_ari_events app_stasis
res_pjproject res_rtp_asterisk res_musiconhold res_pjsip res_pjsip_pubsub res_pjsip_session res_pjsip_sdp_rtp
res_pjsip_endpoint_identifier_user res_pjsip_caller_id res_pjsip_refer res_parking
chan_pjsip bridge_simple bridge_native_rtp bridge_softmix bridge_holding bridge_builtin_features
codec_ulaw codec_resample format_pcm pbx_config app_dial app_directed_pickup app_echo app_queue
app_confbridge app_playback func_channel func_callerid
"""
"""What the scenes need. `autoload` would start drivers, too, that listen on every address of the machine."""

_FILES = {
    "asterisk.conf": """
[directories]
astetcdir => /{folder}
astmoddir => {modules}
astvarlibdir => /{folder}
astdbdir => /{folder}
astkeydir => /{folder}
astdatadir => /{folder}
astagidir => /{folder}
astspooldir => /{folder}
astrundir => /{folder}
astlogdir => /{folder}
[options]
systemname = rig
""",
    "modules.conf": "[modules]\nautoload = no\n{loads}\n",
    "logger.conf": "[general]\n[logfiles]\nlog => notice,warning,error\n",
    "manager.conf": """{manual}
[director]
secret = {secret}
deny = 0.0.0.0/0.0.0.0
permit = 127.0.0.1/255.255.255.255
write = system,call,originate,reporting,command
""",
    "http.conf": "[general]\nenabled = {http_enabled}\nbindaddr = 127.0.0.1\nbindport = {http}\n",
    "ari.conf": "[general]\nenabled = {http_enabled}\n[director]\ntype = user\npassword = {secret}\n",
    "musiconhold.conf": "[general]\n[default]\nmode = files\ndirectory = /{folder}/music\n",
    "rtp.conf": "[general]\nrtpstart = 32000\nrtpend = 42000\nicesupport = no\n",
    "indications.conf": "[general]\ncountry = uk\n[uk]\ndescription = tones\nringcadence = 400,200\ndial = 350+440\n",
    "features.conf": "[general]\ntransferdigittimeout = 1\n[featuremap]\natxfer => *2\n",
    "res_parking.conf": "[general]\n[default]\nparkext => 700\nparkpos => 701-720\ncontext => rig\nparkingtime => 60\n",
    "queues.conf": """
[general]
[help]
strategy = ringall
timeout = 20
retry = 1
member => Local/442@rig/n,0,Agent
""",
    "confbridge.conf": "[general]\n[default_user]\ntype = user\nquiet = yes\n[default_bridge]\ntype = bridge\n",
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
[bob](phone)
callerid = "Bob O'Brien, Ünit 4" <bob>
[trunk](phone)
context = from-trunk
[far](phone)
aors = far
[far]
type = aor
contact = sip:127.0.0.1:{callee}
""",
    "extensions.conf": """
[from-trunk]
include => rig
[rig]
exten => echo,1,Answer()
 same => n,Echo()
exten => ring,1,Ringing()
 same => n,Wait(60)
exten => congestion,1,Congestion(5)
exten => hold,1,Answer()
 same => n,MusicOnHold(default,60)
exten => park,1,Answer()
 same => n,Park(,s)
exten => queue,1,Answer()
 same => n,Queue(help,,,,60)
exten => meet,1,Answer()
 same => n,ConfBridge(blue)
exten => pick,1,Pickup(501@rig)
exten => stasis,1,Stasis(director)
 same => n,Hangup()
exten => fork,1,Dial(PJSIP/far/sip:1@127.0.0.1:{callee}&PJSIP/far/sip:2@127.0.0.1:{other},60)
 same => n,Hangup()
; 5 and two digits: the other callee
exten => _5XX,1,Dial(PJSIP/far/sip:${{EXTEN}}@127.0.0.1:{other},60)
 same => n,Hangup(${{HANGUPCAUSE}})
; 6 and two digits: the callee, and both may transfer
exten => _6XX,1,Dial(PJSIP/far/sip:${{EXTEN}}@127.0.0.1:{callee},60,tT)
 same => n,Hangup(${{HANGUPCAUSE}})
exten => _X.,1,Dial(PJSIP/far/sip:${{EXTEN}}@127.0.0.1:{callee},60)
 same => n,Hangup(${{HANGUPCAUSE}})
exten => alone,1,Dial(PJSIP/far/sip:${{EXTEN}}@127.0.0.1:{callee},60,g)
 same => n,Wait(60)
exten => voicemail,1,Dial(PJSIP/far/sip:${{EXTEN}}@127.0.0.1:{callee},1)
 same => n,Answer()
 same => n,Wait(60)
""",
}


class Certificate(NamedTuple):
    """A certificate and its key, as files."""

    file: Path
    key: Path


class Asterisk(msgspec.Struct, frozen=True):
    """Where one that runs is reached, and its process."""

    sip: int
    ami: int
    process: asyncio.subprocess.Process
    http: int = 0
    """Where ARI is; 0: nowhere."""
    tls: int = 0
    """Where the manager interface speaks TLS; 0: nowhere."""


def _folder_of(root: Path, below: str, file: str) -> str:
    """Where the package keeps a file, as Asterisk sees it."""
    found = next((root / below).rglob(file))
    return f"/{found.parent.relative_to(root)}"


@asynccontextmanager
async def asterisk(
    sip: int,
    ami: int,
    callee: int,
    *,
    other: int = 9,
    http: int = 0,
    tls: int = 0,
    certificate: Certificate | None = None,
) -> AsyncIterator[Asterisk]:
    """Run it; at the end of the block it is gone. Raises AssertionError with its log if it does not come up.

    All are ports. Calls go to the SIP port `callee`, those to 5xx to `other`; `http` is where ARI is to be,
    `tls` where the manager interface speaks TLS with this certificate.
    """
    root = TREE if ASTERISK[0] == "chroot" else Path("/")
    folder = Path(tempfile.mkdtemp(prefix="callboard-asterisk-", dir=root / "var/tmp"))
    values = {
        "folder": folder.relative_to(root),
        "manual": _manual(ami) if certificate is None else _manual(ami, tls, folder.name),
        "modules": _folder_of(root, "usr/lib", "asterisk/modules/chan_pjsip.so"),
        "data": _folder_of(root, "usr/share", "asterisk/documentation"),
        "loads": "\n".join(f"load = {name}.so" for name in _MODULES.split()),
        "secret": SECRET,
        "http_enabled": "yes" if http else "no",
        "sip": sip,
        "ami": ami,
        "callee": callee,
        "other": other,
        "http": http or 8088,
    }
    try:
        _furnish(folder, values)
        if certificate is not None:
            shutil.copy(certificate.file, folder / "manager.pem")
            shutil.copy(certificate.key, folder / "manager.key")
        log = folder / "output"
        with log.open("wb") as output, _urgent_signals():
            process = await asyncio.create_subprocess_exec(
                *(*_WITH_US, *ASTERISK, "-f", "-C", f"/{folder.relative_to(root)}/asterisk.conf"),
                stdout=output,
                stderr=output,
            )
        try:
            await _answers(process, ami, log)
            yield Asterisk(sip, ami, process, http, tls)
        except Exception as error:
            error.add_note(_end_of(log))
            raise
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    finally:
        shutil.rmtree(folder)


def _manual(ami: int, tls: int = 0, folder: str = "") -> str:
    """The lines of manager.conf that the manual tells people to paste; with a port for TLS those for that, too."""
    _, plain, *more = PAGE.read_text(encoding="utf-8").split("```ini\n")
    block = plain.partition("```")[0].replace("port = 5038", f"port = {ami}").replace("CHANGE-ME", SECRET)
    if not tls:
        return block
    secured = more[0].partition("```")[0].replace("0.0.0.0:5039", f"127.0.0.1:{tls}")
    return block.replace("[general]\n", secured.replace("/etc/asterisk/keys", f"/var/tmp/{folder}"), 1)


@contextmanager
def _urgent_signals() -> Iterator[None]:
    """Let what is started meanwhile have SIGURG, with which Asterisk wakes the threads of its manager interface.

    A process inherits what is blocked, and the SIP library of our embedded switch blocks this one where it is imported.
    An Asterisk without it tells its events when somebody asks something, and not when they happen.
    """
    before = signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGURG})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _furnish(folder: Path, values: dict[str, object]) -> None:
    for name, text in _FILES.items():
        (folder / name).write_text(text.format(**values), encoding="utf-8")
    (folder / "documentation").symlink_to(f"{values['data']}/documentation")
    for name in ("music/silence", "sounds/en/pbx-transfer", "sounds/en/beep", "sounds/en/beeperr"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.ulaw").write_bytes(b"\xff" * 800)


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
            await asyncio.wait_for(reader.readuntil(b"FullyBooted"), 10)
        except (TimeoutError, asyncio.IncompleteReadError):
            continue
        finally:
            writer.close()
        return
    raise AssertionError(_end_of(log))


def _end_of(log: Path) -> str:
    texts = [path.read_text(errors="replace") for path in (log, log.parent / "log") if path.exists()]
    return "\n".join(texts)[-4000:]
