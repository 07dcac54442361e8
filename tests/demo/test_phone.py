"""Two phones call each other directly: every way a call can go, on a good network and a bad one."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import count

import pytest

from callboard.demo.incoming import Behaviour, IncomingCall
from callboard.demo.phone import Phone
from callboard.demo.phone_call import CallOver, Refused
from callboard.demo.sip import Request, Response, encode, parse
from callboard.demo.transactions import Timers

PhoneMaker = Callable[..., Awaitable[Phone]]
Holds = Callable[[Callable[[], object]], Awaitable[None]]

pytestmark = pytest.mark.timeout(60)

IMPATIENT = Timers(t1=0.02, t2=0.1)
"""For tests that wait until the other side is given up: 1.3 s."""


class Callee:
    """A phone that keeps the calls it got."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.got: list[IncomingCall] = []

    def __call__(self, call: IncomingCall) -> Behaviour:
        self.got.append(call)
        return self.behaviour


@pytest.fixture
def pair(phone: PhoneMaker) -> Callable[..., Awaitable[tuple[Phone, Phone, Callee]]]:
    async def make(behaviour: Behaviour | None = None, **options: object) -> tuple[Phone, Phone, Callee]:
        callee = Callee(behaviour or Behaviour())
        called = await phone("200", behave=callee, **options)
        caller = await phone("100", server=called.address, name="Ada", **options)
        return caller, called, callee

    return make


Pair = Callable[..., Awaitable[tuple[Phone, Phone, Callee]]]


class TestAnswer:
    async def test_it_rings_is_answered_and_the_caller_hangs_up(self, pair: Pair, holds: Holds) -> None:
        caller, called, callee = await pair(Behaviour(delay=0.05, ring=0.05))
        call = await caller.call("200")
        await call.until("ringing")
        await call.until("answered")
        (other,) = callee.got
        assert (other.caller, other.caller_name, other.dialed) == ("100", "Ada", "200")
        assert other.source == caller.address
        await call.bye()
        assert (call.state, call.code) == ("ended", 200)
        await holds(lambda: other.state == "ended")
        assert (caller.calls, called.calls) == ((), ())

    async def test_the_callee_hangs_up(self, pair: Pair) -> None:
        caller, _, callee = await pair(Behaviour(talk=0.05))
        call = await caller.call("200")
        await call.until("ended")
        await callee.got[0].until("ended")
        assert call.code == callee.got[0].code == 200

    async def test_a_slow_phone_confirms_the_end_late(self, pair: Pair, holds: Holds) -> None:
        caller, _, callee = await pair(Behaviour(bye_delay=0.3))
        call = await caller.call("200")
        await call.until("answered")
        hanging_up = asyncio.ensure_future(call.bye())
        await holds(lambda: callee.got[0].state == "ending")
        assert call.state == "ending"
        await hanging_up
        assert callee.got[0].code == 200

    async def test_who_hangs_up_twice_waits_for_the_one_end(self, pair: Pair) -> None:
        caller, _, callee = await pair(Behaviour(bye_delay=0.1))
        call = await caller.call("200")
        await call.until("answered")
        await asyncio.gather(call.bye(), call.bye())
        await call.until("ending")
        assert (call.state, call.code, len(callee.got)) == ("ended", 200, 1)

    async def test_both_hang_up_at_once(self, pair: Pair) -> None:
        caller, _, callee = await pair()
        call = await caller.call("200")
        await call.until("answered")
        await asyncio.gather(call.bye(), callee.got[0].hang_up())
        assert call.code == callee.got[0].code == 200

    async def test_names_of_any_script_arrive(self, pair: Pair) -> None:
        caller, _, callee = await pair()
        call = await caller.call("200", name='Zoë "Zed" Müller')
        await call.until("answered")
        assert callee.got[0].caller_name == 'Zoë "Zed" Müller'


