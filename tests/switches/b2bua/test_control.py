"""The talk with the engine: what each message is answered with, and in which order."""

import pytest
from msgspec.structs import replace

from callboard.calls.events import LegAuthenticating, LegDescribed, LegRouting, LegSeen, SwitchListed
from callboard.calls.state import State
from callboard.switches.b2bua import wire
from callboard.switches.b2bua.control import CallControl, Pace
from callboard.switches.b2bua.registrar import Registrar
from callboard.switches.b2bua.translate import Translator
from tests.switches.b2bua.town import CARRIER, NOW, PBX, PHONE, SETTINGS, came, gate, sign, town

URI = "sip:812@203.0.113.1"


def control(pace: Pace | None = None) -> CallControl:
    """The control of a fresh engine."""
    directory = town()
    return CallControl(SETTINGS, directory, gate(directory), Registrar(SETTINGS), Translator("b2bua", "k1"), pace)


def say(made: CallControl, message: wire.FromEngine, now: float = NOW) -> wire.ToEngine | None:
    """What one message is answered with."""
    made.accept(message, now)
    replies, _ = made.drain()
    assert len(replies) <= 1
    return replies[0] if replies else None


def credentials(header: str, user: str = "801", password: str = "", dialed: str = "812") -> wire.Credentials:
    """The INVITE of call 1 again, signed."""
    uri = f"sip:{dialed}@203.0.113.1"
    signed = sign(header, user, password or f"sip-{user}", "INVITE", uri)
    return wire.Credentials(call="1", at=NOW, source=PHONE, dialed=dialed, uri=uri, authorization=signed)


def register(made: CallControl, user: str = "812", expires: int = 300) -> wire.ToEngine | None:
    """A phone registers with its password."""
    contact = wire.Contact(uri=f"sip:{user}@10.0.0.9:5060", expires=expires)
    values = {"at": NOW, "source": "192.0.2.60:4000", "user": user, "uri": "sip:203.0.113.1", "sip_call_id": "r@phone"}
    asked = say(made, wire.Register(ask=1, sequence=1, contacts=(contact,), **values))  # type: ignore[arg-type]
    assert isinstance(asked, wire.Registered)
    assert asked.code == 401
    signed = sign(asked.headers[0], user, f"sip-{user}", "REGISTER", "sip:203.0.113.1")
    message = wire.Register(ask=2, sequence=2, contacts=(contact,), authorization=signed, **values)  # type: ignore[arg-type]
    return say(made, message)


def test_a_phone_registers_is_called_and_leaves() -> None:
    made = control()
    assert register(made) == wire.Registered(
        ask=2, code=200, text="OK", contacts=(wire.Contact(uri="sip:812@10.0.0.9:5060", expires=300),)
    )
    challenge = say(made, came())
    assert isinstance(challenge, wire.Challenge)
    route = say(made, credentials(challenge.headers[0]))
    assert isinstance(route, wire.Route)
    assert [(target.address, target.uri, target.caller) for target in route.targets] == [
        ("192.0.2.60:4000", "sip:812@10.0.0.9:5060", "801")
    ]


def test_a_registration_out_of_order_is_refused() -> None:
    made = control()
    register(made)
    assert register(made) == wire.Registered(ask=2, code=500, text="CSeq is out of order")


def test_the_table_sees_each_step_of_a_challenged_call() -> None:
    made = control()
    made.accept(came(dialed="4930"), NOW)
    (challenge,), events = made.drain()
    assert [type(event) for event in events] == [LegSeen, LegAuthenticating]
    assert isinstance(challenge, wire.Challenge)
    made.accept(credentials(challenge.headers[0], dialed="4930"), NOW)
    (route,), events = made.drain()
    assert isinstance(route, wire.Route)
    assert [type(event) for event in events] == [LegDescribed, LegRouting]


def test_a_trusted_caller_is_routed_at_once() -> None:
    made = control()
    made.accept(came(source=PBX, dialed="004930555"), NOW)
    (route,), events = made.drain()
    assert isinstance(route, wire.Route)
    assert [target.address for target in route.targets] == ["198.51.100.1:5060", "198.51.100.2:5060"]
    assert [type(event) for event in events] == [LegSeen, LegDescribed, LegRouting]


@pytest.mark.parametrize(
    ("source", "dialed", "code"),
    [(PBX, "812", 480), (PBX, "nobody", 404), (PBX, "899", 403), (CARRIER, "4930", 404), ("198.51.100.4:1", "1", 403)],
)
def test_refusals(source: str, dialed: str, code: int) -> None:
    answer = say(control(), came(source=source, dialed=dialed))
    assert isinstance(answer, wire.Refuse)
    assert answer.code == code


