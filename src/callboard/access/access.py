"""Sign-in: what a claim is worth, and the logins it is measured by."""

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from hmac import compare_digest
from math import ceil

import msgspec
from msgspec.structs import replace

from callboard.access import digest
from callboard.access.claims import (
    Claim,
    DigestClaim,
    NamedClaim,
    OpenClaim,
    PasswordClaim,
    SignatureClaim,
    TicketClaim,
    TokenClaim,
    TrustedClaim,
)
from callboard.access.digest import Authorization, Nonces, Standing
from callboard.access.logins import Login, may_come_from
from callboard.access.masks import Mask, Masks
from callboard.access.mistakes import find_mistakes
from callboard.access.passwords import VerifiedPasswords, password_fits
from callboard.access.principals import Principals
from callboard.access.rights import ROLE_RIGHTS, Principal, Right, Role
from callboard.access.settings import AccessSettings
from callboard.access.throttle import Throttle
from callboard.access.tickets import Tickets
from callboard.access.tokens import Token, Tokens, read_token
from callboard.calls.refusals import (
    CustomerNotFound,
    ForbiddenAddress,
    MissingArgument,
    Throttled,
    Unauthenticated,
    WrongCredentials,
)
from callboard.directory.directory import Directory, DirectoryError
from callboard.directory.records import ROOT

__all__ = ["Access", "FailedSignIn", "LoginChange", "SignIn", "StaleNonce"]


SignIn = Callable[[PasswordClaim | TokenClaim, float], Awaitable[Principal]]
"""The port through which front ends sign in with a password, which takes long and is done where it holds nobody up, or
with a token."""


class StaleNonce(Unauthenticated):
    """The digest is right but its nonce is too old or used up: answer with `challenge(now, stale=True)`."""


TRUSTED = "trusted "
"""What the name of a principal begins with for whom an address vouches."""


class LoginChange(msgspec.Struct, frozen=True, kw_only=True):
    """What one change of the logins did, for whoever keeps them."""

    puts: tuple[Login, ...] = ()
    """New and changed logins."""
    removes: tuple[str, ...] = ()
    """Names of the logins that went."""


