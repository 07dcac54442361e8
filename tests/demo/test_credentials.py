"""A phone's answers to challenges fit what the server's side checks (RFC 7616)."""

import pytest

from callboard.access.digest import challenge, ha1, read_authorization, verify
from callboard.demo.credentials import Credentials
from callboard.demo.sip import Response

ME = Credentials("801", "sip-801")
URI = "sip:812@127.0.0.1"


def challenged(*values: str, code: int = 401, header: str = "WWW-Authenticate") -> Response:
    return Response(code=code, headers=tuple((header, value) for value in values))


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_the_answer_fits(algorithm: str) -> None:
    answer = ME.answer(challenged(challenge('a "realm"', "n0nce", algorithm)), "INVITE", URI)
    assert answer is not None
    name, value = answer
    given = read_authorization(value)
    assert name == "Authorization"
    assert (given.username, given.uri, given.nonce) == ("801", URI, "n0nce")
    assert verify(given, ha1("801", given.realm, "sip-801", algorithm), "INVITE")
    assert not verify(given, ha1("801", given.realm, "sip-802", algorithm), "INVITE")


def test_without_quality_of_protection() -> None:
    answer = ME.answer(challenged('Digest realm="r", nonce="n", opaque="o"'), "REGISTER", URI)
    assert answer is not None
    given = read_authorization(answer[1])
    assert (given.qop, given.opaque) == ("", "o")
    assert verify(given, ha1("801", "r", "sip-801"), "REGISTER")


def test_the_first_challenge_that_can_be_answered_is() -> None:
    answer = ME.answer(
        challenged(
            "Basic realm=r",
            'Digest realm="r", nonce="1", algorithm=SHA-512-256',
            'Digest realm="r", nonce="2", algorithm=md5, qop="auth-int, auth"',
            code=407,
            header="Proxy-Authenticate",
        ),
        "INVITE",
        URI,
    )
    assert answer is not None
    assert answer[0] == "Proxy-Authorization"
    assert read_authorization(answer[1]).nonce == "2"


def test_no_challenge_that_can_be_answered() -> None:
    assert ME.answer(challenged("Bearer x"), "INVITE", URI) is None
