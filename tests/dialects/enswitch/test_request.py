"""Their parameters, however a client writes them."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.access.rights import ROLE_RIGHTS, Principal, Role
from callboard.calls.legs import Direction
from callboard.calls.refusals import Forbidden, InvalidArgument, Malformed, MissingArgument, Refusal, Unauthenticated
from callboard.calls.state import LIVE
from callboard.dialects.enswitch import request
from callboard.http.values import Request
from callboard.operations.desk import Reach
from callboard.operations.list_calls import ListCalls
from callboard.table.questions.filters import Field, Filter, How, Order, TextMatch


def principal(role: Role = Role.ADMIN, customer: int = 1) -> Principal:
    return Principal(login="x", role=role, customer=customer, rights=ROLE_RIGHTS[role])


def http(query: bytes = b"", body: bytes = b"", content_type: str = "") -> Request:
    headers = {"content-type": content_type} if content_type else {}
    return Request(method="POST", path="/", headers=headers, query=query, body=body, at=0.0)


@pytest.mark.parametrize(
    ("given", "parameters"),
    [
        (http(b"a=1;b=2&c=3"), {"a": "1", "b": "2", "c": "3"}),
        (http(b"a=x+y&b=x%20y&c=%3B%26"), {"a": "x y", "b": "x y", "c": ";&"}),
        (http(b"a=1", b"b=2;c=3", "application/x-www-form-urlencoded"), {"a": "1", "b": "2", "c": "3"}),
        (http(b"a=1", b'{"b":2,"c":true,"d":null}', "Application/JSON"), {"a": "1", "b": "2", "c": "1", "d": ""}),
        (http(b"a=1", b"", "Application/JSON"), {"a": "1"}),
        (http(b"a=1", b"", "application/x-www-form-urlencoded"), {"a": "1"}),
        (http(b"a=1&a=2", b"a=3"), {"a": "3"}),
    ],
)
def test_parameters_come_in_any_form(given: Request, parameters: dict[str, str]) -> None:
    assert request.read(given) == parameters


@pytest.mark.parametrize("given", [http(b"", b"[1]", "application/json"), http(b"&".join([b"a=1"] * 1001))])
def test_what_cannot_be_read_is_refused(given: Request) -> None:
    with pytest.raises(Malformed):
        request.read(given)


def test_credentials() -> None:
    claim = request.credentials({"auth_username": "user", "auth_password": " p;&w "}, "192.0.2.9")
    assert (claim.name, claim.password, claim.address) == ("user", " p;&w ", "192.0.2.9")


@pytest.mark.parametrize(
    "parameters", [{}, {"auth_username": "user"}, {"auth_password": "x"}, {"auth_username": "", "auth_password": ""}]
)
def test_without_credentials_nobody_asks(parameters: dict[str, str]) -> None:
    with pytest.raises(Unauthenticated, match="auth_username and auth_password"):
        request.credentials(parameters, "")


def listed(**parameters: str) -> request.ActiveCalls:
    return request.active_calls(parameters, principal())


def arguments(**where: Any) -> ListCalls:
    return ListCalls(reach=Reach.OWN, as_party=True, where=Filter(states=LIVE, **where))


@pytest.mark.parametrize(
    ("parameters", "customer", "reach"),
    [
        ({}, None, Reach.OWN),
        ({"customer": ""}, None, Reach.OWN),
        ({"customer": "3"}, 3, Reach.OWN),
        ({"customer": " 3 "}, 3, Reach.OWN),
        ({"customer": "all"}, None, Reach.CHILDREN),
        ({"customer": "recursive"}, None, Reach.BELOW),
        ({"customer": "system"}, 1, Reach.SUBTREE),
        ({"recursive": "1"}, None, Reach.SUBTREE),
        ({"recursive": "0"}, None, Reach.OWN),
        ({"customer": "3", "recursive": "1"}, 3, Reach.SUBTREE),
        ({"customer": "all", "recursive": "1"}, None, Reach.CHILDREN),
    ],
)
def test_whose_calls(parameters: dict[str, str], customer: int | None, reach: Reach) -> None:
    found = listed(**parameters).arguments
    assert (found.customer, found.reach, found.as_party) == (customer, reach, True)


@pytest.mark.parametrize(("role", "customer"), [(Role.RESELLER, 1), (Role.USER, 1), (Role.ADMIN, 2), (Role.USER, 3)])
def test_the_whole_system_is_for_its_administrators(role: Role, customer: int) -> None:
    with pytest.raises(Forbidden, match="customer=system"):
        request.active_calls({"customer": "system"}, principal(role, customer))


@pytest.mark.parametrize(
    ("word", "directions"),
    [
        ("in", [Direction.INBOUND, Direction.TRANSIT]),
        ("internal", [Direction.INTERNAL]),
        ("in_out", [Direction.INBOUND, Direction.OUTBOUND, Direction.TRANSIT]),
        ("out", [Direction.OUTBOUND, Direction.TRANSIT]),
    ],
)
def test_directions(word: str, directions: list[Direction]) -> None:
    assert listed(direction=word).arguments.where.directions == frozenset(directions)
    assert listed(direction="").arguments == arguments()


@pytest.mark.parametrize(
    ("match", "how"),
    [
        ("", How.CONTAINS),
        ("contains", How.CONTAINS),
        ("exact", How.EXACT),
        ("starts", How.PREFIX),
        ("prefix", How.PREFIX),
        ("ends", How.SUFFIX),
        ("suffix", How.SUFFIX),
    ],
)
@pytest.mark.parametrize(
    ("name", "match_name", "field"),
    [
        ("snumber", "smatch", Field.CALLER),
        ("cnumber", "cmatch", Field.DIALED),
        ("dnumber", "dmatch", Field.CALLEE),
        ("callername_number", "callername_match", Field.CALLER_NAME),
    ],
)
def test_texts(name: str, match_name: str, field: Field, match: str, how: How) -> None:
    found = listed(**{name: " 44", match_name: match}).arguments
    assert found == arguments(texts=(TextMatch(field, how, "44"),))
    assert listed(**{match_name: match}).arguments == arguments()


def test_the_order_of_start_is_the_tables() -> None:
    assert listed().arguments.order == listed(sort="start", descending="0").arguments.order == Order.OLDEST_FIRST
    assert listed(descending="1").arguments.order == Order.NEWEST_FIRST
    assert listed(sort="peer", descending="1").arguments.order == Order.OLDEST_FIRST


@pytest.mark.parametrize(
    "sort",
    [
        *("cnumber", "ctype", "direction", "dnumber", "dtype", "machine", "peer", "scustomer", "snumber", "stype"),
        *("uniqueid", "start"),
    ],
)
def test_sorts(sort: str) -> None:
    found = listed(sort=sort, descending="1")
    assert (found.sort, found.descending) == (sort, True)


def test_the_rest() -> None:
    found = listed(callid="1.2", phone="101", stype="phone", dtype="external", names="1", count="1", other="x")
    assert (found.callid, found.phone, found.names, found.only_count) == ("1.2", "101", True, True)
    assert found.types == (("stype", "phone"), ("dtype", "external"))
    assert listed() == request.ActiveCalls(arguments())


@pytest.mark.parametrize(
    ("name", "wrong", "right"),
    [
        ("customer", "everybody", "all, recursive or system"),
        ("customer", "0", "1 to 2147483647"),
        ("customer", "-1", "id"),
        ("customer", "2147483648", "id"),
        ("customer", "9" * 5000, "id"),
        ("customer", "٣", "id"),
        ("customer", "3.0", "id"),
        ("customer", "[3]", "id"),
        ("direction", "inbound", "in, internal, in_out, out"),
        ("sort", "callid", "uniqueid"),
        ("sort", "START", "start"),
        ("descending", "yes", "0, false, 1, true"),
        ("descending", "2", "1"),
        ("names", "-1", "1"),
        ("count", "x", "1"),
        ("recursive", "x", "1"),
        ("stype", "telephone", "phone, external, queue, code, number"),
        ("ctype", "telephone", "phone"),
        ("dtype", "telephone", "phone"),
        ("smatch", "like", "contains, exact, starts, prefix, ends, suffix"),
        ("cmatch", "like", "contains"),
        ("dmatch", "like", "contains"),
        ("callername_match", "like", "contains"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name_with_what_there_is(name: str, wrong: str, right: str) -> None:
    with pytest.raises(InvalidArgument, match=right) as caught:
        listed(**{name: wrong})
    assert caught.value.argument == name
    assert name in caught.value.message


def test_the_panel_takes_an_id_and_no_words() -> None:
    assert request.panel({"customer": "3", "direction": "nonsense"}).customer == 3
    assert request.panel({}) == arguments()
    for word in ("all", "recursive", "system", "x"):
        with pytest.raises(InvalidArgument, match="customer must be an id"):
            request.panel({"customer": word})


def test_a_call_is_named_by_one_id() -> None:
    assert request.target({"callid": " 1.2 "}) == ("callid", "1.2")
    assert request.target({"uniqueid": "1.2", "callid": ""}) == ("uniqueid", "1.2")
    with pytest.raises(MissingArgument, match="callid or uniqueid"):
        request.target({"callid": " "})
    with pytest.raises(InvalidArgument, match="not both"):
        request.target({"callid": "1", "uniqueid": "1"})


NAMES = (
    *("customer", "recursive", "direction", "sort", "descending", "names", "count", "callid", "uniqueid", "phone"),
    *("stype", "smatch", "snumber"),
)
values = st.text(st.characters(codec=None, exclude_categories=()), max_size=30) | st.sampled_from(
    ["", "0", "1", "all", "system", "in", "exact", "phone", "9" * 5000, "\x00", "\ud800", "%", "a\nb"]
)


@given(st.dictionaries(st.sampled_from(NAMES), values))
def test_whatever_comes_is_read_or_refused(parameters: dict[str, str]) -> None:
    for read in (lambda: request.active_calls(parameters, principal()), lambda: request.panel(parameters)):
        message = ""
        try:
            read()
        except Refusal as refusal:
            message = refusal.message
        assert message.isprintable()


@given(st.binary(max_size=200), st.sampled_from(["", "application/json", "application/x-www-form-urlencoded", "x/y"]))
def test_no_bytes_break_the_reader(noise: bytes, content_type: str) -> None:
    with suppress(Malformed):
        assert all(isinstance(text, str) for text in request.read(http(noise, noise, content_type)).values())
