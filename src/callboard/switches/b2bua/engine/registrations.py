"""REGISTER: Callboard keeps the bindings, the engine asks it and answers the phone (RFC 3261 section 10.3)."""

import itertools
from typing import Any

from callboard.switches.b2bua import wire
from callboard.switches.b2bua.engine.context import Context
from callboard.switches.b2bua.engine.dialog import new_tag
from callboard.switches.b2bua.engine.messages import clean, header, header_text, respond, words
from callboard.switches.b2bua.engine.timers import Timer

__all__ = ["Registrations"]

_ANSWER_TIME = 5.0
"""Seconds Callboard may take."""
_MAX_WAITING = 5000
_MAX_CONTACTS = 10
_DEFAULT_EXPIRES = 3600
_LONGEST = 2**32 - 1


class Registrations:
    """The REGISTER requests that wait for Callboard's answer."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._asks = itertools.count(1)
        self._waiting: dict[int, tuple[Any, Any, Timer]] = {}

    def register(self, request: Any, transaction: Any) -> Any:
        """Ask about a REGISTER. Returns what its handler is to return."""
        try:
            contacts, remove_all = _contacts(request)
        except ValueError as error:
            self._answer(request, transaction, 400, str(error))
            return None
        if len(self._waiting) >= _MAX_WAITING:
            self._answer(request, transaction, 503, "Too Many Registrations", header("retry-after", "30"))
            return None
        ask = next(self._asks)
        timer = self._context.timers.after(_ANSWER_TIME, self._unanswered, ask)
        self._waiting[ask] = (request, transaction, timer)
        source = request.getSource()
        self._context.tell(
            wire.Register(
                ask=ask,
                at=self._context.now(),
                source=f"{source[0]}:{source[1]}",
                user=words(request.getHFBody("to").getUrl().username or "", 512),
                uri=words(str(request.ruri), 512),
                sip_call_id=words(str(request.getHFBody("call-id"))),
                sequence=request.getHFBody("cseq").getCSeqNum(),
                contacts=contacts,
                remove_all=remove_all,
                authorization=header_text(request, "authorization"),
            )
        )
        return None, None, None

    def registered(self, message: wire.Registered) -> None:
        """Callboard's answer."""
        waiting = self._waiting.pop(message.ask, None)
        if waiting is None:
            return
        request, transaction, timer = waiting
        timer.cancel()
        headers = [header("www-authenticate", clean(value, 1024)) for value in message.headers]
        headers += [
            header("contact", f"<{clean(contact.uri, 1024)}>;expires={contact.expires}") for contact in message.contacts
        ]
        self._answer(request, transaction, message.code, message.text, *headers)

    def _unanswered(self, ask: int) -> None:
        request, transaction, _ = self._waiting.pop(ask)
        self._answer(request, transaction, 503, "Service Unavailable", header("retry-after", "5"))

    def _answer(self, request: Any, transaction: Any, code: int, reason: str, *headers: Any) -> None:
        respond(self._context.transactions, request, transaction, code, reason, tag=new_tag(), headers=headers)


def _contacts(request: Any) -> tuple[tuple[wire.Contact, ...], bool]:
    """The bindings asked for, and whether all are to be removed. Raises ValueError for what cannot be meant."""
    bodies = request.getHFBodys("contact")
    default = _default_expires(request)
    if any(body.asterisk for body in bodies):
        if len(bodies) > 1 or default != 0:
            raise ValueError("Contact * Needs Expires 0 And No Other Contact")
        return (), True
    if len(bodies) > _MAX_CONTACTS:
        raise ValueError("Too Many Contacts")
    return tuple(_contact(body, default) for body in bodies), False


def _contact(body: Any, default: int) -> wire.Contact:
    given = body.address.getParam("expires")
    uri = words(str(body.getUrl()), 512)
    return wire.Contact(uri=uri, expires=default if given is None else _seconds(given))


def _default_expires(request: Any) -> int:
    for body in request.getHFBodys("expires"):
        return min(max(int(body.getNum()), 0), _LONGEST)
    return _DEFAULT_EXPIRES


def _seconds(text: str) -> int:
    """Section 20.10: a malformed `expires` counts as 3600."""
    text = text.strip()
    return min(int(text), _LONGEST) if text.isascii() and text.isdigit() and len(text) <= 10 else _DEFAULT_EXPIRES