class FailedSignIn(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody whose credentials did not fit."""

    at: float
    name: str
    """The login they named, or `token` with the id of one; it may be that of nobody."""
    customer: int | None = None
    """Where that login stands, if there is one."""
    address: str


class Access:
    """All logins and tokens in memory, and the sign-in by each kind of claim. Times are Unix seconds.

    `sign_in` of a password may be called in a worker thread, for it takes about 0.1 s; everything else is quick.
    """

    def __init__(
        self,
        directory: Directory,
        settings: AccessSettings,
        secret: bytes,
        logins: Iterable[Login] = (),
        tokens: Iterable[Token] = (),
    ) -> None:
        """`secret`: random bytes that nobody else knows; they seal nonces and remembered passwords.

        `logins` as they were kept are taken without a check: one whose customer is gone by now cannot sign in, but it
        must not keep the server from starting.
        """
        self.settings = settings
        self.tokens = Tokens(tokens)
        self.tickets = Tickets()
        self.throttled = 0
        """Sign-ins that were not even looked at, for too many had failed before them."""
        self._directory = directory
        self._logins = {login.name: login for login in logins}
        self._watchers: list[Callable[[LoginChange], None]] = []
        self._failure_watchers: list[Callable[[FailedSignIn], None]] = []
        self._nonces = Nonces(secret, settings.nonce_lifetime)
        self._throttle = Throttle(settings)
        self._principals = Principals(self._new_principal)
        key = hmac.digest(secret, b"verified passwords", "sha256")
        self._verified = VerifiedPasswords(key, settings.password_cache, settings.password_cache_size)

    # --- logins ---

    def login(self, name: str) -> Login | None:
        """The login of this name."""
        return self._logins.get(name)

    def logins(self) -> tuple[Login, ...]:
        """All logins by name."""
        return tuple(self._logins[name] for name in sorted(self._logins))

    def put(self, *logins: Login) -> None:
        """Create or change logins, all or none. Raises `DirectoryError` with all mistakes."""
        mistakes = find_mistakes(self._directory, logins)
        if mistakes:
            raise DirectoryError(mistakes)
        self._turn_to(self._logins | {login.name: login for login in logins}, LoginChange(puts=logins))

    def remove(self, name: str) -> None:
        """Remove a login and its tokens. Raises `DirectoryError` if there is none of this name."""
        if name not in self._logins:
            raise DirectoryError([f"login {name!r}: there is no such login"])
        self.tokens.remove(*(token.id for token in self.tokens.of(name)))
        left = {kept: login for kept, login in self._logins.items() if kept != name}
        self._turn_to(left, LoginChange(removes=(name,)))

    def watch(self, callback: Callable[[LoginChange], None]) -> None:
        """Call back after each change. If a watcher raises, the change is undone."""
        self._watchers.append(callback)

    def watch_failures(self, callback: Callable[[FailedSignIn], None]) -> None:
        """Call back after each sign-in that failed, from whatever thread it was tried in."""
        self._failure_watchers.append(callback)

    def rights_of(self, login: Login) -> frozenset[Right]:
        """What a login may do."""
        return ROLE_RIGHTS[login.role]

    def masks_of(self, role: Role, own: Iterable[Mask] = ()) -> Masks:
        """What a login of this role, with further masks of its own, may not read in full."""
        settings = self.settings.masks
        kinds = frozenset(map(Mask, getattr(settings, role.value)))
        return Masks(kinds=kinds.union(own), first=settings.first, last=settings.last)

    def _turn_to(self, logins: dict[str, Login], change: LoginChange) -> None:
        before, self._logins = self._logins, logins
        told = False
        try:
            for callback in self._watchers:
                callback(change)
            told = True
        finally:
            if not told:
                self._logins = before

    # --- sign-in ---

    def sign_in(self, claim: Claim, now: float) -> Principal:
        """Who asks. Raises a refusal of the family `Unauthenticated` (among them `StaleNonce`).

        Also `Malformed` for an Authorization header that cannot be read; for a trusted address `MissingArgument` or
        `CustomerNotFound`.
        """
        match claim:
            case PasswordClaim():
                return self._by_password(claim, now)
            case TokenClaim():
                return self._by_token(claim, now)
            case TicketClaim():
                return self._by_ticket(claim, now)
            case DigestClaim():
                return self._by_digest(claim, now)
            case SignatureClaim():
                return self._by_signature(claim, now)
            case TrustedClaim():
                return self._by_address(claim)
            case OpenClaim():
                return self._by_settings(claim)
            case NamedClaim():
                return self._by_name(claim, now)

    def recall(self, claim: PasswordClaim, now: float) -> Principal | None:
        """The principal, if this very password was verified a short while ago; else None, and `sign_in` knows more."""
        login = self._usable(claim.name)
        if login is None or self._throttle.wait(claim.address, claim.name, now) > 0:
            return None
        if not self._verified.knows(login, claim.password, now) or not may_come_from(login, claim.address):
            return None
        self._throttle.succeeded(claim.address, claim.name)
        return self._principals.of(login, claim.address)

    def renew(self, principal: Principal, now: float) -> Principal | None:
        """The principal as its login and token stand now, without another proof; None if it could not sign in any more.

        One whom an address vouches for has no login and stays as it is.
        """
        login = self._usable(principal.login)
        if login is None:
            return None if principal.login in self._logins or not principal.login.startswith(TRUSTED) else principal
        if not may_come_from(login, principal.address):
            return None
        renewed = self._principals.of(login, principal.address)
        if not principal.token:
            return renewed
        token = self.tokens.get(principal.token)
        if token is None or token.login != login.name or token.expired(now):
            return None
        return _with_token(renewed, token)

    def challenge(self, now: float, stale: bool = False) -> tuple[str, ...]:
        """The `WWW-Authenticate` values that ask for a digest, one for each algorithm offered, the preferred first."""
        realm, nonce = self.settings.realm, self._nonces.issue(now)
        return tuple(digest.challenge(realm, nonce, algorithm, stale) for algorithm in self.settings.algorithms)

    def _by_password(self, claim: PasswordClaim, now: float) -> Principal:
        known = self.recall(claim, now)
        if known is not None:
            return known
        self._let_try(claim.address, claim.name, now)
        login = self._usable(claim.name)
        fits = password_fits(login.password_hash if login else "", claim.password)
        admitted = self._judge(login if fits else None, claim.address, claim.name, now)
        self._verified.remember(admitted, claim.password, now)
        return self._principals.of(admitted, claim.address)

    def _by_token(self, claim: TokenClaim, now: float) -> Principal:
        """It can do what its login can do now, of what it was given. Its owner learns that its time is over."""
        name = f"token {(read_token(claim.text) or ('none',))[0]}"
        self._let_try(claim.address, name, now)
        token = self.tokens.proven(claim.text)
        if token is not None and token.expires_at is not None and token.expired(now):
            since = datetime.fromtimestamp(token.expires_at, UTC).isoformat(" ", "minutes")
            raise WrongCredentials(f"The token {token.id} expired on {since}: have another one made.")
        login = self._usable(token.login) if token else None
        admitted = self._judge(login, claim.address, name, now)
        principal = self._principals.of(admitted, claim.address)
        if token is None:
            return principal
        self.tokens.use(token.id, now)
        return _with_token(principal, token)

    def _by_ticket(self, claim: TicketClaim, now: float) -> Principal:
        """Tickets are random and long, so that guesses need not be counted. The login must be allowed from here too."""
        principal = self.tickets.redeem(claim.text, now)
        renewed = self.renew(replace(principal, address=claim.address), now) if principal else None
        if renewed is None:
            raise WrongCredentials("The ticket was used or is too old: ask for another one.")
        return renewed

    def _by_digest(self, claim: DigestClaim, now: float) -> Principal:
        authorization = self._read(claim)
        name = authorization.username
        self._let_try(claim.address, name, now)
        login = self._usable(name)
        stored = digest.stored_ha1(authorization.algorithm, login.ha1_md5, login.ha1_sha256) if login else ""
        fits = digest.verify(authorization, stored, claim.method)
        meant = authorization.realm == self.settings.realm and digest.same_target(authorization.uri, claim.target)
        if fits and meant:
            self._use_nonce(authorization, now)
        admitted = self._judge(login if fits and meant else None, claim.address, name, now)
        return self._principals.of(admitted, claim.address)

    def _read(self, claim: DigestClaim) -> Authorization:
        if claim.authorization.split(" ", 1)[0].lower() != "digest":
            raise Unauthenticated("Sign in with HTTP Digest.")
        authorization = digest.read_authorization(claim.authorization)
        if authorization.algorithm not in self.settings.algorithms:
            offered = " or ".join(self.settings.algorithms)
            raise Unauthenticated(f"The digest algorithm {authorization.algorithm} is not offered: use {offered}.")
        return authorization

    def _use_nonce(self, authorization: Authorization, now: float) -> None:
        nonce = authorization.nonce
        once = f"{authorization.nc} {authorization.cnonce}"
        if self._nonces.check(nonce, now) is not Standing.GOOD or not self._nonces.use(nonce, once, now):
            raise StaleNonce("The digest's nonce is too old or was used before: sign in again with the one given now.")

    def _by_signature(self, claim: SignatureClaim, now: float) -> Principal:
        self._let_try(claim.address, claim.name, now)
        login = self._usable(claim.name)
        own = self._directory.shared_key_of(login.customer) if login else ""
        fits = _signature_fits(claim, own or self.settings.shared_key)
        admitted = self._judge(login if login and login.signing and fits else None, claim.address, claim.name, now)
        return self._principals.of(admitted, claim.address)

    def _by_address(self, claim: TrustedClaim) -> Principal:
        if not claim.trusted.contains(claim.address):
            raise ForbiddenAddress(f"{claim.address} is not among the trusted addresses: sign in, or ask the operator.")
        if claim.customer is None:
            raise MissingArgument(
                f"{claim.argument} is missing: a request from a trusted address names its customer.", claim.argument
            )
        if self._directory.customer(claim.customer) is None:
            raise CustomerNotFound(f"Customer {claim.customer} not found.")
        role = Role.ADMIN if claim.customer == ROOT else Role.RESELLER
        return Principal(
            login=f"{TRUSTED}{claim.address}",
            role=role,
            customer=claim.customer,
            rights=ROLE_RIGHTS[role],
            masks=self.masks_of(role),
            address=claim.address,
        )

    def _by_settings(self, claim: OpenClaim) -> Principal:
        login = self._usable(claim.name)
        if login is None:
            raise Unauthenticated("Sign in: the login that the settings name for requests without is not there.")
        return self._principals.of(_admitted(login, claim.address), claim.address)

    def _by_name(self, claim: NamedClaim, now: float) -> Principal:
        """What stands in for a signature is for those who may sign. Names that are guessed count as failures."""
        self._let_try(claim.address, claim.name, now)
        login = self._usable(claim.name)
        admitted = self._judge(login if login and login.signing else None, claim.address, claim.name, now)
        return self._principals.of(admitted, claim.address)

    # --- common ground ---

    def _new_principal(self, login: Login, address: str) -> Principal:
        return Principal(
            login=login.name,
            role=login.role,
            customer=login.customer,
            rights=self.rights_of(login),
            privileges=login.privileges,
            masks=self.masks_of(login.role, login.masks),
            address=address,
        )

    def _usable(self, name: str) -> Login | None:
        login = self._logins.get(name)
        if login is None or login.disabled or self._directory.customer(login.customer) is None:
            return None
        return login

    def _let_try(self, address: str, name: str, now: float) -> None:
        wait = self._throttle.wait(address, name, now)
        if wait > 0:
            self.throttled += 1
            raise Throttled(f"Too many failed sign-ins from {address}: wait {ceil(wait)} s and try again.", wait)

    def _judge(self, proven: Login | None, address: str, name: str, now: float) -> Login:
        """Keep the score. Raises WrongCredentials where nothing was proven, ForbiddenAddress for a wrong place."""
        if proven is None:
            self._throttle.failed(address, name, now)
            meant = self._logins.get(name)
            failure = FailedSignIn(at=now, name=name, customer=meant.customer if meant else None, address=address)
            for callback in self._failure_watchers:
                callback(failure)
            raise WrongCredentials("The login or its password, key, signature or token is wrong.")
        self._throttle.succeeded(address, name)
        return _admitted(proven, address)


def _with_token(principal: Principal, token: Token) -> Principal:
    rights = principal.rights & (token.rights | {Right.WHOAMI})
    return replace(principal, rights=rights, token=token.id, expires_at=token.expires_at)


def _admitted(login: Login, address: str) -> Login:
    """Raises ForbiddenAddress if the login may not be used from there."""
    if not may_come_from(login, address):
        raise ForbiddenAddress(f"This login may not be used from {address}: ask the operator to allow the address.")
    return login


def _signature_fits(claim: SignatureClaim, key: str) -> bool:
    """Whether one of the texts hashes to the signature. All are tried, each compared in constant time."""
    given = claim.signature.encode("utf-8", "replace")
    fits = False
    for text in claim.signed:
        signed = hashlib.sha1((text + key).encode("utf-8", "surrogateescape"), usedforsecurity=False).hexdigest()
        fits |= compare_digest(signed.encode(), given)
    return fits and bool(key)
