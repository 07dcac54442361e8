"""Tokens: what a program signs in with. Of each only a hash is kept; it has some of its login's rights, for a time."""

import hashlib
import re
from collections.abc import Callable, Iterable
from hmac import compare_digest
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from callboard.access.rights import Right

__all__ = ["LONGEST_TEXT", "PREFIX", "Token", "TokenChange", "Tokens", "Written", "read_token", "write_token"]

PREFIX = "cb"
"""What every token begins with, so that one that leaked is known for what it is."""
LONGEST_TEXT = 100
"""Characters. What is longer is not even looked at."""

_ID_BYTES = 6
_SECRET_BYTES = 32
_TEXT = re.compile(rf"{PREFIX}_(?P<id>[0-9a-f]{{{2 * _ID_BYTES}}})\.(?P<secret>[0-9a-f]{{{2 * _SECRET_BYTES}}})")
_NOBODYS = hashlib.sha256(b"").hexdigest()


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """One token, without its secret. Times are Unix seconds."""

    id: str
    login: str
    """Whose it is: it can never do more than this login."""
    name: str
    """What it is for, in its owner's words."""
    digest: str
    """SHA-256 of the secret, in hex. The secret is random and long, so that no slow hash is needed."""
    rights: frozenset[Right]
    created_at: float
    expires_at: float | None
    """None: it never expires."""
    last_used_at: float | None = None
    """Only now and then written down: a minute old at most where the server runs."""

    def __repr__(self) -> str:
        """Without the hash, which is nobody's to read in a log."""
        return f"Token(id={self.id!r}, login={self.login!r}, name={self.name!r})"

    def expired(self, now: float) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and self.expires_at <= now


class TokenChange(msgspec.Struct, frozen=True, kw_only=True):
    """What one change of the tokens did, for whoever keeps them."""

    puts: tuple[Token, ...] = ()
    removes: tuple[str, ...] = ()
    """Ids."""


class Written(NamedTuple):
    """A token as its owner gets it, once, and what is kept of it."""

    id: str
    text: str
    digest: str

    def __repr__(self) -> str:
        return f"Written(id={self.id!r})"


def write_token(entropy: Callable[[int], bytes]) -> Written:
    """Make a token's id and secret: `cb_<12 hex digits>.<64 hex digits>`. `entropy` gives so many random bytes."""
    name, secret = entropy(_ID_BYTES).hex(), entropy(_SECRET_BYTES).hex()
    return Written(name, f"{PREFIX}_{name}.{secret}", _digest(secret))


def read_token(text: str) -> tuple[str, str] | None:
    """Id and secret; None for what is no token."""
    found = _TEXT.fullmatch(text) if len(text) <= LONGEST_TEXT else None
    return (found["id"], found["secret"]) if found else None


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


class Tokens:
    """All tokens in memory. A change is told to the watchers first: if one raises, nothing was changed."""

    def __init__(self, tokens: Iterable[Token] = ()) -> None:
        self._tokens = {token.id: token for token in tokens}
        self._watchers: list[Callable[[TokenChange], None]] = []
        self._used: dict[str, float] = {}

    def all(self) -> tuple[Token, ...]:
        """Every token by id."""
        return tuple(self._as_used(self._tokens[name]) for name in sorted(self._tokens))

    def get(self, name: str) -> Token | None:
        """The token with this id."""
        token = self._tokens.get(name)
        return None if token is None else self._as_used(token)

    def of(self, login: str) -> tuple[Token, ...]:
        """The tokens of a login, by id."""
        return tuple(token for token in self.all() if token.login == login)

    def put(self, token: Token) -> None:
        """Add a token, or change it."""
        self._tell(TokenChange(puts=(token,)))
        self._tokens[token.id] = token

    def remove(self, *names: str) -> None:
        """Take tokens back; ids that there are not are passed over."""
        gone = tuple(name for name in names if name in self._tokens)
        if gone:
            self._tell(TokenChange(removes=gone))
            for name in gone:
                del self._tokens[name]
                self._used.pop(name, None)

    def watch(self, callback: Callable[[TokenChange], None]) -> None:
        """Call back before each change."""
        self._watchers.append(callback)

    def proven(self, text: str) -> Token | None:
        """The token that this text is, expired or not; None if it is none. The secret is compared in constant time."""
        name, secret = read_token(text) or ("", "")
        token = self._tokens.get(name)
        fits = compare_digest(_digest(secret), token.digest if token else _NOBODYS)
        return token if fits else None

    def use(self, name: str, now: float) -> None:
        """Note that a token was used."""
        self._used[name] = now

    def used(self) -> tuple[Token, ...]:
        """The tokens that were used since this was last asked, as they are by now: what is to be written down."""
        uses, self._used = self._used, {}
        used = tuple(
            replace(token, last_used_at=at)
            for name, at in uses.items()
            if (token := self._tokens.get(name)) is not None
        )
        self._tokens |= {token.id: token for token in used}
        return used

    def _as_used(self, token: Token) -> Token:
        at = self._used.get(token.id)
        return token if at is None else replace(token, last_used_at=at)

    def _tell(self, change: TokenChange) -> None:
        for callback in self._watchers:
            callback(change)
