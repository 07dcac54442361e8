"""Sign-in by every kind of claim: who gets in, who does not, and what strangers can learn."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from callboard.access import digest
from callboard.access.access import Access, LoginChange, StaleNonce
from callboard.access.claims import DigestClaim, NamedClaim, OpenClaim, PasswordClaim, SignatureClaim, TrustedClaim
from callboard.access.logins import Login
from callboard.access.passwords import make_login
from callboard.access.rights import ROLE_RIGHTS, Right, Role, check
from callboard.access.settings import AccessSettings
from callboard.calls.refusals import (
    CustomerNotFound,
    Forbidden,
    ForbiddenAddress,
    Malformed,
    MissingArgument,
    Throttled,
    Unauthenticated,
    WrongCredentials,
)
from callboard.directory.addresses import AddressSet
from callboard.directory.directory import Directory, DirectoryError
from callboard.directory.records import Customer
from tests.house import House

NOW = 1_700_000_000.0
HERE = "192.0.2.10"
TARGET = "/xmlapi/xmlapi"
SECRET = b"0123456789abcdef0123456789abcdef"

LOGINS = (
    make_login("root", Role.ADMIN, 1, "demo-root"),
    make_login("reseller", Role.RESELLER, 2, "demo-reseller"),
    make_login("acme", Role.USER, 3, "demo-acme", privileges=frozenset({"live"})),
    make_login("gone", Role.USER, 3, "demo-gone", disabled=True),
    make_login("bound", Role.USER, 3, "demo-bound", addresses=("198.51.100.0/24",)),
    make_login("unsigned", Role.USER, 3, "demo-unsigned", signing=False),
    make_login("initech", Role.USER, 5),
)


def _access(settings: AccessSettings | None = None) -> Access:
    directory = Directory(
        [
            Customer(id=1, name="Root"),
            Customer(id=2, name="Reseller One", parent=1, shared_key="of-the-reseller"),
            Customer(id=3, name="Acme", parent=2),
            Customer(id=5, name="Initech", parent=1),
        ]
    )
    access = Access(directory, settings or AccessSettings(shared_key="456789", algorithms=("MD5", "SHA-256")), SECRET)
    access.put(*LOGINS)
    return access


@pytest.fixture
def access() -> Access:
    return _access()


def _password(name: str, password: str, address: str = HERE) -> PasswordClaim:
    return PasswordClaim(name, password, address)


def _nonce(challenge: str) -> str:
    return challenge.split('nonce="')[1].split('"')[0]


def _digest(
    name: str,
    password: str,
    nonce: str,
    *,
    uri: str = TARGET,
    realm: str = "Callboard",
    algorithm: str = "MD5",
    cnonce: str = "c",
    nc: str = "00000001",
    method: str = "POST",
    address: str = HERE,
) -> DigestClaim:
    answer = digest.Authorization(
        username=name,
        realm=realm,
        nonce=nonce,
        uri=uri,
        response="",
        algorithm=algorithm,
        qop="auth",
        nc=nc,
        cnonce=cnonce,
    )
    response = digest.expected_response(digest.ha1(name, realm, password, algorithm), answer, "POST")
    header = (
        f'Digest username="{name}", realm="{realm}", nonce="{nonce}", uri="{uri}", qop=auth, nc={nc}, '
        f'cnonce="{cnonce}", response="{response}", algorithm={algorithm}'
    )
    return DigestClaim(header, method, TARGET, address)


# --- logins ---


def test_logins_are_put_told_and_removed(access: Access) -> None:
    told: list[LoginChange] = []
    access.watch(told.append)
    fresh = Login(name="fresh", role=Role.USER, customer=3)
    access.put(fresh)
    assert access.login("fresh") == fresh
    access.remove("fresh")
    assert access.login("fresh") is None
    assert told == [LoginChange(puts=(fresh,)), LoginChange(removes=("fresh",))]
    assert [login.name for login in access.logins()] == sorted(login.name for login in LOGINS)


def test_all_mistakes_are_told_and_nothing_is_done(access: Access) -> None:
    good = Login(name="good", role=Role.USER, customer=3)
    bad = Login(
        name="a:b\n", role=Role.USER, customer=99, password_hash="plain", ha1_md5="zz", addresses=("::1", "nowhere")
    )
    with pytest.raises(DirectoryError) as caught:
        access.put(good, bad)
    fields = [mistake.split(", ")[1].split(":")[0] for mistake in caught.value.mistakes]
    assert fields == ["name", "name", "customer", "password_hash", "ha1_md5", "addresses[1]"]
    assert "plain" not in str(caught.value)
    assert access.login("good") is None
    with pytest.raises(DirectoryError, match="login ' ', name: is empty"):
        access.put(Login(name=" ", role=Role.USER, customer=3))
    with pytest.raises(DirectoryError, match="no such login"):
        access.remove("good")


def test_a_login_whose_customer_is_gone_cannot_sign_in_and_hinders_nobody() -> None:
    orphan = make_login("orphan", Role.USER, 3, "demo-orphan")
    access = Access(Directory([Customer(id=1, name="Root")]), AccessSettings(), SECRET, [orphan])
    assert access.logins() == (orphan,)
    with pytest.raises(WrongCredentials):
        access.sign_in(_password("orphan", "demo-orphan"), NOW)


# --- passwords ---


def test_a_right_password_signs_in(access: Access) -> None:
    principal = access.sign_in(_password("acme", "demo-acme"), NOW)
    assert (principal.login, principal.role, principal.customer) == ("acme", Role.USER, 3)
    assert principal.rights == ROLE_RIGHTS[Role.USER]
    assert principal.privileges == {"live"}
    assert principal.address == HERE


@pytest.mark.parametrize(
    ("name", "password"),
    [("acme", "demo-root"), ("acme", ""), ("nobody", "demo-acme"), ("gone", "demo-gone"), ("initech", ""), ("", "")],
)
def test_who_does_not_fit_learns_nothing(access: Access, name: str, password: str) -> None:
    with pytest.raises(WrongCredentials) as caught:
        access.sign_in(_password(name, password), NOW)
    assert caught.value.message == "The login or its password, key, signature or token is wrong."


def test_recall_knows_a_password_that_was_right_a_minute_ago(access: Access) -> None:
    claim = _password("acme", "demo-acme")
    assert access.recall(claim, NOW) is None
    principal = access.sign_in(claim, NOW)
    assert access.recall(claim, NOW + 59) == principal
    assert access.recall(claim, NOW + 61) is None
    assert access.recall(_password("acme", "demo-acmE"), NOW) is None


def test_recall_forgets_a_login_that_changed_or_went(access: Access) -> None:
    claim = _password("acme", "demo-acme")
    access.sign_in(claim, NOW)
    login = access.login("acme")
    assert login is not None
    access.put(msgspec.structs.replace(login, disabled=True))
    assert access.recall(claim, NOW) is None
    access.put(login)
    access.remove("acme")
    assert access.recall(claim, NOW) is None


def test_a_login_bound_to_addresses(access: Access) -> None:
    assert access.sign_in(_password("bound", "demo-bound", "198.51.100.9"), NOW).login == "bound"
    with pytest.raises(ForbiddenAddress, match=HERE):
        access.sign_in(_password("bound", "demo-bound"), NOW)
    assert access.recall(_password("bound", "demo-bound"), NOW) is None
    assert access.recall(_password("bound", "demo-bound", "198.51.100.9"), NOW) is not None
    with pytest.raises(WrongCredentials):
        access.sign_in(_password("bound", "wrong"), NOW)


def test_guessing_is_slowed_down_here_but_not_elsewhere(access: Access) -> None:
    access.sign_in(_password("acme", "demo-acme", "192.0.2.99"), NOW)
    for _ in range(7):
        access._throttle.failed(HERE, "acme", NOW)
    with pytest.raises(Throttled, match="wait 2 s and try again") as caught:
        access.sign_in(_password("acme", "demo-acme"), NOW)
    assert caught.value.wait == 2
    assert access.recall(_password("acme", "demo-acme"), NOW) is None
    with pytest.raises(Throttled):
        access.sign_in(_digest("acme", "demo-acme", _nonce(access.challenge(NOW)[0])), NOW)
    assert access.sign_in(_password("acme", "demo-acme", "192.0.2.11"), NOW).login == "acme"
    assert access.sign_in(_password("acme", "demo-acme"), NOW + 3).login == "acme"
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            access.sign_in(SignatureClaim("acme", ("",), "0" * 40, HERE), NOW + 3)


def test_every_kind_of_failure_counts(access: Access) -> None:
    failures: list[Callable[[int], object]] = [
        lambda n: access.sign_in(_digest("acme", "wrong", _nonce(access.challenge(NOW)[0])), NOW),
        lambda n: access.sign_in(SignatureClaim("acme", ("",), "0" * 40, HERE), NOW),
    ]
    for number, fail in enumerate(failures * 3):
        with pytest.raises(WrongCredentials):
            fail(number)
    with pytest.raises(Throttled):
        access.sign_in(_password("acme", "demo-acme"), NOW)


def test_every_way_in_waits(access: Access) -> None:
    for _ in range(7):
        access._throttle.failed(HERE, "acme", NOW)
    signed = hashlib.sha1(b"acmeof-the-reseller", usedforsecurity=False).hexdigest()
    for claim in (
        _password("acme", "demo-acme"),
        _digest("acme", "demo-acme", _nonce(access.challenge(NOW)[0])),
        SignatureClaim("acme", ("acme",), signed, HERE),
        NamedClaim("acme", HERE),
    ):
        with pytest.raises(Throttled):
            access.sign_in(claim, NOW)
    assert access.sign_in(SignatureClaim("acme", ("acme",), signed, HERE), NOW + 3).login == "acme"


def test_a_right_digest_ends_the_count(access: Access) -> None:
    for _ in range(4):
        for _ in range(3):
            with pytest.raises(WrongCredentials):
                access.sign_in(_digest("acme", "wrong", _nonce(access.challenge(NOW)[0])), NOW)
        access.sign_in(_digest("acme", "demo-acme", _nonce(access.challenge(NOW)[0])), NOW)


# --- digest ---


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_a_digest_signs_in(access: Access, algorithm: str) -> None:
    challenges = access.challenge(NOW)
    assert [f"algorithm={name}" in text for name, text in zip(("MD5", "SHA-256"), challenges, strict=True)]
    claim = _digest("acme", "demo-acme", _nonce(challenges[0]), algorithm=algorithm)
    assert access.sign_in(claim, NOW + 1).login == "acme"


@pytest.mark.parametrize("uri", ["//xmlapi/xmlapi", "https://switch.example/xmlapi/xmlapi"])
def test_a_digest_whose_uri_is_written_otherwise(access: Access, uri: str) -> None:
    claim = _digest("acme", "demo-acme", _nonce(access.challenge(NOW)[0]), uri=uri)
    assert access.sign_in(claim, NOW).login == "acme"


def test_a_digest_without_credentials_is_asked_for_them(access: Access) -> None:
    for header in ("", "Basic YWNtZTpkZW1vLWFjbWU="):
        with pytest.raises(Unauthenticated, match="Sign in with HTTP Digest") as caught:
            access.sign_in(DigestClaim(header, "POST", TARGET, HERE), NOW)
        assert type(caught.value) is Unauthenticated
    with pytest.raises(Malformed):
        access.sign_in(DigestClaim("Digest nonsense", "POST", TARGET, HERE), NOW)


@pytest.mark.parametrize(
    ("name", "password", "changed"),
    [
        ("acme", "wrong", {}),
        ("nobody", "demo-acme", {}),
        ("gone", "demo-gone", {}),
        ("initech", "", {}),
        ("acme", "demo-acme", {"uri": "/elsewhere"}),
        ("acme", "demo-acme", {"realm": "Elsewhere"}),
        ("acme", "demo-acme", {"method": "GET"}),
    ],
)
def test_a_digest_that_does_not_fit(access: Access, name: str, password: str, changed: dict[str, str]) -> None:
    nonce = _nonce(access.challenge(NOW)[0])
    with pytest.raises(WrongCredentials):
        access.sign_in(_digest(name, password, nonce, **changed), NOW)


def test_a_digest_cannot_be_replayed(access: Access) -> None:
    nonce = _nonce(access.challenge(NOW)[0])
    claim = _digest("acme", "demo-acme", nonce)
    access.sign_in(claim, NOW)
    with pytest.raises(StaleNonce):
        access.sign_in(claim, NOW)
    assert access.sign_in(_digest("acme", "demo-acme", nonce, cnonce="d"), NOW).login == "acme"
    counted = _digest("acme", "demo-acme", nonce, nc="00000002")
    assert access.sign_in(counted, NOW).login == "acme", "clients keep their cnonce and count"
    with pytest.raises(StaleNonce):
        access.sign_in(counted, NOW)


def test_a_digest_names_the_realm_that_it_was_made_for(access: Access) -> None:
    """A proxy that shows another realm in the header than the one that was hashed hides where the password goes."""
    claim = _digest("acme", "demo-acme", _nonce(access.challenge(NOW)[0]))
    relabelled = msgspec.structs.replace(claim, authorization=claim.authorization.replace("Callboard", "Elsewhere"))
    with pytest.raises(WrongCredentials):
        access.sign_in(relabelled, NOW)


def test_an_old_nonce_is_stale_and_a_strange_one_too(access: Access) -> None:
    nonce = _nonce(access.challenge(NOW)[0])
    with pytest.raises(StaleNonce):
        access.sign_in(_digest("acme", "demo-acme", nonce), NOW + 301)
    with pytest.raises(StaleNonce):
        access.sign_in(_digest("acme", "demo-acme", "made-up"), NOW)
    with pytest.raises(WrongCredentials):
        access.sign_in(_digest("acme", "wrong", nonce), NOW + 301)
    assert "stale=true" in access.challenge(NOW, stale=True)[0]


def test_an_algorithm_that_is_not_offered() -> None:
    access = _access(AccessSettings())
    nonce = _nonce(access.challenge(NOW)[0])
    with pytest.raises(Unauthenticated, match="SHA-256 is not offered: use MD5"):
        access.sign_in(_digest("acme", "demo-acme", nonce, algorithm="SHA-256"), NOW)


def test_a_digest_from_a_forbidden_address(access: Access) -> None:
    with pytest.raises(ForbiddenAddress):
        access.sign_in(_digest("bound", "demo-bound", _nonce(access.challenge(NOW)[0])), NOW)


# --- signatures ---


def _sha1(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def test_the_hash_printed_by_the_vendor() -> None:
    assert _sha1("456789") == "df2983700ffecb52e6649f0cb3981b66537083a4"


@pytest.mark.parametrize("text", ["", "initech1060"])
def test_a_signature_with_the_systems_key(access: Access, text: str) -> None:
    claim = SignatureClaim("initech", ("other", text), _sha1(text + "456789"), HERE)
    assert access.sign_in(claim, NOW).login == "initech"


def test_a_signature_with_the_resellers_key(access: Access) -> None:
    assert access.sign_in(SignatureClaim("acme", ("x",), _sha1("xof-the-reseller"), HERE), NOW).login == "acme"
    with pytest.raises(WrongCredentials):
        access.sign_in(SignatureClaim("acme", ("x",), _sha1("x456789"), HERE), NOW)


@pytest.mark.parametrize(
    ("name", "signature"),
    [
        ("initech", _sha1("x456789").upper()),
        ("initech", _sha1("x")),
        ("initech", ""),
        ("initech", "ünreadable"),
        ("unsigned", _sha1("xof-the-reseller")),
        ("gone", _sha1("xof-the-reseller")),
        ("nobody", _sha1("x456789")),
    ],
)
def test_a_signature_that_does_not_fit(access: Access, name: str, signature: str) -> None:
    with pytest.raises(WrongCredentials):
        access.sign_in(SignatureClaim(name, ("x",), signature, HERE), NOW)


def test_without_a_key_nothing_is_signed() -> None:
    with pytest.raises(WrongCredentials):
        _access(AccessSettings()).sign_in(SignatureClaim("initech", ("x",), _sha1("x"), HERE), NOW)


# --- trusted addresses ---

TRUSTED = AddressSet(["192.0.2.0/24"])


@pytest.mark.parametrize(("customer", "role"), [(1, Role.ADMIN), (2, Role.RESELLER), (3, Role.RESELLER)])
def test_a_trusted_address_acts_for_a_customer(access: Access, customer: int, role: Role) -> None:
    principal = access.sign_in(TrustedClaim(HERE, customer, TRUSTED), NOW)
    assert (principal.login, principal.customer, principal.role) == (f"trusted {HERE}", customer, role)
    assert principal.rights == ROLE_RIGHTS[role]


def test_a_trusted_address_names_a_customer_that_exists(access: Access) -> None:
    with pytest.raises(MissingArgument, match="i_wholesaler is missing") as caught:
        access.sign_in(TrustedClaim(HERE, None, TRUSTED, "i_wholesaler"), NOW)
    assert caught.value.argument == "i_wholesaler"
    with pytest.raises(CustomerNotFound):
        access.sign_in(TrustedClaim(HERE, 99, TRUSTED), NOW)


def test_an_address_that_is_not_trusted(access: Access) -> None:
    for address in ("198.51.100.1", "", "here"):
        with pytest.raises(ForbiddenAddress):
            access.sign_in(TrustedClaim(address, 1, TRUSTED), NOW)


# --- requests without credentials, where the settings allow them ---


def test_an_open_request_acts_as_the_login_that_the_settings_name(access: Access) -> None:
    principal = access.sign_in(OpenClaim("acme", HERE), NOW)
    assert (principal.login, principal.customer, principal.role, principal.address) == ("acme", 3, Role.USER, HERE)
    assert principal.rights == ROLE_RIGHTS[Role.USER]


@pytest.mark.parametrize("name", ["gone", "nobody", ""])
def test_an_open_request_needs_a_login_that_can_sign_in(access: Access, name: str) -> None:
    with pytest.raises(Unauthenticated, match="the settings name"):
        access.sign_in(OpenClaim(name, HERE), NOW)


def test_an_open_request_comes_from_where_its_login_may(access: Access) -> None:
    assert access.sign_in(OpenClaim("bound", "198.51.100.7"), NOW).login == "bound"
    with pytest.raises(ForbiddenAddress, match=HERE):
        access.sign_in(OpenClaim("bound", HERE), NOW)


# --- names without proof, where the settings believe them ---


def test_a_bare_name_signs_in_who_may_sign(access: Access) -> None:
    principal = access.sign_in(NamedClaim("acme", HERE), NOW)
    assert (principal.login, principal.customer, principal.role, principal.address) == ("acme", 3, Role.USER, HERE)


@pytest.mark.parametrize("name", ["gone", "nobody", "unsigned", ""])
def test_a_bare_name_that_cannot_sign_in(access: Access, name: str) -> None:
    with pytest.raises(WrongCredentials):
        access.sign_in(NamedClaim(name, HERE), NOW)


def test_a_bare_name_comes_from_where_its_login_may(access: Access) -> None:
    assert access.sign_in(NamedClaim("bound", "198.51.100.7"), NOW).login == "bound"
    with pytest.raises(ForbiddenAddress, match=HERE):
        access.sign_in(NamedClaim("bound", HERE), NOW)


def test_who_guesses_names_has_to_wait(access: Access) -> None:
    for number in range(AccessSettings().free_failures_of_address + 1):
        with pytest.raises(WrongCredentials):
            access.sign_in(NamedClaim(f"guess-{number}", HERE), NOW)
    with pytest.raises(Throttled):
        access.sign_in(NamedClaim("acme", HERE), NOW)


def test_only_the_dialect_with_the_setting_believes_a_bare_name() -> None:
    rooms = {
        path.parent.name for path in Path("src/callboard").rglob("*.py") if "NamedClaim(" in path.read_text("utf-8")
    }
    assert rooms == {"access", "mor"}


# --- rights ---


def test_check_names_the_right_that_is_missing(access: Access) -> None:
    principal = access.sign_in(TrustedClaim(HERE, 3, TRUSTED), NOW)
    check(principal, Right.CALLS_LIST)
    with pytest.raises(Forbidden, match=r"directory\.write"):
        check(principal, Right.DIRECTORY_WRITE)


def test_no_secret_shows_in_a_claim() -> None:
    claims = _password("acme", "s3cret"), SignatureClaim("acme", ("s3cret",), "s3cret", HERE)
    digests = (DigestClaim('Digest response="s3cret"', "POST", "/?hash=s3cret", HERE),)
    for claim in (*claims, *digests):
        assert "s3cret" not in f"{claim!r} {claim}"
        assert HERE in repr(claim)


def test_a_change_of_logins_that_cannot_be_kept_is_undone() -> None:
    access = House().access

    def fails(change: LoginChange) -> None:
        raise OSError("the disk is full")

    access.watch(fails)
    before = access.logins()
    with pytest.raises(OSError, match="full"):
        access.put(replace(before[0], disabled=True))
    with pytest.raises(OSError, match="full"):
        access.remove(before[0].name)
    assert access.logins() == before
