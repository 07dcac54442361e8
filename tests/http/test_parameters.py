"""Parameters as clients of telephone systems write them."""

from urllib.parse import parse_qsl, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.http.parameters import ParameterError, Parameters, read_parameters, split_query
from callboard.http.values import Request


def _request(query: bytes = b"", body: bytes = b"", content_type: str = "") -> Request:
    headers = {"content-type": content_type} if content_type else {}
    return Request(method="POST", path="/", headers=headers, query=query, body=body, at=0.0)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", ()),
        (b"a=1&b=2", (("a", "1"), ("b", "2"))),
        (b"auth_username=user;auth_password=password", (("auth_username", "user"), ("auth_password", "password"))),
        (b"a=1;b=2&c=3", (("a", "1"), ("b", "2"), ("c", "3"))),
        (b"p=%3B%26%3D%2B%25", (("p", ";&=+%"),)),
        (b"a=x+y%20z", (("a", "x y z"),)),
        (b"a=1&a=2&b", (("a", "1"), ("a", "2"), ("b", ""))),
        (b"&&a=1;;&", (("a", "1"),)),
        (b"a=b=c", (("a", "b=c"),)),
        (b"=x", (("", "x"),)),
        (b"n=%C3%A9", (("n", "é"),)),
        (b"n=\xc3\xa9", (("n", "é"),)),
        (b"n=%FF%zz%4", (("n", "\ufffd%zz%4"),)),
    ],
)
def test_split_query(raw: bytes, expected: Parameters) -> None:
    assert split_query(raw) == expected


def test_a_flood_of_parameters_is_refused() -> None:
    assert len(split_query(b"a=1&" * 1000)) == 1000
    for raw in (b"a=1&" * 1001, b"&" * 1_000_000):
        with pytest.raises(ParameterError, match="more than 1000 parameters"):
            split_query(raw)


@given(st.lists(st.tuples(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.text()), max_size=20))
def test_like_the_standard_library_where_both_read(pairs: list[tuple[str, str]]) -> None:
    readable = [(name, value.encode("utf-8", "replace").decode()) for name, value in pairs]
    raw = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in readable)
    assert split_query(raw.encode()) == tuple(parse_qsl(raw, keep_blank_values=True))


@given(st.binary(max_size=300))
def test_no_query_does_harm(raw: bytes) -> None:
    assert all(isinstance(value, str) for pair in split_query(raw) for value in pair)


@pytest.mark.parametrize("content_type", ["", "application/x-www-form-urlencoded; charset=UTF-8"])
def test_query_and_form_together(content_type: str) -> None:
    request = _request(b"u=admin", b"hash=00&s=1\r\n", content_type)
    assert read_parameters(request) == (("u", "admin"), ("hash", "00"), ("s", "1"))


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON; charset=utf-8", "text/x+json"])
def test_json(content_type: str) -> None:
    body = b'{"a": "x", "n": 5, "f": 1.5, "t": true, "no": false, "nil": null, "l": [1, {"k": "v"}]}'
    assert read_parameters(_request(b"q=1", body, content_type)) == (
        ("q", "1"),
        ("a", "x"),
        ("n", "5"),
        ("f", "1.5"),
        ("t", "1"),
        ("no", "0"),
        ("nil", ""),
        ("l", '[1,{"k":"v"}]'),
    )


@pytest.mark.parametrize("body", [b"[1]", b'"x"', b"{", b'{"a": \xff"}', b"[" * 100_000, b'{"a":' * 100_000])
def test_json_that_is_no_object(body: bytes) -> None:
    with pytest.raises(ParameterError, match="no JSON object"):
        read_parameters(_request(body=body, content_type="application/json"))


def test_what_is_neither_form_nor_json_is_left_alone() -> None:
    assert read_parameters(_request(b"a=1", b"<xml/>", "text/xml")) == (("a", "1"),)
    assert read_parameters(_request(b"a=1", b"  ", "application/json")) == (("a", "1"),)


def test_query_and_body_share_the_limit() -> None:
    with pytest.raises(ParameterError):
        read_parameters(_request(b"a&b&c", b'{"d": 1, "e": 2}', "application/json"), limit=4)
