"""Passwords: hashing and checking them, remembering for a short while which were right, making logins from them."""

import hashlib
from collections import OrderedDict

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from callboard.access.digest import ha1
from callboard.access.logins import Login
from callboard.access.masks import Mask
from callboard.access.rights import Role
from callboard.access.settings import REALM

__all__ = ["VerifiedPasswords", "hash_password", "make_login", "password_fits"]

MAX_PASSWORD = 1024
"""Characters. Longer ones are not even hashed."""

# The hash of nothing anybody knows, made with the parameters below: checking a password for a name that does not exist
# takes as long as for one that does.
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$Y2FsbGJvYXJkLW5vYm9keQ$Q2FsbGJvYXJkIGtub3dzIG5vYm9keSBieSB0aGF0IG4"

_hasher = PasswordHasher(time_cost=3, memory_cost=65536, parallelism=4)


def hash_password(password: str) -> str:
    """The argon2id hash to keep of a password, in its encoded form. It takes about 0.1 s of processor time."""
    return _hasher.hash(password)


def password_fits(encoded: str, password: str) -> bool:
    """Whether a password is the one behind an encoded hash. It takes about 0.1 s, also when there is no hash."""
    if len(password) > MAX_PASSWORD:
        return False
    try:
        return _hasher.verify(encoded or _NOBODY, password.encode("utf-8", "surrogatepass")) and bool(encoded)
    except (VerificationError, InvalidHashError):
        return False


def make_login(
    name: str,
    role: Role,
    customer: int,
    password: str = "",
    *,
    realm: str = REALM,
    signing: bool = True,
    privileges: frozenset[str] = frozenset(),
    addresses: tuple[str, ...] = (),
    disabled: bool = False,
    masks: frozenset[Mask] = frozenset(),
) -> Login:
    """A login with the verifiers of its password for every way to sign in; without a password it has none."""
    return Login(
        name=name,
        role=role,
        customer=customer,
        password_hash=hash_password(password) if password else "",
        ha1_md5=ha1(name, realm, password, "MD5") if password else "",
        ha1_sha256=ha1(name, realm, password, "SHA-256") if password else "",
        signing=signing,
        privileges=privileges,
        addresses=addresses,
        disabled=disabled,
        masks=masks,
    )


class VerifiedPasswords:
    """Which passwords were found right a short while ago, so that a program that asks often is not hashed each time.

    Only keyed hashes are kept, in bounded memory. A login that changed in any way is not known any more.
    """

    def __init__(self, key: bytes, lifetime: float, limit: int) -> None:
        """`key` is secret and random; `lifetime` is in seconds."""
        self._key = key
        self._lifetime = lifetime
        self._limit = limit
        self._known: OrderedDict[bytes, tuple[Login, float]] = OrderedDict()

    def remember(self, login: Login, password: str, now: float) -> None:
        """Note that this password was found right now."""
        self._known[self._seal(login, password)] = (login, now)
        while len(self._known) > self._limit:
            self._known.popitem(last=False)

    def knows(self, login: Login, password: str, now: float) -> bool:
        """Whether this password of this very login was found right within the lifetime."""
        known = self._known.get(self._seal(login, password))
        return known is not None and known[0] is login and -1.0 <= now - known[1] < self._lifetime

    def _seal(self, login: Login, password: str) -> bytes:
        sealed = f"{len(login.name)}:{login.name}:{password}"
        return hashlib.blake2b(sealed.encode("utf-8", "surrogatepass"), key=self._key, digest_size=32).digest()
