"""Who asks, and what it may."""

import msgspec

from callboard.access.masks import Masks
from callboard.api.fields import timestamp
from callboard.api.route import JSON, Asked, Route, answer_json
from callboard.http.values import Reply
from callboard.operations.whoami import WHOAMI, WhoAmI, WhoYouAre

__all__ = ["ROUTES"]


class MasksView(msgspec.Struct, frozen=True, kw_only=True):
    """What is not shown in full."""

    numbers: bool
    """Whether telephone numbers are masked: of each `first` and `last` characters are shown, internal ones in full."""
    names: bool
    media: bool
    first: int
    last: int


class WhoAmIView(msgspec.Struct, frozen=True, kw_only=True):
    """The login that signed in."""

    login: str
    role: str
    customer: int
    """It sees what is this customer's and what is below it."""
    customer_name: str
    rights: tuple[str, ...]
    masks: MasksView
    token: str | None
    """The id of the token that was signed in with."""
    expires_at: str | None
    """When that token expires, RFC 3339."""


def _masks(masks: Masks) -> MasksView:
    words = {mask.value for mask in masks.kinds}
    return MasksView(
        numbers="numbers" in words,
        names="names" in words,
        media="media" in words,
        first=masks.first,
        last=masks.last,
    )


def _view(who: WhoYouAre) -> WhoAmIView:
    return WhoAmIView(
        login=who.login,
        role=who.role.value,
        customer=who.customer,
        customer_name=who.customer_name,
        rights=tuple(right.value for right in who.rights),
        masks=_masks(who.masks),
        token=who.token or None,
        expires_at=timestamp(who.expires_at),
    )


async def _whoami(asked: Asked) -> Reply:
    return answer_json(_view(asked.desk.perform(WHOAMI, asked.principal, WhoAmI(), asked.request.at)))


ROUTES = (Route(method="GET", path="/whoami", operation=WHOAMI, endpoint=_whoami, gives={JSON: WhoAmIView}),)
