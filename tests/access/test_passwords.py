"""Password hashes, and the short memory for verified ones."""

import pytest
from argon2 import extract_parameters
from msgspec.structs import replace

from callboard.access import digest, passwords
from callboard.access.logins import Login
from callboard.access.passwords import _NOBODY, VerifiedPasswords, hash_password, make_login, password_fits
from callboard.access.rights import Role

NOW = 1_700_000_000.0
ACME = Login(name="acme", role=Role.USER, customer=3)


def test_a_hash_fits_its_password_only() -> None:
    encoded = hash_password("sésame")
    assert encoded.startswith("$argon2id$")
    assert password_fits(encoded, "sésame")
    assert not password_fits(encoded, "sesame")


def test_what_is_no_hash_fits_nothing() -> None:
    assert not password_fits("", "")
    assert not password_fits("$argon2id$broken", "x")
    assert not password_fits("x" * 5000, "x" * 5000)
    assert not password_fits("", "\ud800")


def test_a_name_that_does_not_exist_costs_as_much_as_one_that_does() -> None:
    assert extract_parameters(_NOBODY) == extract_parameters(hash_password("any"))


def test_a_login_gets_the_verifiers_of_its_password() -> None:
    login = make_login("acme", Role.USER, 3, "demo-acme", realm="here", addresses=("192.0.2.1",))
    assert password_fits(login.password_hash, "demo-acme")
    assert login.ha1_md5 == digest.ha1("acme", "here", "demo-acme")
    assert login.ha1_sha256 == digest.ha1("acme", "here", "demo-acme", "SHA-256")
    assert login.addresses == ("192.0.2.1",)
    assert "demo-acme" not in repr(login)


def test_a_login_without_a_password_has_no_verifier() -> None:
    login = make_login("username", Role.USER, 3)
    assert (login.password_hash, login.ha1_md5, login.ha1_sha256) == ("", "", "")


def test_a_verified_password_is_known_for_a_while() -> None:
    verified = VerifiedPasswords(b"key", lifetime=60, limit=10)
    verified.remember(ACME, "right", NOW)
    assert verified.knows(ACME, "right", NOW + 59)
    assert not verified.knows(ACME, "right", NOW + 60)
    assert not verified.knows(ACME, "right", NOW - 3600)
    assert not verified.knows(ACME, "wrong", NOW)


def test_a_login_that_changed_is_not_known() -> None:
    verified = VerifiedPasswords(b"key", lifetime=60, limit=10)
    verified.remember(ACME, "right", NOW)
    assert not verified.knows(Login(name="acme", role=Role.USER, customer=3), "right", NOW)


def test_names_and_passwords_do_not_run_together() -> None:
    verified = VerifiedPasswords(b"key", lifetime=60, limit=10)
    one, other = Login(name="ab", role=Role.USER, customer=3), Login(name="a", role=Role.USER, customer=3)
    verified.remember(one, "c", NOW)
    assert verified._seal(one, "c") != verified._seal(other, "bc")
    assert verified._seal(replace(one, name="a:b"), "c") != verified._seal(other, "b:c")


def test_memory_is_bounded() -> None:
    verified = VerifiedPasswords(b"key", lifetime=60, limit=10)
    for number in range(100):
        verified.remember(ACME, str(number), NOW)
    assert len(verified._known) == 10
    assert verified.knows(ACME, "99", NOW)
    assert not verified.knows(ACME, "0", NOW)


def test_the_stand_in_for_a_missing_hash_is_checked_and_opens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even who knew its password would not get in by it, and without a hash there is still something to check."""
    monkeypatch.setattr(passwords, "_NOBODY", hash_password("known"))
    assert not password_fits("", "known")
    checked: list[str] = []

    class Hasher:
        def verify(self, encoded: str, password: bytes) -> bool:
            checked.append(encoded)
            return True

    monkeypatch.setattr(passwords, "_hasher", Hasher())
    assert not password_fits("", "any")
    assert checked == [passwords._NOBODY]


def test_a_password_beyond_all_bounds_is_not_even_hashed() -> None:
    long = "x" * (passwords.MAX_PASSWORD + 1)
    assert not password_fits(hash_password(long), long)
    assert password_fits(hash_password(long[1:]), long[1:])
