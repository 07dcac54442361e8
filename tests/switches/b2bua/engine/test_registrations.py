"""REGISTER: what Callboard is asked, and what the phone is answered."""

from collections.abc import Callable

import pytest

from callboard.switches.b2bua import wire
from callboard.switches.b2bua.wire import Contact
from tests.switches.b2bua.engine.harness import Engine, Inside, Peer, until

Peers = Callable[..., Peer]


def register(peer: Peer, *contacts: str, expires: str = "", headers: str = "") -> None:
    """Send a REGISTER with these Contact values."""
    text = peer.request("REGISTER", uri="sip:127.0.0.1", to="<sip:101@127.0.0.1>", headers=headers)
    lines = "".join(f"Contact: {contact}\r\n" for contact in contacts)
    lines += f"Expires: {expires}\r\n" if expires else ""
    peer.send(text.replace(f"Contact: {peer.contact}\r\n", lines))
    peer.sequence += 1


def test_a_phone_registers(engine: Engine, peers: Peers) -> None:
    phone = peers(engine)
    register(phone, phone.contact, expires="600")
    ask = engine.expect(wire.Register)
    assert (ask.user, ask.source, ask.uri, ask.sequence) == ("101", phone.at, "sip:127.0.0.1", 1)
    assert ask.sip_call_id == phone.call_id
    assert ask.contacts == (Contact(uri=f"sip:peer@{phone.at}", expires=600),)
    contacts = (Contact(uri=f"sip:peer@{phone.at}", expires=599), Contact(uri="sip:101@127.0.0.9", expires=60))
    engine.send(wire.Registered(ask=ask.ask, code=200, text="OK", contacts=contacts))
    ok = phone.expect(200, "REGISTER")
    assert ok.all("contact") == [f"<sip:peer@{phone.at}>;expires=599", "<sip:101@127.0.0.9>;expires=60"]
    assert ok.tag("to")


def test_a_phone_is_challenged(engine: Engine, peers: Peers) -> None:
    phone = peers(engine)
    register(phone, phone.contact)
    challenges = ('Digest realm="a", nonce="1", algorithm=SHA-256', 'Digest realm="a", nonce="1"')
    engine.send(
        wire.Registered(ask=engine.expect(wire.Register).ask, code=401, text="Unauthorized", headers=challenges)
    )
    assert tuple(phone.expect(401).all("www-authenticate")) == challenges
    register(phone, phone.contact, headers='Authorization: Digest username="101"\r\n')
    ask = engine.expect(wire.Register)
    assert (ask.authorization, ask.sequence) == ('Digest username="101"', 2)
    engine.send(wire.Registered(ask=ask.ask, code=403, text="Forbidden"))
    assert phone.expect(403).code == 403


@pytest.mark.parametrize(
    ("values", "expires", "asked"),
    [
        (("<sip:a@192.0.2.1>;expires=30",), "600", (Contact(uri="sip:a@192.0.2.1", expires=30),)),
        (("<sip:a@192.0.2.1>",), "", (Contact(uri="sip:a@192.0.2.1", expires=3600),)),
        (("<sip:a@192.0.2.1>;expires=soon",), "9", (Contact(uri="sip:a@192.0.2.1", expires=3600),)),
        (("<sip:a@192.0.2.1>;expires=0",), "", (Contact(uri="sip:a@192.0.2.1", expires=0),)),
        (
            ("<sip:a@192.0.2.1;transport=udp>, <sip:b@192.0.2.2>;expires=7",),
            "8",
            (Contact(uri="sip:a@192.0.2.1;transport=udp", expires=8), Contact(uri="sip:b@192.0.2.2", expires=7)),
        ),
        ((), "", ()),
    ],
)
def test_bindings_are_read(
    engine: Engine, peers: Peers, values: tuple[str, ...], expires: str, asked: tuple[Contact, ...]
) -> None:
    register(peers(engine), *values, expires=expires)
    ask = engine.expect(wire.Register)
    assert (ask.contacts, ask.remove_all) == (asked, False)


def test_a_star_removes_all(engine: Engine, peers: Peers) -> None:
    register(peers(engine), "*", expires="0")
    ask = engine.expect(wire.Register)
    assert (ask.contacts, ask.remove_all) == ((), True)


@pytest.mark.parametrize(
    ("values", "expires"),
    [(("*",), "10"), (("*",), ""), (("*", "<sip:a@192.0.2.1>"), "0"), (("<sip:a@192.0.2.1>",) * 11, "60")],
)
def test_what_cannot_be_meant_is_refused(engine: Engine, peers: Peers, values: tuple[str, ...], expires: str) -> None:
    phone = peers(engine)
    register(phone, *values, expires=expires)
    assert phone.expect(400).code == 400
    assert not engine.told(wire.Register)


def test_a_repeated_register_is_asked_once(engine: Engine, peers: Peers) -> None:
    phone = peers(engine)
    text = phone.request("REGISTER")
    phone.send(text)
    phone.send(text)
    ask = engine.expect(wire.Register)
    engine.send(wire.Registered(ask=ask.ask, code=200, text="OK"))
    phone.expect(200)
    phone.send(text)
    assert phone.expect(200).code == 200
    engine.pulse()
    assert len(engine.told(wire.Register)) == 1


def test_without_an_answer_the_phone_is_told_to_come_later(inside: Callable[..., Inside], peers: Peers) -> None:
    engine = inside()
    phone = peers(engine)
    register(phone, phone.contact)
    ask = engine.expect(wire.Register)
    engine.advance(6)
    assert phone.expect(503)["retry-after"] == "5"
    engine.send(wire.Registered(ask=ask.ask, code=200, text="OK"))
    assert until(lambda: engine.told(wire.Pulse)[-1].transactions == 0)
    assert not engine.told(wire.Trouble)
