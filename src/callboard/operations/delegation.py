"""What an administrator may write: nothing that leaves its own branch, nothing that gives more than it has.

The operator's administrators may write everything, but for logins that can do more than they can. Those of a customer
see to its branch: customers, accounts, devices and logins. What decides whose a call is stays with the operator:
trusted addresses, DIDs, vendors, connections, machines.
"""

import re
from collections.abc import Iterator

from callboard.access.logins import Login
from callboard.access.rights import Principal
from callboard.calls.refusals import Forbidden
from callboard.directory.book import KINDS
from callboard.directory.records import DID, ROOT, Account, Customer, Device
from callboard.operations.desk import Desk
from callboard.operations.registers import REGISTERS, Noun

__all__ = ["discreet", "refuse_kind", "refuse_stronger", "trespasses"]

_ANOTHERS = re.compile(rf" by (?P<kind>{'|'.join(KINDS.values())}) (?P<id>[0-9]+)(?: too)?")
_SECTIONS = {register.noun: section for section, register in REGISTERS.items()}

_OPERATORS = "is for the operator to give: leave it as it is"


def refuse_kind(principal: Principal, section: str, before: Noun | None) -> None:
    """Raises Forbidden for kinds of which a customer's administrators create, change or remove none."""
    if principal.customer == ROOT or section not in {"vendors", "connections", "machines", "dids"}:
        return
    if section == "dids" and before is not None:
        return
    raise Forbidden(f"{principal.login} belongs to customer {principal.customer}, and {section} are the operator's")


def refuse_stronger(desk: Desk, principal: Principal, login: Login) -> None:
    """Raises Forbidden for a login that can do more, or read more, than the principal itself."""
    beyond = sorted(desk.access.rights_of(login) - principal.rights)
    if beyond:
        raise Forbidden(
            f"a login of role {login.role.value} has rights that {principal.login} does not have "
            f"({', '.join(beyond)}): ask one who has them"
        )
    unmasked = sorted(principal.masks.kinds - desk.access.masks_of(login.role, login.masks).kinds)
    if unmasked:
        raise Forbidden(
            f"{principal.login} may not read {', '.join(unmasked)} in full, and cannot let login {login.name!r} do so: "
            "give it the same masks"
        )
    if principal.privileges and not (login.privileges and login.privileges <= principal.privileges):
        raise Forbidden(
            f"{principal.login} has the privileges {', '.join(sorted(principal.privileges))} and no others: "
            f"give login {login.name!r} some of these"
        )


def trespasses(desk: Desk, principal: Principal, before: Noun | None, after: Noun) -> list[str]:
    """Why a record may not become what it is to become, each with its field; nothing for the operator's."""
    if principal.customer == ROOT:
        return []
    match after:
        case Login():
            return list(_outside(desk, principal, "customer", after.customer))
        case Customer():
            return list(_customer(desk, principal, before, after))
        case Account():
            return list(_account(desk, principal, before, after))
        case Device():
            return list(_device(desk, principal, after))
        case DID():
            return list(_did(desk, principal, before, after))
        case _:
            return []


def _outside(desk: Desk, principal: Principal, field: str, customer: int | None) -> Iterator[str]:
    if customer is None or not desk.directory.is_within(customer, principal.customer):
        yield f"{field}: there is no customer {customer}: create it first, or give the id of another"


def _customer(desk: Desk, principal: Principal, before: Noun | None, after: Customer) -> Iterator[str]:
    if after.id != principal.customer:
        yield from _outside(desk, principal, "parent", after.parent)
    elif isinstance(before, Customer) and after.parent != before.parent:
        yield f"parent: {_OPERATORS}"


def _account(desk: Desk, principal: Principal, before: Noun | None, after: Account) -> Iterator[str]:
    yield from _outside(desk, principal, "customer", after.customer)
    if after.addresses != (before.addresses if isinstance(before, Account) else ()):
        yield f"addresses: a trusted address {_OPERATORS}"
    if not (isinstance(before, Account) and before.sip_user == after.sip_user):
        yield from _taken(desk, "sip_user", after.sip_user, after.id)


def _device(desk: Desk, principal: Principal, after: Device) -> Iterator[str]:
    """A switch's calls are told apart by these names, so that a second owner of one would get the first one's calls."""
    yield from _account_outside(desk, principal, after.account)
    for field in ("name", "extension"):
        yield from _taken(desk, field, getattr(after, field), after.account)


def _account_outside(desk: Desk, principal: Principal, number: int) -> Iterator[str]:
    account = desk.directory.account(number)
    if account is None or not desk.directory.is_within(account.customer, principal.customer):
        yield f"account: there is no account {number}: create it first, or give the id of another"


def _did(desk: Desk, principal: Principal, before: Noun | None, after: DID) -> Iterator[str]:
    yield from _account_outside(desk, principal, after.account)
    for field in ("number", "vendor"):
        if isinstance(before, DID) and getattr(before, field) != getattr(after, field):
            yield f"{field}: {_OPERATORS}"


def _taken(desk: Desk, field: str, name: str, account: int) -> Iterator[str]:
    """Whether a switch knows something of another account, or of a vendor, by this name."""
    if not name:
        return
    directory = desk.directory
    user = directory.account_by_user(name)
    others = (device for device in directory.devices() if device.account != account)
    if (
        directory.connection_called(name)
        or (user is not None and user.id != account)
        or any(name in (device.name, device.extension) for device in others)
    ):
        yield f"{field}: {name!r} is taken: give another"


def discreet(desk: Desk, principal: Principal, mistakes: list[str]) -> list[str]:
    """The mistakes without the ids of what the principal does not see."""

    def hidden(found: re.Match[str]) -> str:
        register = REGISTERS[_SECTIONS[found["kind"]]]
        record: Noun | None = register.find(desk, int(found["id"]))
        owner = None if record is None else register.owner(desk, record)
        return found[0] if desk.directory.is_within(owner, principal.customer) else ""

    return [_ANOTHERS.sub(hidden, mistake) for mistake in mistakes]
