"""SIPp as an outside judge: plays put together from acts, run by the real program.

A play is acts in the order in which they happen. SIPp ends with success only if every message came as the play says,
so its exit code is the verdict on our SIP.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec

__all__ = ["INSTALL", "SIPP", "Act", "Callee", "Caller", "Sipp", "SippError", "pause", "play"]

SIPP: Final = shutil.which("sipp")
INSTALL: Final = "SIPp is not installed: apt-get install sip-tester"

Act = tuple[str, ...]
"""One or more of SIPp's messages."""

_BRANCH_OF_INVITE = "[branch of invite]"
_OPTIONAL = ' optional="true"'
_RETRANSMITTED = ' retrans="500"'
_CONFIRMED = ("SIP/2.0 200 OK", "[last_Via:]", "[last_From:]", "[last_To:]", "[last_Call-ID:]", "[last_CSeq:]")


def play(name: str, *acts: Act) -> str:
    """A whole SIPp scenario."""
    messages = [message for act in acts for message in act]
    invited = 0
    for index, message in enumerate(messages):
        if "\nINVITE " in message:
            invited = index
        # CANCEL, and ACK to a refusal, belong to the INVITE's transaction (RFC 3261 sections 9.1 and 17.1.1.3).
        messages[index] = message.replace(_BRANCH_OF_INVITE, f"[branch-{index - invited}]")
    body = "\n".join(messages)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="{name}">\n{body}\n</scenario>\n'


def pause(milliseconds: int) -> Act:
    """Nothing happens for a while."""
    return (f'<pause milliseconds="{milliseconds}"/>',)


def _sdp(media: str, direction: str = "", version: int = 1) -> str:
    lines = [
        "v=0",
        f"o=sipp 1 {version} IN IP4 {media}",
        "s=-",
        f"c=IN IP4 {media}",
        "t=0 0",
        "m=audio 6000 RTP/AVP 0",
        "a=rtpmap:0 PCMU/8000",
    ]
    return "\n".join([*lines, f"a={direction}"] if direction else lines)


def _send(lines: Iterable[str], body: str = "", more: str = "") -> Act:
    content = ["Content-Type: application/sdp", "Content-Length: [len]", "", body] if body else ["Content-Length: 0"]
    text = "\n".join([*lines, *content])
    return (f"<send{more}><![CDATA[\n{text}\n\n]]></send>",)


def _response(code: int, more: str = "") -> Act:
    return (f'<recv response="{code}"{more}/>',)


def _request(method: str, more: str = "") -> Act:
    return (f'<recv request="{method}"{more}/>',)


