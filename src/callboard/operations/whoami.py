"""Who asks: the login, what it may, what it may not read in full."""

import msgspec

from callboard.access.masks import Masks
from callboard.access.rights import Principal, Right, Role
from callboard.operations.desk import Desk
from callboard.operations.operation import Operation

__all__ = ["WHOAMI", "WhoAmI", "WhoYouAre"]


class WhoAmI(msgspec.Struct, frozen=True, kw_only=True):
    """The one who asks."""


class WhoYouAre(msgspec.Struct, frozen=True, kw_only=True):
    """A principal, for itself."""

    login: str
    role: Role
    customer: int
    customer_name: str
    rights: tuple[Right, ...]
    """In the order of their names: those of the role or, with a token, those of them that the token has too."""
    masks: Masks
    token: str
    """The id of the token that was signed in with; empty if it was none."""
    expires_at: float | None
    """When that token expires."""


def _whoami(desk: Desk, principal: Principal, arguments: WhoAmI, now: float) -> WhoYouAre:
    customer = desk.directory.customer(principal.customer)
    return WhoYouAre(
        login=principal.login,
        role=principal.role,
        customer=principal.customer,
        customer_name=customer.name if customer else "",
        rights=tuple(sorted(principal.rights)),
        masks=principal.masks,
        token=principal.token,
        expires_at=principal.expires_at,
    )


WHOAMI = Operation(
    name="whoami",
    summary="Show who asks: the login, its rights, and what it may not read in full.",
    right=Right.WHOAMI,
    arguments=WhoAmI,
    example=WhoAmI(),
    run=_whoami,
)
