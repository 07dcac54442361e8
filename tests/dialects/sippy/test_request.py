"""Their parameters, however a client writes them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.calls.refusals import CallNotFound, InvalidArgument, Malformed, MissingArgument
from callboard.dialects.sippy import request
from callboard.operations.desk import Reach
from callboard.operations.list_calls import ListCalls
from callboard.table.questions.filters import Filter, Order


@pytest.mark.parametrize("params", [(), ({},), (None,), ([],)])
def test_no_parameters_come_in_several_forms(params: tuple[object, ...]) -> None:
    assert request.named(params) == {}


@pytest.mark.parametrize("params", [("x",), (1,), ({}, {}), ([1],), ([{}],)])
def test_anything_but_one_struct_is_refused(params: tuple[object, ...]) -> None:
    with pytest.raises(Malformed):
        request.named(params)


@pytest.mark.parametrize("given", [7, "7", " 7 ", "007"])
def test_an_id_may_be_text(given: object) -> None:
    assert request.identity({"i_account": given}, "i_account") == 7


@pytest.mark.parametrize("given", [None, ""])
def test_an_id_may_be_absent(given: object) -> None:
    assert request.identity({"i_account": given}, "i_account") is None
    assert request.identity({}, "i_account") is None


@pytest.mark.parametrize(
    "given", [0, -1, 2**31, "2147483648", "0", "-1", "1.0", "x", "1_0", "٣", "9" * 5000, 1.0, True, {}, [], b"1"]
)
def test_what_is_no_id_is_refused_by_name(given: object) -> None:
    with pytest.raises(InvalidArgument, match="i_account must be an integer from 1 to 2147483647") as caught:
        request.identity({"i_account": given}, "i_account")
    assert caught.value.argument == "i_account"


@pytest.mark.parametrize(
    ("given", "truth"),
    [(True, True), (1, True), ("1", True), ("True", True), (False, False), (0, False), ("0", False), ("false", False)],
)
def test_a_boolean_may_be_a_number_or_text(given: object, truth: bool) -> None:
    assert request.truth({"recursive": given}, "recursive", not truth) is truth


@pytest.mark.parametrize("default", [True, False])
@pytest.mark.parametrize("parameters", [{}, {"recursive": None}, {"recursive": ""}])
def test_a_boolean_has_a_default(parameters: dict[str, object], default: bool) -> None:
    assert request.truth(parameters, "recursive", default) is default


@pytest.mark.parametrize("given", [2, -1, "yes", 1.0, [], {}])
def test_what_is_no_boolean_is_refused_by_name(given: object) -> None:
    with pytest.raises(InvalidArgument, match="recursive must be a boolean"):
        request.truth({"recursive": given}, "recursive", True)


@pytest.mark.parametrize(
    ("parameters", "arguments"),
    [
        ({}, ListCalls()),
        ({"recursive": False}, ListCalls(reach=Reach.OWN)),
        ({"i_account": 3, "i_vendor": 1}, ListCalls(where=Filter(account=3, vendor=1))),
        ({"i_connection": 2, "i_vendor": 1}, ListCalls(where=Filter(connection=2))),
        ({"order": "oldest_first"}, ListCalls(order=Order.OLDEST_FIRST)),
        ({"order": "oldest_last"}, ListCalls(order=Order.NEWEST_FIRST)),
        ({"order": "longest_first"}, ListCalls(order=Order.LONGEST_FIRST)),
        ({"order": "longest_last"}, ListCalls(order=Order.SHORTEST_FIRST)),
        ({"order": None, "limit": 10}, ListCalls()),
    ],
)
def test_listing(parameters: dict[str, object], arguments: ListCalls) -> None:
    assert request.list_calls(parameters, None) == arguments


@pytest.mark.parametrize("order", ["newest_first", "OLDEST_FIRST", 1, []])
def test_an_unknown_order_is_refused_with_those_there_are(order: object) -> None:
    with pytest.raises(InvalidArgument, match="order must be"):
        request.list_calls({"order": order}, None)


@pytest.mark.parametrize("given", ["960", 960, " 960", "0960"])
def test_a_call_is_named_by_its_id(given: object) -> None:
    assert request.disconnect_call({"ID": given}).number == 960


@pytest.mark.parametrize("given", ["x960", "-1", -1, "9" * 19, "9" * 5000, 2**63, "9.60"])
def test_an_id_that_no_call_has_is_not_found(given: object) -> None:
    with pytest.raises(CallNotFound):
        request.disconnect_call({"ID": given})


@pytest.mark.parametrize(
    "parameters", [{}, {"ID": None}, {"ID": ""}, {"call_id": "960"}, {"i_call": "960"}, {"id": "960"}]
)
def test_an_id_is_required(parameters: dict[str, object]) -> None:
    with pytest.raises(MissingArgument, match="ID is required") as caught:
        request.disconnect_call(parameters)
    assert caught.value.argument == "ID"


@pytest.mark.parametrize("given", [True, 960.0, [960], {}])
def test_an_id_of_another_type_is_refused(given: object) -> None:
    with pytest.raises(InvalidArgument, match="ID must be a string"):
        request.disconnect_call({"ID": given})


def test_an_account_and_a_customer_are_required() -> None:
    with pytest.raises(MissingArgument, match="i_account is required"):
        request.disconnect_account({})
    with pytest.raises(MissingArgument, match="i_customer is required"):
        request.disconnect_customer({"i_wholesaler": 1})


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)
names = st.sampled_from(["recursive", "i_account", "i_vendor", "i_connection", "order", "ID", "i_customer", "node_id"])


@given(st.dictionaries(names, anything))
def test_whatever_comes_is_read_or_refused(parameters: dict[str, Any]) -> None:
    readers = (
        lambda: request.list_calls(parameters, None),
        lambda: request.disconnect_call(parameters),
        lambda: request.disconnect_account(parameters),
        lambda: request.disconnect_customer(parameters),
        lambda: request.text(parameters, "node_id"),
    )
    for read in readers:
        try:
            read()
        except (InvalidArgument, MissingArgument, CallNotFound) as refusal:
            message = refusal.message
            assert message.isprintable()
