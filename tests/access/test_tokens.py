"""Tokens: what they are worth, and what is kept of them."""

from itertools import count

import pytest
from msgspec.structs import replace

from callboard.access.access import Access
from callboard.access.claims import TokenClaim
from callboard.access.masks import Mask
from callboard.access.rights import ROLE_RIGHTS, Principal, Right, Role, check
from callboard.access.settings import AccessSettings, MaskSettings
from callboard.access.tokens import Token, TokenChange, Tokens, Written, read_token, write_token
from callboard.calls.refusals import Forbidden, ForbiddenAddress, Throttled, WrongCredentials
from tests.house import BEGIN, House

ADDRESS = "192.0.2.9"
_seeds = count(1)


def entropy(size: int) -> bytes:
    return next(_seeds).to_bytes(size, "big")


def token_of(access: Access, login: str = "acme", **more: object) -> Written:
    written = write_token(entropy)
    made = Token(
        id=written.id,
        login=login,
        name="for a test",
        digest=written.digest,
        rights=frozenset({Right.CALLS_LIST}),
        created_at=BEGIN,
        expires_at=BEGIN + 100.0,
    )
    access.tokens.put(replace(made, **more))
    return written


@pytest.fixture
def access() -> Access:
    """The house's."""
    return House().access


def test_a_token_has_some_of_its_logins_rights(access: Access) -> None:
    written = token_of(access)
    principal = access.sign_in(TokenClaim(written.text, ADDRESS), BEGIN)
    assert (principal.login, principal.role, principal.customer) == ("acme", Role.USER, 3)
    assert principal.rights == {Right.CALLS_LIST, Right.WHOAMI}
    assert (principal.token, principal.expires_at, principal.address) == (written.id, BEGIN + 100.0, ADDRESS)


def test_a_token_never_has_more_than_its_login(access: Access) -> None:
    written = token_of(access, rights=frozenset(Right))
    assert access.sign_in(TokenClaim(written.text, ADDRESS), BEGIN).rights == ROLE_RIGHTS[Role.USER]


def test_a_token_ends_with_its_time_and_says_so(access: Access) -> None:
    written = token_of(access)
    assert access.sign_in(TokenClaim(written.text, ADDRESS), BEGIN + 99.0)
    with pytest.raises(WrongCredentials, match=f"The token {written.id} expired on 2021-08-22 10:13"):
        access.sign_in(TokenClaim(written.text, ADDRESS), BEGIN + 100.0)


def test_a_token_ends_with_its_login_and_does_not_come_back_with_it(access: Access) -> None:
    written, login = token_of(access), access.login("acme")
    assert login is not None
    claim = TokenClaim(written.text, ADDRESS)
    access.put(replace(login, disabled=True))
    with pytest.raises(WrongCredentials):
        access.sign_in(claim, BEGIN)
    access.put(login)
    assert access.sign_in(claim, BEGIN)
    access.remove("acme")
    access.put(login)
    with pytest.raises(WrongCredentials):
        access.sign_in(claim, BEGIN)


def test_a_token_may_come_from_where_its_login_may(access: Access) -> None:
    written, login = token_of(access), access.login("acme")
    assert login is not None
    access.put(replace(login, addresses=("198.51.100.0/24",)))
    with pytest.raises(ForbiddenAddress):
        access.sign_in(TokenClaim(written.text, ADDRESS), BEGIN)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:-1] + ("0" if text[-1] != "0" else "1"),
        lambda text: text.upper(),
        lambda text: text + "0",
        lambda text: text.partition(".")[0],
        lambda text: text.partition(".")[0] + ".",
        lambda text: "",
        lambda text: text + "\n",
        lambda text: "cb_000000000000." + text.partition(".")[2],
        lambda text: "x" * 1_000_000,
        lambda text: text.replace("cb_", "cb_é"),
        lambda text: "\ud800",
    ],
)
def test_what_is_nearly_a_token_is_none(access: Access, change: object) -> None:
    assert callable(change)
    written = token_of(access)
    with pytest.raises(WrongCredentials):
        access.sign_in(TokenClaim(change(written.text), ADDRESS), BEGIN)


