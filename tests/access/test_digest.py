"""Digest authentication: the examples of the RFCs, hostile headers, and nonces that cannot be replayed."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.access import digest
from callboard.access.digest import Authorization, Nonces, OneTimeNonces, Standing
from callboard.calls.refusals import Malformed

SECRET = b"0123456789abcdef0123456789abcdef"
NOW = 1_700_000_000.0

# RFC 2617 section 3.5.
RFC2617 = (
    'Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", '
    'uri="/dir/index.html", qop=auth, nc=00000001, cnonce="0a4f113b", '
    'response="6629fae49393a05397450978507c4ef1", opaque="5ccc069c403ebaf9f0171e9517f40e41"'
)
# RFC 7616 section 3.9.1.
RFC7616 = (
    'Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", algorithm=SHA-256, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, '
    'cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, '
    'response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1", opaque="FQhe/qaU"'
)


@pytest.mark.parametrize(
    ("header", "realm", "password", "algorithm"),
    [
        (RFC2617, "testrealm@host.com", "Circle Of Life", "MD5"),
        (RFC7616, "http-auth@example.org", "Circle of Life", "SHA-256"),
        (RFC7616.replace("SHA-256", "sha-256"), "http-auth@example.org", "Circle of Life", "SHA-256"),
        (RFC7616.replace("=SHA-256", '="SHA-256"'), "http-auth@example.org", "Circle of Life", "SHA-256"),
    ],
)
def test_examples_of_the_rfcs(header: str, realm: str, password: str, algorithm: str) -> None:
    given_ = digest.read_authorization(header)
    right = digest.ha1("Mufasa", realm, password, algorithm)
    assert given_.algorithm == algorithm
    assert digest.verify(given_, right, "GET")
    assert not digest.verify(given_, right, "POST")
    assert not digest.verify(given_, digest.ha1("Mufasa", realm, password + "!", algorithm), "GET")
    assert not digest.verify(given_, "", "GET")


def test_a_client_without_qop() -> None:
    ha1 = digest.ha1("Mufasa", "testrealm@host.com", "Circle Of Life")
    # RFC 2069 section 2.4 with the response of its published erratum.
    header = (
        'Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", '
        'uri="/dir/index.html", response="1949323746fe6a43ef61f9606e7febea", opaque="5ccc069c403ebaf9f0171e9517f40e41"'
    )
    ha1_of_erratum = digest.ha1("Mufasa", "testrealm@host.com", "CircleOfLife")
    assert digest.verify(digest.read_authorization(header), ha1_of_erratum, "GET")
    assert not digest.verify(digest.read_authorization(header), ha1, "GET")


def test_reading_tolerates_how_clients_write() -> None:
    spaced = digest.read_authorization("dIgEsT " + RFC2617[7:].replace(", ", " ,,\t").replace("=", " = ", 1) + ", ")
    assert spaced == digest.read_authorization(RFC2617)
    escaped = RFC2617.replace("Mufasa", r"Muf\"a\\sa")
    assert digest.read_authorization(escaped).username == 'Muf"a\\sa'
    assert digest.read_authorization(RFC2617.replace("nc=00000001", 'nc="00000001"')).nc == "00000001"


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("", "not of the scheme Digest"),
        ("Basic cm9vdDpyb290", "not of the scheme Digest"),
        ("Digest", "lacks 'username'"),
        ("Digest username", "cannot be read"),
        ('Digest username="open', "cannot be read"),
        (RFC2617 + ', nonce="again"', "gives 'nonce' twice"),
        (RFC2617.replace("qop=auth", "qop=auth-int"), "'auth-int' is not supported"),
        (RFC2617 + ", algorithm=MD5-sess", "'MD5-sess' is not supported"),
        (RFC2617.replace("6629", "zzzz"), "no MD5 hash in hex"),
        (RFC2617.replace("6629", ""), "no MD5 hash in hex"),
        (RFC2617 + ", algorithm=SHA-256", "no SHA-256 hash in hex"),
        (RFC2617.replace("nc=00000001, ", ""), "needs 'nc'"),
        (RFC2617.replace("00000001", "000000001"), "needs 'nc'"),
        (RFC2617.replace('cnonce="0a4f113b", ', ""), "needs 'cnonce'"),
        (RFC2617.replace("0a4f113b", "a" * 3000), "'cnonce' in the Authorization header is longer"),
        ("Digest " + "a" * 9000, "longer than 8192"),
        (RFC2617.replace("Mufasa", "\ud800"), "no text"),
    ],
)
def test_what_cannot_be_read_is_named(header: str, words: str) -> None:
    with pytest.raises(Malformed, match=words):
        digest.read_authorization(header)


@given(st.text(max_size=200))
def test_no_header_does_harm(text: str) -> None:
    for header in (text, "Digest " + text, RFC2617 + "," + text):
        try:
            outcome = digest.read_authorization(header).response
        except Malformed as refusal:
            outcome = refusal.message
        assert 0 < len(outcome) < 200


def test_a_header_of_nothing_but_backslashes_is_read_in_linear_time() -> None:
    with pytest.raises(Malformed):
        digest.read_authorization('Digest username="' + "\\" * 8000)


def test_challenge_for_clients_that_read_by_pattern() -> None:
    assert (
        digest.challenge("Callboard", "abc123") == 'Digest realm="Callboard", nonce="abc123", qop="auth", algorithm=MD5'
    )
    stale = digest.challenge('a "b" \\ c', "abc123", "sha-256", stale=True)
    assert stale == r'Digest realm="a \"b\" \\ c", nonce="abc123", qop="auth", algorithm=SHA-256, stale=true'
    with pytest.raises(ValueError, match="control character"):
        digest.challenge("a\r\nb", "abc123")


_names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)


@given(_names, _names, _names, st.sampled_from(digest.ALGORITHMS), st.booleans())
def test_what_a_client_computes_verifies(user: str, realm: str, password: str, algorithm: str, modern: bool) -> None:
    ha1 = digest.ha1(user, realm, password, algorithm)
    answer = Authorization(
        username=user,
        realm=realm,
        nonce="abc",
        uri="/xmlapi/xmlapi",
        response="",
        algorithm=algorithm,
        qop="auth" if modern else "",
        nc="00000001" if modern else "",
        cnonce="xyz" if modern else "",
    )
    response = digest.expected_response(ha1, answer, "POST")
    quoted = {name: getattr(answer, name).replace("\\", "\\\\").replace('"', '\\"') for name in ("username", "realm")}
    header = (
        f'Digest username="{quoted["username"]}", realm="{quoted["realm"]}", nonce="abc", uri="/xmlapi/xmlapi", '
        f'response="{response}", algorithm={algorithm}' + (', qop=auth, nc=00000001, cnonce="xyz"' if modern else "")
    )
    assert digest.verify(digest.read_authorization(header), ha1, "POST")


@pytest.mark.parametrize(
    ("uri", "target", "expected"),
    [
        ("/xmlapi/xmlapi", "/xmlapi/xmlapi", True),
        ("/xmlapi/xmlapi", "//xmlapi/xmlapi", True),
        ("//xmlapi//xmlapi", "/xmlapi/xmlapi", True),
        ("https://sw.example:443/xmlapi/xmlapi", "//xmlapi/xmlapi", True),
        ("http://sw.example", "/", True),
        ("/xmlapi/xmlapi", "/xmlapi/other", False),
        ("/xmlapi/xmlapi?a=1", "/xmlapi/xmlapi", False),
        ("/x?u=http://a//b", "/x?u=http://a//b", True),
        ("/x?u=http://a//b", "/x?u=http://a/b", False),
        ("", "/xmlapi", False),
    ],
)
def test_same_target(uri: str, target: str, expected: bool) -> None:
    assert digest.same_target(uri, target) is expected


def test_stored_ha1() -> None:
    assert digest.stored_ha1("md5", "m", "s") == "m"
    assert digest.stored_ha1("SHA-256", "m", "s") == "s"


# --- nonces ----------------------------------------------------------------------------------------------------------


def test_a_nonce_lives_its_lifetime() -> None:
    nonces = Nonces(SECRET, lifetime=300)
    nonce = nonces.issue(NOW)
    assert nonces.check(nonce, NOW) is Standing.GOOD
    assert nonces.check(nonce, NOW + 299.9) is Standing.GOOD
    assert nonces.check(nonce, NOW + 300.1) is Standing.STALE


def test_nonces_are_distinct_hex() -> None:
    nonces = Nonces(SECRET)
    issued = [nonces.issue(NOW) for _ in range(1000)]
    assert len(set(issued)) == 1000
    assert all(set(nonce) <= set("0123456789abcdef") for nonce in issued)


@given(st.integers(0, 55), st.sampled_from("0123456789abcdef"))
def test_a_changed_nonce_is_forged(position: int, digit: str) -> None:
    nonces = Nonces(SECRET)
    nonce = nonces.issue(NOW)
    changed = nonce[:position] + digit + nonce[position + 1 :]
    assert (nonces.check(changed, NOW) is Standing.GOOD) == (changed == nonce)


@given(st.text(max_size=80))
def test_any_text_is_forged(text: str) -> None:
    assert Nonces(SECRET).check(text, NOW) is Standing.FORGED


def test_the_same_use_twice_is_refused() -> None:
    nonces = Nonces(SECRET)
    nonce = nonces.issue(NOW)
    assert nonces.use(nonce, "00000001 a", NOW)
    assert not nonces.use(nonce, "00000001 a", NOW + 1)
    assert nonces.use(nonce, "00000001 b", NOW + 1)
    assert nonces.use(nonce, "00000002 a", NOW + 1)


def test_memory_is_bounded_and_still_nothing_is_replayed() -> None:
    nonces = Nonces(SECRET, lifetime=300, limit=10)
    issued = [nonces.issue(NOW + n / 1000) for n in range(50)]
    for nonce in issued:
        if nonces.check(nonce, NOW + 1) is Standing.GOOD:
            assert nonces.use(nonce, "1 a", NOW + 1)
    assert len(nonces._used) <= 10
    for nonce in issued:
        assert nonces.check(nonce, NOW + 2) is not Standing.GOOD or not nonces.use(nonce, "1 a", NOW + 2)
    fresh = nonces.issue(NOW + 3)
    assert nonces.check(fresh, NOW + 3) is Standing.GOOD


def test_what_was_used_is_forgotten_when_it_is_stale_anyway() -> None:
    nonces = Nonces(SECRET, lifetime=10)
    for n in range(100):
        assert nonces.use(nonces.issue(NOW + n), "1 a", NOW + n)
    assert len(nonces._used) <= 12


def test_neither_a_restart_nor_a_clock_set_back_makes_an_old_nonce_good() -> None:
    nonces = Nonces(SECRET)
    nonce = nonces.issue(NOW)
    assert Nonces(SECRET).check(nonce, NOW + 1) is Standing.FORGED
    assert nonces.use(nonce, "1 a", NOW)
    assert nonces.check(nonce, NOW - 3600) is Standing.FORGED
    assert nonces.check(nonces.issue(NOW - 3600), NOW - 3599) is Standing.GOOD
    assert nonces.check(nonce, NOW + 1) is Standing.FORGED


def test_one_time_nonces_are_good_once_for_their_call_and_target() -> None:
    nonces = OneTimeNonces(SECRET, lifetime=32, limit=100)
    bound = "call-1@host sip:900@example"
    nonce = nonces.issue(bound, NOW)
    assert not nonces.redeem(nonce, "call-2@host sip:900@example", NOW)
    assert not nonces.redeem(nonce, "call-1@host sip:901@example", NOW)
    assert nonces.redeem(nonce, bound, NOW + 1)
    assert not nonces.redeem(nonce, bound, NOW + 1)
    late = nonces.issue(bound, NOW)
    assert not nonces.redeem(late, bound, NOW + 33)
    assert not nonces.redeem("f" * 56, bound, NOW)
    assert not OneTimeNonces(SECRET).redeem(Nonces(SECRET).issue(NOW), "", NOW)


@given(st.lists(st.tuples(st.integers(0, 5), st.floats(0, 100)), max_size=60))
def test_no_order_of_redeeming_redeems_twice(acts: list[tuple[int, float]]) -> None:
    nonces = OneTimeNonces(SECRET, lifetime=32, limit=3)
    issued = [nonces.issue("call", NOW) for _ in range(6)]
    redeemed = [which for which, after in acts if nonces.redeem(issued[which], "call", NOW + after)]
    assert len(redeemed) == len(set(redeemed))


@pytest.mark.parametrize("algorithm", digest.ALGORITHMS)
def test_an_empty_verifier_fits_nothing_even_where_the_client_hashes_with_it(algorithm: str) -> None:
    answer = Authorization(username="a", realm="r", nonce="n", uri="/", response="", algorithm=algorithm)
    response = digest.expected_response("", answer, "POST")
    assert not digest.verify(msgspec.structs.replace(answer, response=response), "", "POST")
