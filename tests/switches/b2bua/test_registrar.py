"""Bindings: what a phone registers is where its calls go, for as long as it was granted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.switches.b2bua.registrar import Binding, Registrar, RegistrationError
from callboard.switches.b2bua.settings import B2buaSettings
from callboard.switches.b2bua.wire import Contact, Register

SETTINGS = B2buaSettings(registration_min=30, registration_max=600, contacts_per_account=3)
ACCOUNT = 3


def request(
    *contacts: Contact,
    sequence: int = 1,
    call_id: str = "a@phone",
    source: str = "192.0.2.50:4000",
    remove_all: bool = False,
) -> Register:
    """A REGISTER of a phone of account 3."""
    return Register(
        ask=1,
        at=0.0,
        source=source,
        user="801",
        uri="sip:203.0.113.1",
        sip_call_id=call_id,
        sequence=sequence,
        contacts=contacts,
        remove_all=remove_all,
    )


def contact(host: str = "10.0.0.7", expires: int = 120) -> Contact:
    """A contact of a phone behind a NAT."""
    return Contact(uri=f"sip:801@{host}:5060", expires=expires)


def uris(bindings: tuple[Binding, ...]) -> list[str]:
    """The contacts, in the order in which they are called."""
    return [binding.uri for binding in bindings]


def test_calls_go_to_where_the_request_came_from() -> None:
    registrar = Registrar(SETTINGS)
    assert registrar.register(ACCOUNT, request(contact()), 0.0) == (contact(expires=120),)
    (binding,) = registrar.contacts(ACCOUNT, 1.0)
    assert binding.source == "192.0.2.50:4000"
    assert binding.uri == "sip:801@10.0.0.7:5060"


def test_expires() -> None:
    registrar = Registrar(SETTINGS)
    registrar.register(ACCOUNT, request(contact(expires=120)), 0.0)
    assert registrar.contacts(ACCOUNT, 119.9)
    assert registrar.contacts(ACCOUNT, 120.0) == ()


@pytest.mark.parametrize(("asked", "granted"), [(1, 30), (90, 90), (86_400, 600)])
def test_grants_within_bounds(asked: int, granted: int) -> None:
    registrar = Registrar(SETTINGS)
    (told,) = registrar.register(ACCOUNT, request(contact(expires=asked)), 0.0)
    assert told.expires == granted
    assert registrar.contacts(ACCOUNT, granted - 0.1)
    assert not registrar.contacts(ACCOUNT, granted)


def test_a_refresh_moves_the_binding() -> None:
    registrar = Registrar(SETTINGS)
    registrar.register(ACCOUNT, request(contact()), 0.0)
    registrar.register(ACCOUNT, request(contact(), sequence=2, source="192.0.2.50:4999"), 100.0)
    (binding,) = registrar.contacts(ACCOUNT, 200.0)
    assert binding.source == "192.0.2.50:4999"


def test_several_phones_the_newest_first() -> None:
    registrar = Registrar(SETTINGS)
    registrar.register(ACCOUNT, request(contact("10.0.0.1"), call_id="1"), 0.0)
    registrar.register(ACCOUNT, request(contact("10.0.0.2"), call_id="2"), 1.0)
    assert uris(registrar.contacts(ACCOUNT, 2.0)) == ["sip:801@10.0.0.2:5060", "sip:801@10.0.0.1:5060"]


def test_one_too_many_takes_the_place_of_the_oldest() -> None:
    registrar = Registrar(SETTINGS)
    for number in range(5):
        told = registrar.register(ACCOUNT, request(contact(f"10.0.0.{number}"), call_id=str(number)), float(number))
    assert [named.uri[8:16] for named in told] == ["10.0.0.4", "10.0.0.3", "10.0.0.2"]


def test_a_phone_that_asks_for_nothing_is_told_what_is_in_force() -> None:
    registrar = Registrar(SETTINGS)
    registrar.register(ACCOUNT, request(contact()), 0.0)
    assert registrar.register(ACCOUNT, request(sequence=2), 20.0) == (contact(expires=100),)


def test_removal_of_one_and_of_all() -> None:
    registrar = Registrar(SETTINGS)
    registrar.register(ACCOUNT, request(contact("10.0.0.1"), contact("10.0.0.2")), 0.0)
    left = registrar.register(ACCOUNT, request(contact("10.0.0.1", expires=0), sequence=2), 1.0)
    assert [named.uri for named in left] == ["sip:801@10.0.0.2:5060"]
    assert registrar.register(ACCOUNT, request(sequence=3, remove_all=True), 2.0) == ()
    assert registrar.contacts(ACCOUNT, 2.0) == ()


def test_an_old_request_that_comes_late_changes_nothing() -> None:
    registrar = Registrar(SETTINGS)
    registrar.register(ACCOUNT, request(contact(), sequence=5), 0.0)
    for stale in (request(contact(expires=0), sequence=5), request(sequence=4, remove_all=True)):
        with pytest.raises(RegistrationError, match="CSeq") as refused:
            registrar.register(ACCOUNT, stale, 1.0)
        assert refused.value.code == 500
    assert registrar.contacts(ACCOUNT, 1.0)
    assert registrar.register(ACCOUNT, request(contact(expires=0), sequence=1, call_id="rebooted"), 2.0) == ()


@pytest.mark.parametrize(
    "uri",
    [
        "sip:alice@10.0.0.7;transport=udp;ob",
        "SIP:Mike@KIOSK.example:5060",
        "sip:a[2001:db8::7]?b=%20&c='$,/!*()~|^`{}\\_-.+#",
        *(f"sip:{letter}" for letter in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"),
    ],
)
def test_a_contact_may_have_every_letter(uri: str) -> None:
    registrar = Registrar(SETTINGS)
    registrar.register(ACCOUNT, request(Contact(uri=uri, expires=60)), 0.0)
    assert uris(registrar.contacts(ACCOUNT, 1.0)) == [uri]


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "tel:801",
        "sips:801@10.0.0.7",
        "sip:",
        "sip:a b@c",
        "sip:801@h\r\nX: y",
        "sip:8>01@h",
        "sip:é@h",
        "sip:\u212a@h",
        "sip:\x7f@h",
    ],
)
def test_a_contact_that_cannot_be_called_is_refused_with_all_beside_it(uri: str) -> None:
    registrar = Registrar(SETTINGS)
    with pytest.raises(RegistrationError) as refused:
        registrar.register(ACCOUNT, request(contact(), Contact(uri=uri, expires=60)), 0.0)
    assert refused.value.code == 400
    assert registrar.contacts(ACCOUNT, 0.0) == ()


def test_an_endless_contact_is_refused() -> None:
    with pytest.raises(RegistrationError):
        Registrar(SETTINGS).register(ACCOUNT, request(Contact(uri="sip:" + "a" * 600, expires=60)), 0.0)


def test_sweeping_forgets_expired_phones_and_those_of_accounts_that_are_gone() -> None:
    registrar = Registrar(SETTINGS)
    registrar.register(3, request(contact(expires=120)), 0.0)
    registrar.register(4, request(contact(expires=500)), 0.0)
    registrar.register(5, request(contact(expires=500)), 0.0)
    registrar.sweep(lambda account: account != 4, 200.0)
    assert [bool(registrar.contacts(account, 0.0)) for account in (3, 4, 5)] == [False, False, True]


steps = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 1000), st.integers(0, 3), st.floats(0.0, 400.0)), max_size=30
)


@given(steps)
def test_whatever_phones_do_the_bounds_hold(history: list[tuple[int, int, int, float]]) -> None:
    registrar = Registrar(SETTINGS)
    now = 0.0
    for sequence, (host, expires, call, pause) in enumerate(history, start=1):
        now += pause
        told = registrar.register(
            ACCOUNT, request(contact(f"10.0.0.{host}", expires), sequence=sequence, call_id=str(call)), now
        )
        bindings = registrar.contacts(ACCOUNT, now)
        assert len(bindings) <= SETTINGS.contacts_per_account
        assert uris(bindings) == [named.uri for named in told]
        assert all(0 < named.expires <= SETTINGS.registration_max for named in told)
        assert all(binding.expires_at > now for binding in bindings)