def test_who_guesses_tokens_has_to_wait(access: Access) -> None:
    settings = AccessSettings()
    good = token_of(access)
    failed: list[str] = []
    access.watch_failures(lambda failure: failed.append(failure.name))
    for number in range(settings.free_failures_of_address + 1):
        with pytest.raises(WrongCredentials):
            access.sign_in(TokenClaim(f"cb_{number:012x}.{'0' * 64}", ADDRESS), BEGIN)
    with pytest.raises(Throttled):
        access.sign_in(TokenClaim(good.text, ADDRESS), BEGIN)
    assert access.sign_in(TokenClaim(good.text, "198.51.100.7"), BEGIN)
    assert failed[0] == "token 000000000000"


def test_only_a_hash_is_kept_and_nothing_printed_tells_the_secret(access: Access) -> None:
    written = token_of(access)
    kept = access.tokens.get(written.id)
    name, secret = read_token(written.text) or ("", "")
    assert kept is not None
    assert name == kept.id
    for text in (repr(kept), str(kept), repr(written), repr(TokenClaim(written.text, ADDRESS)), f"{kept}"):
        assert secret not in text
        assert kept.digest not in text
    assert secret not in "".join(map(str, (kept.digest, kept.id, kept.name)))


def test_when_it_was_used_is_told_at_once_and_written_down_now_and_then(access: Access) -> None:
    written = token_of(access)
    access.sign_in(TokenClaim(written.text, ADDRESS), BEGIN + 5.0)
    seen = access.tokens.get(written.id)
    assert seen is not None
    assert seen.last_used_at == BEGIN + 5.0
    (used,) = access.tokens.used()
    assert used == seen
    assert access.tokens.used() == ()
    assert access.tokens.get(written.id) == seen


def test_a_change_that_cannot_be_kept_is_none() -> None:
    def fails(change: TokenChange) -> None:
        raise OSError("the disk is full")

    made = Token(id="0" * 12, login="acme", name="x", digest="", rights=frozenset(), created_at=BEGIN, expires_at=None)
    tokens = Tokens([made])
    tokens.watch(fails)
    with pytest.raises(OSError, match="full"):
        tokens.put(replace(made, id="1" * 12))
    with pytest.raises(OSError, match="full"):
        tokens.remove(made.id)
    assert tokens.all() == (made,)


def test_masks_of_the_role_and_of_the_login_add_up() -> None:
    masks = MaskSettings(user=("numbers",), first=3, last=0)
    access = House(settings=AccessSettings(masks=masks)).access
    login = access.login("acme")
    assert login is not None
    access.put(replace(login, masks=frozenset({Mask.MEDIA})))
    principal = access.sign_in(TokenClaim(token_of(access).text, ADDRESS), BEGIN)
    assert principal.masks.kinds == {Mask.NUMBERS, Mask.MEDIA}
    assert (principal.masks.first, principal.masks.last) == (3, 0)
    root = access.sign_in(TokenClaim(token_of(access, "root").text, ADDRESS), BEGIN)
    assert not root.masks


def test_printed_settings_do_not_tell_the_shared_key() -> None:
    settings = AccessSettings(shared_key="a long random text")
    assert "a long random text" not in f"{settings!r}{settings}"
    assert "realm='Callboard'" in repr(settings)


def test_who_lacks_a_right_is_told_whether_the_token_does() -> None:
    who = Principal(login="ann", role=Role.USER, customer=3, rights=frozenset())
    for token, words in (("", "ann does not have the right calls.list"), ("a1", "The token a1 of ann does not have")):
        with pytest.raises(Forbidden, match=words):
            check(replace(who, token=token), Right.CALLS_LIST)