def _hung_up(thinking: int = 0) -> Act:
    return _request("BYE") + (pause(thinking) if thinking else ()) + _send(_CONFIRMED)


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """The acts of a calling phone: an account with its password, and the address its media comes from."""

    user: str
    password: str = ""
    media: str = "127.0.0.2"

    def _lines(self, method: str, sequence: int, *, branch: str = "[branch]", to: str = "") -> list[str]:
        within = to == ""
        return [
            f"{method} {'[next_url]' if within else 'sip:[service]@[remote_ip]:[remote_port]'} SIP/2.0",
            f"Via: SIP/2.0/UDP [local_ip]:[local_port];branch={branch}",
            f"From: <sip:{self.user}@[local_ip]:[local_port]>;tag=[pid]SIPp[call_number]",
            to or "To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]",
            "Call-ID: [call_id]",
            f"CSeq: {sequence} {method}",
            f"Contact: <sip:{self.user}@[local_ip]:[local_port]>",
            "Max-Forwards: 70",
        ]

    def invite(self, sequence: int = 1, *, signed: bool = False) -> Act:
        """INVITE with SDP, with credentials if `signed`."""
        lines = self._lines("INVITE", sequence, to="To: <sip:[service]@[remote_ip]:[remote_port]>")
        if signed:
            lines.append(f"[authentication username={self.user} password={self.password}]")
        return _send(lines, _sdp(self.media), _RETRANSMITTED)

    def challenged(self, thinking: int = 0) -> Act:
        """401 comes; we acknowledge it, think for so many milliseconds, and call again with credentials."""
        challenge = _response(100, _OPTIONAL) + _response(401, ' auth="true"') + self._acknowledge_refusal(1)
        return challenge + (pause(thinking) if thinking else ()) + self.invite(2, signed=True)

    def _acknowledge_refusal(self, sequence: int) -> Act:
        return _send(self._lines("ACK", sequence, branch=_BRANCH_OF_INVITE, to="[last_To:]"))

    def trying(self) -> Act:
        """Provisional answers may come."""
        return _response(100, _OPTIONAL) + _response(180, _OPTIONAL) + _response(183, _OPTIONAL)

    def rings(self) -> Act:
        """It rings."""
        return _response(100, _OPTIONAL) + _response(180)

    def answered(self, sequence: int = 2) -> Act:
        """200 comes; we acknowledge."""
        return _response(200, ' rrs="true"') + _send(self._lines("ACK", sequence))

    def refused(self, code: int, sequence: int = 2) -> Act:
        """A final refusal comes; we acknowledge."""
        return _response(code) + self._acknowledge_refusal(sequence)

    def media_turns(self, direction: str, sequence: int) -> Act:
        """Re-INVITE with another direction of media, and it is agreed to."""
        again = _send(self._lines("INVITE", sequence), _sdp(self.media, direction, sequence), _RETRANSMITTED)
        return again + _response(100, _OPTIONAL) + _response(200) + _send(self._lines("ACK", sequence))

    def bye(self, sequence: int = 3) -> Act:
        """We hang up, and it is confirmed."""
        return _send(self._lines("BYE", sequence), more=_RETRANSMITTED) + _response(200)

    def cancel(self, sequence: int = 2) -> Act:
        """We give up while it rings: 200 for the CANCEL, 487 for the INVITE."""
        to = "To: <sip:[service]@[remote_ip]:[remote_port]>"
        lines = self._lines("CANCEL", sequence, branch=_BRANCH_OF_INVITE, to=to)
        return _send(lines, more=_RETRANSMITTED) + _response(200) + self.refused(487, sequence)

    def transfer(self, target: str, sequence: int) -> Act:
        """REFER to a number; after whatever is told of it, we hang up (RFC 3515, RFC 5589 section 6)."""
        referred = [*self._lines("REFER", sequence), f"Refer-To: <sip:{target}@[remote_ip]:[remote_port]>"]
        confirm = _send(_CONFIRMED, more=' next="listen"')
        told = ('<label id="listen"/>', '<recv request="NOTIFY" timeout="500" ontimeout="leave"/>', *confirm)
        leave = ('<label id="leave"/>', *self.bye(sequence + 1))
        return (*_send(referred, more=_RETRANSMITTED), *_response(202), *told, *leave)

    def hung_up(self) -> Act:
        """BYE comes; we confirm."""
        return _hung_up()


