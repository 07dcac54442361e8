"""What a login may not read in full is shown by no front end, and cannot be found out by asking for it."""

import hashlib
import re
from urllib.parse import urlencode

import pytest
from msgspec.structs import replace

from callboard.access.masks import Mask
from callboard.access.rights import Role
from callboard.directory.records import Customer
from callboard.http.values import Reply
from tests.dialects.crowd import KEY, Crowd, Place
from tests.dialects.ways import CALL, WAYS, Way, Who, body_of, visible

WHOLE = re.compile(rb"5550\d{4}0555|442079460000")
PLACE = Place(Role.ADMIN, 1)


@pytest.fixture
def crowd() -> Crowd:
    """A house whose operator may not read numbers, names and addresses."""
    crowd = Crowd()
    login = crowd.house.access.login(PLACE.name)
    assert login is not None
    crowd.house.access.put(replace(login, masks=frozenset(Mask)))
    return crowd


def who(crowd: Crowd) -> Who:
    return Who(crowd, PLACE.name, f"pass-{PLACE.name}")


def _named(way: Way) -> str:
    return f"{way.front}-{way.entry}-{way.about.kind}-{way.note}"


LISTS = [way for way in WAYS if way.operation in ("calls.list", "calls.show")]


@pytest.mark.parametrize("way", LISTS, ids=_named)
async def test_no_front_end_shows_a_number_in_full(crowd: Crowd, way: Way) -> None:
    shown = 0
    for number in list(way.about.numbers(crowd))[:4]:
        body = body_of(await way.ask(who(crowd), number))
        assert not WHOLE.search(body)
        shown += len(re.findall(rb"5550\*+55", body))
    assert shown or way.about is CALL or "panel" in way.entry or way.note in {"all", "id", "phone"}


async def test_every_call_is_still_listed(crowd: Crowd) -> None:
    (way,) = (way for way in LISTS if way.entry == "GET calls" and way.about.kind == "nothing" and not way.note)
    body = body_of(await way.ask(who(crowd), 0))
    assert len(re.findall(rb'"caller":"5550\*+55"', body)) == sum(visible(call, PLACE) for call in crowd.calls)


def _enswitch(**more: str) -> str:
    login = {"auth_username": PLACE.name, "auth_password": f"pass-{PLACE.name}", "customer": "system"}
    return f"/api/json/calls/active/list/?{urlencode(login | more)}"


def _mor(**more: str) -> str:
    signature = hashlib.sha1((PLACE.name + KEY).encode(), usedforsecurity=False).hexdigest()
    return f"/billing/api/active_calls_get?{urlencode({'u': PLACE.name, 'hash': signature} | more)}"


@pytest.mark.parametrize(
    "target",
    [
        _enswitch(snumber="555000000555", smatch="exact"),
        _enswitch(snumber="555000"),
        _enswitch(cnumber="44207"),
        _enswitch(dnumber="44207"),
        _enswitch(callername_number="5"),
        _mor(s_source="5550000"),
    ],
)
async def test_nobody_finds_a_call_by_what_is_masked_for_them(crowd: Crowd, target: str) -> None:
    reply: Reply = await who(crowd).http("POST", target)
    body = body_of(reply)
    assert b"5550" not in body
    assert b"authorized" in body or b'"402"' in body


async def test_a_number_of_another_kind_is_compared_with_what_is_shown(crowd: Crowd) -> None:
    """MOR's s_destination is looked for among what is shown."""
    assert b"5550" in body_of(await who(crowd).http("POST", _mor(s_destination="4420")))
    assert b"5550" not in body_of(await who(crowd).http("POST", _mor(s_destination="442079")))


async def test_a_phones_user_name_is_a_number_too(crowd: Crowd) -> None:
    directory = crowd.house.directory
    account = directory.account(3)
    assert account is not None
    directory.put(replace(account, sip_user="442079461234", name=""), Customer(id=1, name="x", shared_key=KEY))
    body = body_of(await who(crowd).http("POST", _mor()))
    assert b"442079461234" not in body
    assert b"4420******34" in body