class TestNoAnswer:
    @pytest.mark.parametrize("code", [486, 503, 603])
    async def test_refused(self, pair: Pair, code: int) -> None:
        caller, _, callee = await pair(Behaviour(ring=0.05, code=code))
        call = await caller.call("200")
        with pytest.raises(CallOver) as over:
            await call.until("answered")
        assert over.value.code == call.code == callee.got[0].code == code

    async def test_cancelled_while_it_rings(self, pair: Pair, holds: Holds) -> None:
        caller, _, callee = await pair(Behaviour(code=0))
        call = await caller.call("200")
        await call.until("ringing")
        await call.cancel()
        assert call.code == 487
        await holds(lambda: callee.got[0].code == 487)

    async def test_cancelled_before_any_word_of_the_other_side(self, pair: Pair, holds: Holds) -> None:
        """A CANCEL waits for the first provisional answer (RFC 3261 section 9.1)."""
        caller, _, callee = await pair(Behaviour(ring=30.0))
        call = await caller.call("200")
        await asyncio.sleep(0)
        await call.cancel()
        assert call.code == 487
        await holds(lambda: callee.got[0].code == 487)

    async def test_an_answer_that_crosses_a_cancel_is_hung_up(self, pair: Pair, holds: Holds) -> None:
        caller, _, callee = await pair(Behaviour())
        call = await caller.call("200")
        cancelling = asyncio.ensure_future(call.cancel())
        await holds(lambda: callee.got and callee.got[0].state == "ended")
        await cancelling
        assert (call.code, callee.got[0].code) == (487, 200)

    async def test_nobody_there(self, pair: Pair) -> None:
        caller, _, _ = await pair(Behaviour(silent=True), timers=IMPATIENT)
        call = await caller.call("200")
        with pytest.raises(CallOver) as over:
            await call.until("answered")
        assert over.value.code == 408


class TestHold:
    async def test_either_side_holds_and_resumes(self, pair: Pair) -> None:
        caller, _, callee = await pair()
        call = await caller.call("200")
        await call.until("answered")
        other = callee.got[0]
        for holder, held in ((call, other), (other, call)):
            await holder.hold()
            assert (holder.state, held.state) == ("held", "held")
            assert (holder.holding, held.held_by_peer, held.holding) == (True, True, False)
            await holder.resume()
            assert (holder.state, held.state) == ("answered", "answered")

    async def test_a_call_held_from_both_sides_is_free_when_both_resumed(self, pair: Pair) -> None:
        caller, _, callee = await pair()
        call = await caller.call("200")
        await call.until("answered")
        await call.hold()
        await callee.got[0].hold()
        await call.resume()
        assert call.state == callee.got[0].state == "held"
        await callee.got[0].resume()
        assert call.state == callee.got[0].state == "answered"

    async def test_two_holds_that_cross_are_both_refused(self, pair: Pair) -> None:
        """RFC 3261 section 14.1: each side has an INVITE under way."""
        caller, _, callee = await pair()
        call = await caller.call("200")
        await call.until("answered")
        other = callee.got[0]
        results = await asyncio.gather(call.hold(), other.hold(), call.hold(), return_exceptions=True)
        assert [result.code for result in results if isinstance(result, Refused)] == [491, 491, 491]
        assert call.state == other.state == "answered"
        await call.hold()
        assert call.state == other.state == "held"

    async def test_a_held_call_can_be_hung_up(self, pair: Pair) -> None:
        caller, _, _ = await pair()
        call = await caller.call("200")
        await call.until("answered")
        await call.hold()
        await call.bye()
        assert call.code == 200

    async def test_no_hold_before_the_answer_or_after_the_end(self, pair: Pair) -> None:
        caller, _, _ = await pair(Behaviour(ring=30.0))
        call = await caller.call("200")
        await call.until("ringing")
        with pytest.raises(CallOver):
            await call.hold()
        await call.cancel()
        with pytest.raises(CallOver):
            await call.hold()


