"""Who holds which of the vendor's privileges."""

import pytest

from callboard.access.passwords import make_login
from callboard.access.rights import ROLE_RIGHTS, Principal, Role
from callboard.calls.refusals import Forbidden
from callboard.dialects.enswitch.functions import FUNCTIONS
from callboard.dialects.enswitch.privileges import ROLE_PRIVILEGES, Privilege, check
from tests.dialects.enswitch.client import HANGUP, LIST, PANEL
from tests.dialects.enswitch.conftest import Clients
from tests.house import House


def principal(role: Role, *privileges: str) -> Principal:
    return Principal(login="x", role=role, customer=1, rights=ROLE_RIGHTS[role], privileges=frozenset(privileges))


def may(who: Principal, function: str) -> bool:
    try:
        check(who, FUNCTIONS[function].privileges)
    except Forbidden:
        return False
    return True


def test_every_role_may_list_and_hang_up_what_it_sees() -> None:
    assert set(ROLE_PRIVILEGES) == set(Role)
    assert all(may(principal(role), function) for role in Role for function in FUNCTIONS)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(
    ("privilege", "functions"),
    [
        ("callshop", {LIST}),
        ("telephone line reports", {LIST}),
        ("Telephone Line Reports ", {LIST}),
        ("user", {LIST}),
        ("panel", {PANEL, HANGUP}),
        ("actions", {HANGUP}),
        ("administrator", {HANGUP}),
        ("a word of somebody else's", set()),
    ],
)
def test_a_login_with_privileges_of_its_own_has_those_and_no_others(
    role: Role, privilege: str, functions: set[str]
) -> None:
    assert {function for function in FUNCTIONS if may(principal(role, privilege), function)} == functions


def test_any_one_of_those_needed_is_enough() -> None:
    assert may(principal(Role.USER, "other", "callshop"), LIST)


def test_what_is_missing_is_named() -> None:
    with pytest.raises(Forbidden, match="callshop, telephone line reports, user"):
        check(principal(Role.USER, "actions"), FUNCTIONS[LIST].privileges)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("privilege", Privilege)
async def test_without_a_privilege_the_answer_is_402(
    house: House, client: Clients, function: str, privilege: Privilege
) -> None:
    house.access.put(make_login("clerk", Role.USER, 3, "demo-clerk", privileges=frozenset({privilege.value})))
    call = house.call(account=5)
    assert call.first_leg
    answer = await client("clerk").ask(function, **({"callid": call.first_leg.native} if function == HANGUP else {}))
    code = answer["responses"][0]["code"]
    if privilege in FUNCTIONS[function].privileges:
        assert code in {"200", "204"}
    else:
        assert (code, "data" in answer, house.sent) == ("402", False, [])
