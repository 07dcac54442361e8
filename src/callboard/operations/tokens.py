"""Tokens: have one made, see those there are, take one back. Who may see to others' sees to those of its subtree."""

import msgspec

from callboard.access.logins import Login
from callboard.access.rights import Principal, Right
from callboard.access.tokens import Token, write_token
from callboard.calls.refusals import Conflict, Forbidden, InvalidArgument, Mistaken, NotFound
from callboard.directory.mistakes import name_fault, text_fault
from callboard.operations.desk import Desk
from callboard.operations.operation import Operation

__all__ = [
    "CREATE_TOKEN",
    "LIST_TOKENS",
    "REMOVE_TOKEN",
    "CreateToken",
    "ListTokens",
    "NewToken",
    "RemoveToken",
]

DAY = 86_400.0
MOST_DAYS = 3_650


class ListTokens(msgspec.Struct, frozen=True, kw_only=True):
    """Whose."""

    login: str | None = None
    """None: all that the principal sees."""


class CreateToken(msgspec.Struct, frozen=True, kw_only=True):
    """What kind of token."""

    name: str
    """What it is for."""
    login: str | None = None
    """Whose it is to be; None is the principal's own."""
    rights: frozenset[Right] | None = None
    """None: all that the principal and the login both have."""
    days: int | None = None
    """For how long; None is what the settings say, 0 that it never expires."""


class RemoveToken(msgspec.Struct, frozen=True, kw_only=True):
    """Which token: its id."""

    id: str


class NewToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token, and its text, which is never shown again."""

    token: Token
    text: str

    def __repr__(self) -> str:
        """Without the text, which is nobody's to read in a log."""
        return f"NewToken(token={self.token!r})"


def _sees(desk: Desk, principal: Principal, name: str) -> bool:
    """Whether a login's tokens are the principal's business."""
    if name == principal.login:
        return True
    login = desk.access.login(name)
    if login is None or Right.TOKENS_ALL not in principal.rights:
        return False
    return desk.directory.is_within(login.customer, principal.customer)


def _list_tokens(desk: Desk, principal: Principal, arguments: ListTokens, now: float) -> tuple[Token, ...]:
    tokens = desk.access.tokens
    if arguments.login is None:
        return tuple(token for token in tokens.all() if _sees(desk, principal, token.login))
    return tokens.of(_login(desk, principal, arguments.login).name)


def _login(desk: Desk, principal: Principal, name: str) -> Login:
    login = desk.access.login(name)
    if login is None or not _sees(desk, principal, name):
        words = "" if Right.TOKENS_ALL in principal.rights else f"; {Right.TOKENS_ALL.value} is needed for another's"
        raise NotFound(f"login {name[:80]!r} not found{words}")
    return login


def _create_token(desk: Desk, principal: Principal, arguments: CreateToken, now: float) -> NewToken:
    login = _login(desk, principal, principal.login if arguments.login is None else arguments.login)
    fault = text_fault(arguments.name) or name_fault(arguments.name)
    if fault:
        raise Mistaken([f"name: {fault}"])
    most = desk.access.settings.tokens_per_login
    if len(desk.access.tokens.of(login.name)) >= most:
        raise Conflict(f"{login.name} has {most} tokens, which is the most: take one back first")
    written = write_token(desk.entropy)
    token = Token(
        id=written.id,
        login=login.name,
        name=arguments.name,
        digest=written.digest,
        rights=_rights(desk, principal, login, arguments.rights),
        created_at=now,
        expires_at=_expiry(desk, principal, arguments.days, now),
    )
    desk.access.tokens.put(token)
    return NewToken(token=token, text=written.text)


def _rights(desk: Desk, principal: Principal, login: Login, wanted: frozenset[Right] | None) -> frozenset[Right]:
    """Nobody gives what they do not have, nor to a login what it could not use."""
    most = principal.rights & desk.access.rights_of(login)
    if wanted is None:
        return most
    missing = sorted(wanted - principal.rights)
    if missing:
        raise Forbidden(f"{principal.login} does not have {', '.join(missing)} and cannot give it: leave it out")
    beyond = sorted(wanted - most)
    if beyond:
        raise InvalidArgument(f"{login.name} does not have {', '.join(beyond)}: leave it out", "rights")
    return wanted


def _expiry(desk: Desk, principal: Principal, days: int | None, now: float) -> float | None:
    """A token that is made with a token does not outlive it."""
    if days is not None and not 0 <= days <= MOST_DAYS:
        raise InvalidArgument(f"days is {days}: give a number from 1 to {MOST_DAYS}, or 0 for ever", "days")
    wanted = desk.access.settings.token_days if days is None else days
    ends = [now + wanted * DAY] if wanted else []
    return min([*ends, *([] if principal.expires_at is None else [principal.expires_at])], default=None)


def _remove_token(desk: Desk, principal: Principal, arguments: RemoveToken, now: float) -> Token:
    token = desk.access.tokens.get(arguments.id)
    if token is None or not _sees(desk, principal, token.login):
        raise NotFound(f"token {arguments.id[:40]!r} not found")
    desk.access.tokens.remove(token.id)
    return token


LIST_TOKENS = Operation(
    name="tokens.list",
    summary="List one's own tokens and, with the right tokens.all, those of every login of one's subtree.",
    right=Right.TOKENS_OWN,
    arguments=ListTokens,
    example=ListTokens(),
    run=_list_tokens,
)

CREATE_TOKEN = Operation(
    name="tokens.create",
    summary="Have a token made; it is shown this once.",
    right=Right.TOKENS_OWN,
    arguments=CreateToken,
    example=CreateToken(name="wallboard", rights=frozenset({Right.CALLS_LIST}), days=30),
    run=_create_token,
    audited=lambda wanted: f"token {wanted.name!r} of {wanted.login or 'their own'}",
)

REMOVE_TOKEN = Operation(
    name="tokens.remove",
    summary="Take a token back: from now on nobody can sign in with it.",
    right=Right.TOKENS_OWN,
    arguments=RemoveToken,
    example=RemoveToken(id="0123456789ab"),
    run=_remove_token,
    audited=lambda wanted: f"token {wanted.id}",
)