class TestVanishing:
    async def test_a_phone_that_vanished_says_nothing_more(self, pair: Pair) -> None:
        caller, _, callee = await pair(Behaviour(vanish_after=0.0), timers=IMPATIENT)
        call = await caller.call("200")
        await call.until("answered")
        await callee.got[0].until("ended")
        with pytest.raises(CallOver) as over:
            await call.hold()
        assert over.value.code == call.code == 408

    async def test_a_probing_phone_finds_out(self, pair: Pair) -> None:
        caller, _, _ = await pair(Behaviour(vanish_after=0.1), probe=0.1, timers=IMPATIENT)
        call = await caller.call("200")
        await call.until("ended")
        assert call.code == 408

    async def test_a_phone_that_forgot_the_call_says_so(self, pair: Pair, phone: PhoneMaker) -> None:
        caller, called, callee = await pair()
        call = await caller.call("200")
        await call.until("answered")
        callee.got[0].vanish()
        address = called.address
        await called.close()
        await phone("200", bind=address)
        with pytest.raises(CallOver) as over:
            await call.hold()
        assert over.value.code == 481


class TestBadNetwork:
    @pytest.mark.parametrize("nth", [3, 4, 7])
    async def test_calls_go_well_though_every_nth_packet_is_lost(
        self, phone: PhoneMaker, nth: int, holds: Holds
    ) -> None:
        sent = count(1)
        callee = Callee(Behaviour(ring=0.1))
        called = await phone("200", behave=callee, loses=lambda packet: next(sent) % nth == 0)
        caller = await phone("100", server=called.address, loses=lambda packet: next(sent) % nth == 0)
        for _ in range(3):
            call = await caller.call("200")
            await call.until("answered")
            await call.hold()
            await call.resume()
            await call.bye()
            assert call.code == 200
            await holds(lambda: callee.got[-1].state == "ended")
        assert len(callee.got) == 3

    async def test_an_answer_nobody_acknowledges_is_hung_up(self, phone: PhoneMaker) -> None:
        """RFC 3261 section 13.3.1.4."""
        callee = Callee(Behaviour())
        called = await phone("200", behave=callee, timers=IMPATIENT)
        caller = await phone("100", server=called.address, loses=lambda packet: packet.startswith(b"ACK"))
        call = await caller.call("200")
        await call.until("answered")
        await call.until("ended")
        await callee.got[0].until("ended")
        assert (call.code, callee.got[0].code) == (200, 200)

    async def test_junk_is_ignored(self, pair: Pair) -> None:
        caller, called, _ = await pair()
        loop = asyncio.get_running_loop()
        host, _, port = called.address.rpartition(":")
        transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=(host, int(port)))
        for junk in (b"", b"\r\n\r\n", b"\xff" * 2000, b"SIP/2.0 200 OK\r\n\r\n", b"INVITE sip:x SIP/2.0\r\n\r\n"):
            transport.sendto(junk)
        transport.close()
        call = await caller.call("200")
        await call.until("answered")


