"""Tokens: what programs sign in with."""

from http import HTTPStatus
from typing import Annotated

import msgspec

from callboard.access.rights import Right
from callboard.access.tokens import Token
from callboard.api.fields import timestamp
from callboard.api.parameters import read_body, read_query
from callboard.api.route import JSON, Asked, Route, answer_json
from callboard.http.values import Reply
from callboard.operations.tokens import (
    CREATE_TOKEN,
    LIST_TOKENS,
    REMOVE_TOKEN,
    CreateToken,
    ListTokens,
    NewToken,
    RemoveToken,
)

__all__ = ["ROUTES"]

_SECRET = ("Cache-Control", "no-store")


class TokensQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Whose tokens."""

    login: str | None = None
    """Only this login's."""


class WantedToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The token that is to be made."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    """What it is for."""
    login: str | None = None
    """Whose it is to be; left out, one's own. Another's needs the right `tokens.all`."""
    rights: frozenset[Right] | None = None
    """Left out: all that its owner and whoever asks both have."""
    days: Annotated[int, msgspec.Meta(ge=0, le=3650)] | None = None
    """For how many days it is good; 0 for ever; left out, as long as the settings say."""


class TokenView(msgspec.Struct, frozen=True, kw_only=True):
    """A token, without its secret. Times are RFC 3339."""

    id: str
    login: str
    name: str
    rights: tuple[str, ...]
    created_at: str | None
    expires_at: str | None
    """null: it never expires."""
    last_used_at: str | None
    expired: bool


class NewTokenView(TokenView, frozen=True, kw_only=True):
    """A token that was just made."""

    token: str
    """What to sign in with: `Authorization: Bearer ...`. It is never shown again."""


class TokenList(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens by id."""

    tokens: tuple[TokenView, ...]


def _fields(token: Token, now: float) -> dict[str, object]:
    return {
        "id": token.id,
        "login": token.login,
        "name": token.name,
        "rights": tuple(sorted(right.value for right in token.rights)),
        "created_at": timestamp(token.created_at),
        "expires_at": timestamp(token.expires_at),
        "last_used_at": timestamp(token.last_used_at),
        "expired": token.expired(now),
    }


async def _list_tokens(asked: Asked) -> Reply:
    arguments = ListTokens(login=read_query(asked.request, TokensQuery).login)
    tokens = asked.desk.perform(LIST_TOKENS, asked.principal, arguments, asked.request.at)
    return answer_json({"tokens": [_fields(token, asked.request.at) for token in tokens]})


async def _create_token(asked: Asked) -> Reply:
    """201 with the token's text, which is shown this once."""
    asked.desk.check(CREATE_TOKEN, asked.principal)
    wanted: WantedToken = read_body(asked.request, WantedToken)
    arguments = CreateToken(name=wanted.name, login=wanted.login, rights=wanted.rights, days=wanted.days)
    made: NewToken = asked.desk.perform(CREATE_TOKEN, asked.principal, arguments, asked.request.at)
    place = ("Location", f"/v1/tokens/{made.token.id}")
    content = _fields(made.token, asked.request.at) | {"token": made.text}
    return answer_json(content, HTTPStatus.CREATED, _SECRET, place)


async def _remove_token(asked: Asked) -> Reply:
    """Nobody can sign in with it any more; what goes on with it, a stream, is ended."""
    asked.desk.perform(REMOVE_TOKEN, asked.principal, RemoveToken(id=asked.name), asked.request.at)
    return Reply(status=HTTPStatus.NO_CONTENT)


ROUTES = (
    Route(
        method="GET",
        path="/tokens",
        operation=LIST_TOKENS,
        endpoint=_list_tokens,
        query=TokensQuery,
        gives={JSON: TokenList},
    ),
    Route(
        method="POST",
        path="/tokens",
        operation=CREATE_TOKEN,
        endpoint=_create_token,
        takes={JSON: WantedToken},
        gives={JSON: NewTokenView},
        status=201,
        tells=("Location",),
    ),
    Route(method="DELETE", path="/tokens/{id}", operation=REMOVE_TOKEN, endpoint=_remove_token, status=204),
)
