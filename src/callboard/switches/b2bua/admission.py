"""Who may call or register: trusted addresses first, else digest authentication (RFC 3261 section 22).

A nonce is good for one request with one Call-ID to one request URI, so credentials that were overheard open nothing
else. An unknown user and a wrong password look alike: a new challenge, and after a few of them 403.
"""

import re
from urllib.parse import unquote

import msgspec

from callboard.access.digest import Authorization, OneTimeNonces, challenge, read_authorization, stored_ha1, verify
from callboard.access.throttle import Throttle
from callboard.calls.refusals import Malformed
from callboard.directory.directory import Directory
from callboard.directory.records import Account, Connection
from callboard.switches.b2bua.settings import B2buaSettings

__all__ = ["Admitted", "Ask", "Challenged", "Gate", "Rejected", "Verdict", "same_user"]

MAX_CHALLENGES = 3
"""For one call. A phone needs one, or two if its nonce was stale; what needs more does not know the password."""

_NOBODY = "0" * 32
"""Verifier that stands in for an unknown user's, so that the time taken does not tell."""


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """What the gate needs to know of an INVITE or REGISTER."""

    method: str
    uri: str
    """The request URI."""
    sip_call_id: str
    source: str
    """`host:port`."""
    authorization: str = ""


class Admitted(msgspec.Struct, frozen=True):
    """The caller is known and may go on."""

    caller: Account | Connection


class Challenged(msgspec.Struct, frozen=True):
    """Credentials are needed; `headers` are the WWW-Authenticate values."""

    headers: tuple[str, ...]


class Rejected(msgspec.Struct, frozen=True):
    """The final SIP answer to somebody who may not go on."""

    code: int
    text: str


Verdict = Admitted | Challenged | Rejected


class Gate:
    """Decides on each INVITE and REGISTER. Time is an argument."""

    def __init__(
        self, directory: Directory, settings: B2buaSettings, nonces: OneTimeNonces, throttle: Throttle
    ) -> None:
        self._directory = directory
        self._settings = settings
        self._nonces = nonces
        self._throttle = throttle

    def recognise(self, source: str) -> Account | Connection | None:
        """Whose trusted address this is; an account's comes before a vendor's."""
        return self._directory.account_at(source) or self._directory.connection_at(source)

    def admit_call(self, ask: Ask, challenges: int, now: float) -> Verdict:
        """Decide on an INVITE whose call was challenged `challenges` times before."""
        known = self.recognise(ask.source)
        return self._authenticate(ask, challenges, now) if known is None else _unless_blocked(known)

    def admit_registration(self, ask: Ask, user: str, now: float) -> Verdict:
        """Decide on a REGISTER for the address of record `user`: nobody registers for another's."""
        known = self._directory.account_at(ask.source)
        if known is not None and known.sip_user == user:
            return _unless_blocked(known)
        verdict = self._authenticate(ask, 0, now)
        if isinstance(verdict, Admitted) and not _is_user(verdict.caller, user):
            return Rejected(403, "Forbidden")
        return verdict

    def _authenticate(self, ask: Ask, challenges: int, now: float) -> Verdict:
        if not ask.authorization:
            return self._challenge(ask, challenges, now)
        try:
            given = read_authorization(ask.authorization)
        except Malformed:
            return Rejected(400, "Authorization cannot be read")
        if given.realm != self._settings.realm:
            return self._challenge(ask, challenges, now)
        if self._throttle.wait(_host(ask), given.username, now) > 0:
            return Rejected(403, "Too many wrong passwords")
        return self._check(ask, given, challenges, now)

    def _check(self, ask: Ask, given: Authorization, challenges: int, now: float) -> Verdict:
        account = self._directory.account_by_user(given.username)
        right = self._proves(given, account, ask)
        fresh = self._nonces.redeem(given.nonce, _bound(ask), now)
        if right and fresh and account is not None:
            self._throttle.succeeded(_host(ask), given.username)
            return _unless_blocked(account)
        # Only an answer to a challenge of ours counts as a failure: who forges a source address never saw one, and
        # cannot lock out the real owner of the address.
        if fresh:
            self._throttle.failed(_host(ask), given.username, now)
        return self._challenge(ask, challenges, now, stale=right)

    def _proves(self, given: Authorization, account: Account | None, ask: Ask) -> bool:
        """Whether the answer shows knowledge of the account's password. The same work is done for unknown users."""
        known = stored_ha1(given.algorithm, account.ha1_md5, account.ha1_sha256) if account else ""
        fits = verify(given, known or _NOBODY, ask.method)
        offered = given.algorithm in self._settings.algorithms
        return fits and bool(known) and offered and same_user(given.uri, ask.uri)

    def _challenge(self, ask: Ask, challenges: int, now: float, *, stale: bool = False) -> Verdict:
        if challenges >= MAX_CHALLENGES:
            return Rejected(403, "Forbidden")
        nonce = self._nonces.issue(_bound(ask), now)
        realm = self._settings.realm
        return Challenged(tuple(challenge(realm, nonce, name, stale) for name in self._settings.algorithms))


def _host(ask: Ask) -> str:
    return ask.source.rpartition(":")[0]


def _unless_blocked(known: Account | Connection) -> Verdict:
    return Rejected(403, "Blocked") if known.blocked else Admitted(known)


def _is_user(caller: Account | Connection, user: str) -> bool:
    return isinstance(caller, Account) and caller.sip_user == user


def _bound(ask: Ask) -> str:
    """What a nonce is bound to. A line break can stand in neither part."""
    return f"{ask.method}\n{ask.sip_call_id}\n{ask.uri}"


_USER = re.compile(r"\s*<?\s*sips?:(?:([^@>]*)@)?", re.IGNORECASE)


def same_user(signed: str, requested: str) -> bool:
    """Whether a digest's `uri` names the user of the request URI.

    RFC 3261 section 22.4 does not ask for equal URIs. A `uri` without a user (some clients sign the server's address)
    is good too: the nonce is bound to the request URI, so it holds for that one alone.
    """
    signed_user = _user(signed)
    return signed_user == "" or signed_user == _user(requested)


def _user(uri: str) -> str | None:
    found = _USER.match(uri)
    return unquote(found.group(1) or "") if found else None