class Raw(asyncio.DatagramProtocol):
    """A socket that speaks SIP by hand."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[Request | Response] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.heard.put_nowait(parse(data))

    async def next_response(self) -> Response:
        async with asyncio.timeout(20):
            message = await self.heard.get()
        assert isinstance(message, Response)
        return message


def by_hand(method: str, *, tag: str = "", branch: str = "1", sequence: int = 1, **headers: str) -> bytes:
    to = "<sip:200@h>" + (f";tag={tag}" if tag else "")
    fixed = (
        ("Via", f"SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK{branch}"),
        ("From", headers.pop("sender", "<sip:raw@h>;tag=raw")),
        ("To", to),
        ("Call-ID", "by-hand"),
        ("CSeq", f"{sequence} {method}"),
    )
    return encode(Request(method=method, uri="sip:200@h", headers=(*fixed, *headers.items())))


class TestManners:
    @pytest.fixture
    async def raw(self, phone: PhoneMaker) -> tuple[Raw, asyncio.DatagramTransport, Callee]:
        callee = Callee(Behaviour(ring=30.0))
        called = await phone("200", behave=callee)
        host, _, port = called.address.rpartition(":")
        loop = asyncio.get_running_loop()
        transport, protocol = await loop.create_datagram_endpoint(Raw, remote_addr=(host, int(port)))
        return protocol, transport, callee

    async def test_outside_a_call(self, raw: tuple[Raw, asyncio.DatagramTransport, Callee]) -> None:
        protocol, transport, _ = raw
        for number, (method, tag, code) in enumerate(
            [("OPTIONS", "", 200), ("SUBSCRIBE", "", 405), ("BYE", "unknown", 481), ("CANCEL", "", 481)]
        ):
            transport.sendto(by_hand(method, tag=tag, branch=f"o{number}"))
            response = await protocol.next_response()
            assert (response.code, response.sequence_method) == (code, method)
        transport.sendto(by_hand("INVITE", branch="bad", sender='"broken'))
        assert (await protocol.next_response()).code == 400
        transport.close()

    async def test_inside_a_call(self, raw: tuple[Raw, asyncio.DatagramTransport, Callee]) -> None:
        protocol, transport, callee = raw
        transport.sendto(by_hand("INVITE", sequence=5))
        ringing = await protocol.next_response()
        tag = ringing.first("To").rpartition("tag=")[2]
        transport.sendto(by_hand("INVITE", sequence=5))
        assert (await protocol.next_response()).code == 180
        assert len(callee.got) == 1
        for number, (method, sequence, code) in enumerate(
            [("INFO", 6, 200), ("REFER", 7, 405), ("OPTIONS", 6, 500), ("INVITE", 8, 488)]
        ):
            transport.sendto(by_hand(method, tag=tag, branch=f"i{number}", sequence=sequence))
            response = await protocol.next_response()
            assert (response.code, response.sequence_method) == (code, method)
        transport.close()


class Registrar(asyncio.DatagramProtocol):
    """Grants half of what is asked, to those who answered the challenge, and none to user 403."""

    def __init__(self) -> None:
        self.transport: asyncio.DatagramTransport
        self.bindings: list[tuple[str, str]] = []

    @property
    def address(self) -> str:
        host, port = self.transport.get_extra_info("sockname")
        return f"{host}:{port}"

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        request = parse(data)
        assert isinstance(request, Request)
        extra: tuple[tuple[str, str], ...] = ()
        contact, expires = request.first("Contact"), request.first("Expires")
        if "sip:403@" in request.first("To"):
            code = 403
        elif not request.first("Authorization"):
            code, extra = 401, (("WWW-Authenticate", 'Digest realm="r", nonce="n", qop="auth"'),)
        else:
            self.bindings.append((contact, expires))
            code, extra = 200, (("m", f"<sip:else@where>;expires=7, {contact};expires={int(expires) // 2}"),)
        kept = tuple(item for item in request.headers if item[0] in ("Via", "From", "To", "Call-ID", "CSeq"))
        self.transport.sendto(encode(Response(code=code, headers=(*kept, *extra))), addr)


class TestRegistration:
    @pytest.fixture
    async def registrar(self) -> AsyncIterator[Registrar]:
        loop = asyncio.get_running_loop()
        transport, registrar = await loop.create_datagram_endpoint(Registrar, local_addr=("127.0.0.1", 0))
        registrar.transport = transport
        yield registrar
        transport.close()

    async def test_it_registers_with_credentials_and_goes(self, phone: PhoneMaker, registrar: Registrar) -> None:
        new = await phone("101", server=registrar.address)
        assert await new.register(120) == 60
        await new.unregister()
        assert registrar.bindings == [(f"<sip:101@{new.address}>", "120"), (f"<sip:101@{new.address}>", "0")]

    async def test_a_refusal_is_told(self, phone: PhoneMaker, registrar: Registrar) -> None:
        with pytest.raises(Refused) as refused:
            await (await phone("403", server=registrar.address)).register()
        assert refused.value.code == 403

    async def test_no_switch_at_all(self, phone: PhoneMaker) -> None:
        silent = await phone("1", behave=Callee(Behaviour(silent=True)))
        address = silent.address
        await silent.close()
        with pytest.raises(Refused) as refused:
            await (await phone("101", server=address, timers=IMPATIENT)).register()
        assert refused.value.code == 408


class TestSwitchingOff:
    async def test_calls_are_hung_up(self, pair: Pair, holds: Holds) -> None:
        caller, called, callee = await pair(Behaviour(ring=0.05))
        answered = await caller.call("200")
        await answered.until("answered")
        callee.behaviour = Behaviour(code=0)
        ringing = await caller.call("200")
        await ringing.until("ringing")
        await caller.close()
        assert (answered.code, ringing.code) == (200, 487)
        await holds(lambda: not called.calls)
