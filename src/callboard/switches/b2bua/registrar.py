"""Where registered phones are reached: the bindings of each account, as RFC 3261 section 10.3 has them.

A call goes to the address that the REGISTER came from, not to the one that the contact names: behind a NAT only the
former reaches the phone.
"""

import re
from collections.abc import Callable

import msgspec

from callboard.switches.b2bua.settings import B2buaSettings
from callboard.switches.b2bua.wire import Contact, Register

__all__ = ["Binding", "Registrar", "RegistrationError"]

MAX_URI = 512
_CONTACT_URI = re.compile(r"(?i:sip:)[!#-;=?-~]+")
"""What can be seen of ASCII, without quotes and angle brackets. Letters of other scripts must not be looked at whatever
their case: then the Kelvin sign is a `k`, and who leaves the one out leaves out the other.
"""


class Binding(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One phone of an account."""

    uri: str
    """The contact as the phone gave it: the request URI of calls to it."""
    source: str
    """`host:port` that its REGISTER came from: where calls to it are sent."""
    expires_at: float
    updated_at: float
    sip_call_id: str
    sequence: int


class RegistrationError(Exception):
    """A REGISTER that changes nothing; `code` and `text` are the SIP answer to it."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class Registrar:
    """The bindings of all accounts, in memory. They outlive the engine, not the server."""

    def __init__(self, settings: B2buaSettings) -> None:
        self._settings = settings
        self._bindings: dict[int, dict[str, Binding]] = {}

    def contacts(self, account: int, now: float) -> tuple[Binding, ...]:
        """The phones registered for an account, the newest registration first."""
        held = self._bindings.get(account, {}).values()
        live = [binding for binding in held if binding.expires_at > now]
        return tuple(sorted(live, key=lambda binding: binding.updated_at, reverse=True))

    def register(self, account: int, request: Register, now: float) -> tuple[Contact, ...]:
        """Carry out an authenticated REGISTER, whole or not at all, and return the bindings then in force.

        Raises `RegistrationError`: a contact that cannot be called, or a CSeq that is not newer than what is known
        from the same Call-ID (a late repetition must not bring back what was removed since).
        """
        held = {binding.uri: binding for binding in self.contacts(account, now)}
        wanted = request.contacts
        if request.remove_all:
            wanted = tuple(Contact(uri=uri, expires=0) for uri in held)
        for contact in wanted:
            _check(contact, held.get(contact.uri), request)
            held.pop(contact.uri, None)
            if contact.expires != 0:
                held[contact.uri] = self._binding(contact, request, now)
        self._keep(account, held)
        return tuple(
            Contact(uri=binding.uri, expires=max(1, round(binding.expires_at - now)))
            for binding in self.contacts(account, now)
        )

    def sweep(self, exists: Callable[[int], bool], now: float) -> None:
        """Forget what has expired, and the phones of accounts that do not exist any more."""
        for account in tuple(self._bindings):
            live = self.contacts(account, now) if exists(account) else ()
            self._keep(account, {binding.uri: binding for binding in live})

    def _binding(self, contact: Contact, request: Register, now: float) -> Binding:
        settings = self._settings
        # A phone that asks for too little is given more, as other registrars do, instead of 423, which many phones
        # do not understand. It refreshes by the time it is told.
        granted = min(max(contact.expires, settings.registration_min), settings.registration_max)
        return Binding(
            uri=contact.uri,
            source=request.source,
            expires_at=now + granted,
            updated_at=now,
            sip_call_id=request.sip_call_id,
            sequence=request.sequence,
        )

    def _keep(self, account: int, held: dict[str, Binding]) -> None:
        newest = sorted(held.values(), key=lambda binding: binding.updated_at)[-self._settings.contacts_per_account :]
        if newest:
            self._bindings[account] = {binding.uri: binding for binding in newest}
        else:
            self._bindings.pop(account, None)


def _check(contact: Contact, known: Binding | None, request: Register) -> None:
    if len(contact.uri) > MAX_URI or not _CONTACT_URI.fullmatch(contact.uri):
        raise RegistrationError(400, "Contact is not a SIP URI that can be called")
    if known and known.sip_call_id == request.sip_call_id and request.sequence <= known.sequence:
        raise RegistrationError(500, "CSeq is out of order")