class Callee(msgspec.Struct, frozen=True, kw_only=True):
    """The acts of whoever is called."""

    media: str = "127.0.0.3"

    def _lines(self, status: str, *, sequence: str = "[last_CSeq:]", tagged: bool = False) -> list[str]:
        return [
            f"SIP/2.0 {status}",
            "[last_Via:]",
            "[last_From:]",
            "[last_To:]" if tagged else "[last_To:];tag=[pid]SIPp[call_number]",
            "[last_Call-ID:]",
            sequence,
            "Contact: <sip:[local_ip]:[local_port];transport=[transport]>",
        ]

    def invited(self) -> Act:
        """An INVITE comes."""
        return _request("INVITE", ' rrs="true"')

    def trying(self) -> Act:
        """100: whoever calls need not repeat the INVITE, however long we think on a busy machine."""
        return _send(self._lines("100 Trying"))

    def ring(self) -> Act:
        """180."""
        return _send(self._lines("180 Ringing"))

    def early(self) -> Act:
        """183 with SDP."""
        return _send(self._lines("183 Session Progress"), _sdp(self.media))

    def answer(self) -> Act:
        """200 with SDP, and the ACK comes."""
        return _send(self._lines("200 OK"), _sdp(self.media), _RETRANSMITTED) + _request("ACK", ' rrs="true"')

    def refuse(self, status: str) -> Act:
        """A final refusal, and the ACK comes."""
        return _send(self._lines(status), more=_RETRANSMITTED) + _request("ACK")

    def media_turns(self, direction: str) -> Act:
        """A re-INVITE comes; we agree to its direction of media."""
        agreed = _send(self._lines("200 OK", tagged=True), _sdp(self.media, direction, 2), _RETRANSMITTED)
        return _request("INVITE") + agreed + _request("ACK")

    def cancelled(self) -> Act:
        """CANCEL comes; we confirm it and end the INVITE with 487."""
        ended = self._lines("487 Request Terminated", sequence="CSeq: [cseq] INVITE")
        return _request("CANCEL") + _send(_CONFIRMED) + _send(ended, more=_RETRANSMITTED) + _request("ACK")

    def hung_up(self) -> Act:
        """BYE comes; we confirm."""
        return _hung_up()

    def asked_to_hang_up(self, thinking: int) -> Act:
        """BYE comes; we confirm after so many milliseconds, during which it may be repeated."""
        return _hung_up(thinking)

    def bye(self) -> Act:
        """We hang up, and it is confirmed. The call came with `invited_by_name`."""
        lines = [
            "BYE [next_url] SIP/2.0",
            "Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]",
            "From: [$callee]",
            "To: [$caller]",
            "Call-ID: [call_id]",
            "CSeq: 1 BYE",
            "Max-Forwards: 70",
        ]
        return _send(lines, more=_RETRANSMITTED) + _response(200)

    def invited_by_name(self) -> Act:
        """An INVITE comes; we note both parties, so as to hang up later."""
        note = "".join(
            f'<ereg regexp=".*" search_in="hdr" header="{header}:" assign_to="{name}"/>'
            for header, name in (("From", "caller"), ("To", "called"))
        )
        tag = '<assignstr assign_to="callee" value="[$called];tag=[pid]SIPp[call_number]"/>'
        return (f'<recv request="INVITE" rrs="true"><action>{note}{tag}</action></recv>',)


class SippError(AssertionError):
    """SIPp saw something else than its play says."""


class Sipp:
    """One run of the program."""

    def __init__(self, process: asyncio.subprocess.Process, errors: Path) -> None:
        self._process = process
        self._errors = errors

    async def ended(self) -> bytes:
        """Wait for the end, whatever it is; what was printed."""
        output, _ = await self._process.communicate()
        return output

    async def verdict(self) -> None:
        """Wait for the end of the play. Raises `SippError` with what SIPp says if it went otherwise."""
        output = await self.ended()
        if self._process.returncode != 0:
            errors = self._errors.read_text(errors="replace") if self._errors.exists() else ""
            tail = output.decode(errors="replace")[-2000:]
            raise SippError(f"SIPp ended with {self._process.returncode}\n{errors[:3000]}\n{tail}")


@asynccontextmanager
async def run(folder: Path, name: str, scenario: str, *options: str) -> AsyncIterator[Sipp]:
    """Run a play; at the end of the block the program is gone in any case."""
    assert SIPP is not None
    file, errors = folder / f"{name}.xml", folder / f"{name}.errors"
    file.write_text(scenario, encoding="utf-8")
    fixed = ["-sf", str(file), "-i", "127.0.0.1", "-nostdin", "-timeout_error"]
    if "-timeout" not in options:
        fixed += ["-timeout", "60"]
    process = await asyncio.create_subprocess_exec(
        SIPP,
        *fixed,
        *("-trace_err", "-error_file", str(errors)),
        *options,
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield Sipp(process, errors)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