def test_a_call_is_not_challenged_for_ever() -> None:
    made = control()
    answer = say(made, came())
    for _ in range(2):
        assert isinstance(answer, wire.Challenge)
        answer = say(made, credentials(answer.headers[0], password="wrong"))
    assert isinstance(answer, wire.Challenge)
    assert say(made, credentials(answer.headers[0], password="wrong")) == wire.Refuse(
        call="1", code=403, text="Forbidden"
    )
    assert say(made, credentials(answer.headers[0])) is None, "it was refused already"


def test_messages_that_do_not_fit_are_not_answered() -> None:
    made = control()
    stray = wire.Credentials(call="1", at=NOW, source=PHONE, dialed="812", uri=URI, authorization="")
    assert say(made, stray) is None
    assert isinstance(say(made, came(source=PBX, dialed="4930")), wire.Route)
    assert say(made, stray) is None
    assert say(made, came(source=PBX, dialed="4930")) is None, "an id is not used twice"


def test_a_call_that_ended_while_it_waited_is_not_routed() -> None:
    made = control(lambda source, step: 2.0 if step == "route" else 0.0)
    assert say(made, came(source=PBX, dialed="4930")) is None
    say(made, wire.Ended(call="1", at=NOW + 1, by="caller", code=487))
    made.wake(NOW + 3)
    assert made.drain() == ([], [])
    assert made.next_due is None


def test_a_call_that_the_list_lacks_is_not_waited_for() -> None:
    made = control()
    challenge = say(made, came())
    assert isinstance(challenge, wire.Challenge)
    made.accept(wire.Listed(ask=1, at=NOW + 30, calls=()), NOW + 30)
    _, (event,) = made.drain()
    assert isinstance(event, SwitchListed)
    assert say(made, credentials(challenge.headers[0])) is None


def test_paced_calls_wait_in_each_state_and_others_do_not() -> None:
    made = control(lambda source, step: {"admit": 1.0, "route": 2.0}[step] if source == PBX else 0.0)
    made.accept(came("slow", source=PBX, dialed="4930"), NOW)
    made.accept(came("quick", source=CARRIER, dialed="442071234567"), NOW)
    replies, events = made.drain()
    assert [reply.call for reply in replies if isinstance(reply, wire.Refuse)] == ["quick"]
    assert [type(event) for event in events] == [LegSeen, LegSeen, LegRouting]
    seen = events[0]
    assert isinstance(seen, LegSeen)
    assert seen.leg.state is State.NEW
    assert made.next_due == NOW + 1
    made.wake(NOW + 0.9)
    assert made.drain() == ([], [])
    made.wake(NOW + 1)
    replies, events = made.drain()
    assert replies == []
    assert [type(event) for event in events] == [LegDescribed, LegRouting]
    assert made.next_due == NOW + 3
    made.wake(NOW + 3)
    (route,), _ = made.drain()
    assert isinstance(route, wire.Route)


def test_what_is_dialed_and_from_where_counts_as_it_was_signed() -> None:
    """Asked for one number, signed for another: the nonce does not fit, and what is called is what was signed."""
    made = control()
    cheap = say(made, came(dialed="812"))
    assert isinstance(cheap, wire.Challenge)
    dear = say(made, credentials(cheap.headers[0], dialed="4930555"))
    assert isinstance(dear, wire.Challenge)
    route = say(made, credentials(dear.headers[0], dialed="4930555"))
    assert isinstance(route, wire.Route)
    assert {target.uri.partition("@")[0] for target in route.targets} == {"sip:4930555"}


def test_an_invite_that_comes_again_from_elsewhere_is_judged_by_where_it_comes_from() -> None:
    made = control()
    challenge = say(made, came(dialed="4930555"))
    assert isinstance(challenge, wire.Challenge)
    again = credentials(challenge.headers[0], password="wrong", dialed="4930555")
    assert isinstance(say(made, replace(again, source=PBX)), wire.Route)


def test_credentials_that_come_twice_are_taken_once() -> None:
    made = control(lambda source, step: 5.0 if step == "route" else 0.0)
    challenge = say(made, came(dialed="4930555"))
    assert isinstance(challenge, wire.Challenge)
    signed = credentials(challenge.headers[0], dialed="4930555")
    assert say(made, signed) is None
    assert say(made, replace(signed, dialed="899")) is None
    made.wake(NOW + 6)
    (route,), _ = made.drain()
    assert isinstance(route, wire.Route)
    assert {target.uri.partition("@")[0] for target in route.targets} == {"sip:4930555"}
