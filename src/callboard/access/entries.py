"""Logins as they stand in the directory's document, there and back; plain passwords sealed on the way in."""

from msgspec.structs import asdict, replace

from callboard.access.digest import ha1
from callboard.access.logins import Login
from callboard.access.masks import Mask
from callboard.access.passwords import make_login
from callboard.access.rights import Role
from callboard.directory.document import LoginEntry, Sealing

__all__ = ["entry_of", "login_of", "sealing"]


def entry_of(login: Login) -> LoginEntry:
    """A login as the document shows it."""
    fields = asdict(login)
    words = {"privileges": tuple(sorted(login.privileges)), "masks": tuple(sorted(login.masks))}
    return LoginEntry(**fields | {"role": login.role.value} | words)


def login_of(entry: LoginEntry) -> Login:
    """A login that the document holds; its role and masks were checked when the document was read."""
    words = {"privileges": frozenset(entry.privileges), "masks": frozenset(map(Mask, entry.masks))}
    return Login(**asdict(entry) | {"role": Role(entry.role)} | words)


def sealing(*, sip_realm: str, http_realm: str) -> Sealing:
    """How plain passwords of a document become verifiers. Each login's password takes about 0.1 s."""

    def sealed(entry: LoginEntry, password: str) -> LoginEntry:
        made = make_login(entry.name, Role(entry.role), entry.customer, password, realm=http_realm)
        return replace(entry, password_hash=made.password_hash, ha1_md5=made.ha1_md5, ha1_sha256=made.ha1_sha256)

    return Sealing(ha1=ha1, realm=sip_realm, login=sealed, roles=tuple(Role), masks=tuple(Mask))
