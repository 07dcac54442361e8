"""What is wrong with logins: every mistake at once, each with login, field, cause and fix."""

import re
from collections.abc import Collection, Iterator

from callboard.access.logins import Login
from callboard.directory.addresses import read_network
from callboard.directory.directory import Directory
from callboard.directory.mistakes import text_fault

__all__ = ["find_mistakes"]


def find_mistakes(directory: Directory, logins: Collection[Login]) -> list[str]:
    """All that is wrong with `logins`, in words."""
    return [
        f"login {login.name[:80]!r}, {field}: {fault}"
        for login in logins
        for field, fault in (
            *_name_faults(login),
            *_customer_faults(directory, login),
            *_verifier_faults(login),
            *_address_faults(login),
        )
    ]


def _name_faults(login: Login) -> Iterator[tuple[str, str]]:
    fault = text_fault(login.name)
    if fault:
        yield "name", fault
    if not login.name.strip():
        yield "name", "is empty: give a name"
    if ":" in login.name:
        yield "name", "has a colon, which HTTP sign-in cannot carry (RFC 7617): choose a name without"


def _customer_faults(directory: Directory, login: Login) -> Iterator[tuple[str, str]]:
    if directory.customer(login.customer) is None:
        yield "customer", f"there is no customer {login.customer}: create it first, or name another"


def _verifier_faults(login: Login) -> Iterator[tuple[str, str]]:
    if login.password_hash and not login.password_hash.startswith("$argon2id$"):
        yield "password_hash", "is no argon2id hash in encoded form: give one ($argon2id$...), or give the password"
    for field, verifier, digits in (("ha1_md5", login.ha1_md5, 32), ("ha1_sha256", login.ha1_sha256, 64)):
        if verifier and not re.fullmatch(f"[0-9a-f]{{{digits}}}", verifier):
            yield field, f"is not {digits} lower-case hexadecimal digits: hash name:realm:password, or leave it out"


def _address_faults(login: Login) -> Iterator[tuple[str, str]]:
    for index, address in enumerate(login.addresses):
        try:
            read_network(address)
        except ValueError as error:
            yield f"addresses[{index}]", str(error)
