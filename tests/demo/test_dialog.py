"""Dialogs: later requests of both ends find the other one (RFC 3261 section 12)."""

import msgspec

from callboard.demo.dialog import dialog_of_request, dialog_of_response
from callboard.demo.sip import Request, reply

ROUTES = (("Record-Route", "<sip:p2;lr>, <sip:p1;lr>"),)
INVITE = Request(
    method="INVITE",
    uri="sip:812@192.0.2.9",
    headers=(
        ("Via", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa"),
        *ROUTES,
        ("From", '"A" <sip:801@192.0.2.9>;tag=a'),
        ("To", "<sip:812@192.0.2.9>"),
        ("Call-ID", "x"),
        ("CSeq", "1 INVITE"),
        ("Contact", "<sip:801@192.0.2.1:5070>"),
    ),
)
ANSWER = reply(INVITE, 200, tag="b", headers=(("Contact", "<sip:812@192.0.2.2:5080>"),))


def test_the_callee_asks_the_callers_contact() -> None:
    dialog = dialog_of_request(INVITE, "b", "sip:fallback")
    bye = dialog.request("BYE", 7)
    assert bye.uri == "sip:801@192.0.2.1:5070"
    assert bye.first("From") == "<sip:812@192.0.2.9>;tag=b"
    assert bye.first("To") == '"A" <sip:801@192.0.2.9>;tag=a'
    assert (bye.call_id, bye.first("CSeq")) == ("x", "7 BYE")


def test_the_caller_asks_the_callees_contact() -> None:
    bye = dialog_of_response(ANSWER, "sip:fallback").request("BYE", 2)
    assert bye.uri == "sip:812@192.0.2.2:5080"
    assert bye.first("To") == "<sip:812@192.0.2.9>;tag=b"


def test_routes_are_taken_as_recorded_and_backwards_by_the_caller() -> None:
    assert dialog_of_request(INVITE, "b", "").routes == ("<sip:p2;lr>", "<sip:p1;lr>")
    assert dialog_of_response(ANSWER, "").routes == ("<sip:p1;lr>", "<sip:p2;lr>")
    assert dialog_of_response(ANSWER, "").next_hop == "sip:p1;lr"


def test_without_a_contact_the_fallback_is_asked() -> None:
    bare = msgspec.structs.replace(INVITE, headers=tuple(item for item in INVITE.headers if item[0] != "Contact"))
    assert dialog_of_request(bare, "b", "sip:192.0.2.1:5060").target == "sip:192.0.2.1:5060"
