"""Who may call: trusted addresses, digest, and everything that is tried without a password."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from callboard.access.digest import expected_response, read_authorization
from callboard.directory.records import Account
from callboard.switches.b2bua.admission import MAX_CHALLENGES, Admitted, Ask, Challenged, Gate, Rejected, same_user
from callboard.switches.b2bua.settings import B2buaSettings
from tests.switches.b2bua.town import CARRIER, NOW, PBX, PHONE, account, gate, sign, town

URI = "sip:812@203.0.113.1"


def ask(authorization: str = "", uri: str = URI, call_id: str = "1@phone", source: str = PHONE) -> Ask:
    """An INVITE as the gate sees it."""
    return Ask(method="INVITE", uri=uri, sip_call_id=call_id, source=source, authorization=authorization)


def challenge(door: Gate, now: float = NOW, **more: str) -> str:
    """The challenge that an INVITE without credentials gets."""
    verdict = door.admit_call(ask(**more), 0, now)
    assert isinstance(verdict, Challenged)
    return verdict.headers[0]


def admitted(verdict: object) -> int:
    """The id of whom the gate let in."""
    assert isinstance(verdict, Admitted)
    return verdict.caller.id


def test_everybody_else_is_challenged_and_let_in_with_the_password() -> None:
    door = gate(town())
    header = challenge(door)
    assert header.startswith('Digest realm="callboard", nonce="')
    assert admitted(door.admit_call(ask(sign(header, "801", "sip-801", "INVITE", URI)), 1, NOW)) == 3


def test_a_stronger_algorithm_is_offered_first_where_it_is_wanted() -> None:
    door = gate(town(), B2buaSettings(algorithms=("SHA-256", "MD5")))
    verdict = door.admit_call(ask(), 0, NOW)
    assert isinstance(verdict, Challenged)
    assert ["SHA-256" in header for header in verdict.headers] == [True, False]
    for wanted in (0, 1):
        verdict = door.admit_call(ask(), 0, NOW)
        assert isinstance(verdict, Challenged)
        signed = sign(verdict.headers[wanted], "801", "sip-801", "INVITE", URI)
        assert admitted(door.admit_call(ask(signed), 1, NOW)) == 3


def test_an_algorithm_that_was_not_offered_is_not_taken() -> None:
    door = gate(town())
    weak = challenge(door).replace("algorithm=MD5", "algorithm=SHA-256")
    verdict = door.admit_call(ask(sign(weak, "801", "sip-801", "INVITE", URI)), 1, NOW)
    assert isinstance(verdict, Challenged)


def test_overheard_credentials_open_nothing() -> None:
    door = gate(town())
    heard = sign(challenge(door), "801", "sip-801", "INVITE", URI)
    assert admitted(door.admit_call(ask(heard), 1, NOW)) == 3
    for replay in (ask(heard), ask(heard, call_id="2@thief"), ask(heard, uri="sip:900123@203.0.113.1")):
        assert isinstance(door.admit_call(replay, 0, NOW), Challenged)


def test_credentials_caught_before_their_use_are_bound_to_call_and_target() -> None:
    door = gate(town())
    caught = sign(challenge(door), "801", "sip-801", "INVITE", URI)
    assert isinstance(door.admit_call(ask(caught, call_id="2@thief"), 0, NOW), Challenged)
    assert isinstance(door.admit_call(ask(caught, uri="sip:900123@203.0.113.1"), 0, NOW), Challenged)
    assert admitted(door.admit_call(ask(caught), 1, NOW)) == 3


def test_a_signature_for_another_user_does_not_fit_even_with_a_nonce_for_this_one() -> None:
    door = gate(town())
    header = challenge(door)
    assert isinstance(door.admit_call(ask(sign(header, "801", "sip-801", "INVITE", "sip:900@h")), 1, NOW), Challenged)


def test_a_signature_of_the_servers_address_alone_is_good() -> None:
    door = gate(town())
    signed = sign(challenge(door), "801", "sip-801", "INVITE", "sip:203.0.113.1:5060")
    assert admitted(door.admit_call(ask(signed), 1, NOW)) == 3


def test_a_stale_nonce_is_told_apart_for_who_knows_the_password() -> None:
    door = gate(town())
    old = challenge(door)
    later = NOW + 40
    known = door.admit_call(ask(sign(old, "801", "sip-801", "INVITE", URI)), 1, later)
    guessed = door.admit_call(ask(sign(old, "801", "guess", "INVITE", URI)), 1, later)
    assert isinstance(known, Challenged)
    assert isinstance(guessed, Challenged)
    assert "stale=true" in known.headers[0]
    assert "stale" not in guessed.headers[0]


def attempts(door: Gate, user: str, password: str, source: str = PHONE) -> list[object]:
    """A phone that tries until it is refused."""
    verdicts: list[object] = []
    verdict = door.admit_call(ask(source=source), 0, NOW)
    while isinstance(verdict, Challenged) and len(verdicts) < 20:
        verdicts.append(type(verdict))
        signed = sign(verdict.headers[0], user, password, "INVITE", URI)
        verdict = door.admit_call(ask(signed, source=source), len(verdicts), NOW)
    return [*verdicts, verdict]


@pytest.mark.parametrize("user", ["801", "nobody", "880", "", "x" * 2000])
def test_unknown_users_and_wrong_passwords_look_alike(user: str) -> None:
    verdicts = attempts(gate(town()), user, "wrong")
    assert verdicts == [Challenged] * MAX_CHALLENGES + [Rejected(403, "Forbidden")]


def test_an_account_without_a_password_cannot_be_entered_with_an_empty_verifier() -> None:
    door = gate(town())
    header = challenge(door)
    signed = sign(header, "880", "", "INVITE", URI)
    assert isinstance(door.admit_call(ask(signed), 1, NOW), Challenged)


def test_a_blocked_account_is_told_so_only_with_its_password() -> None:
    assert attempts(gate(town()), "899", "sip-899")[-1] == Rejected(403, "Blocked")
    assert attempts(gate(town()), "899", "wrong")[-1] == Rejected(403, "Forbidden")


def test_a_guesser_has_to_wait_but_not_its_neighbours() -> None:
    door = gate(town())
    for _ in range(3):
        attempts(door, "801", "wrong")
    signed = sign(challenge(door), "801", "sip-801", "INVITE", URI)
    assert door.admit_call(ask(signed), 1, NOW) == Rejected(403, "Too many wrong passwords")
    assert isinstance(attempts(door, "812", "sip-812")[-1], Admitted)
    assert isinstance(attempts(door, "801", "sip-801", "203.0.113.99:5060")[-1], Admitted)
    later = NOW + 1_000
    signed = sign(challenge(door, later), "801", "sip-801", "INVITE", URI)
    assert admitted(door.admit_call(ask(signed), 1, later)) == 3


def test_a_forged_source_cannot_lock_anybody_out() -> None:
    door = gate(town())
    forged = challenge(gate(town(), B2buaSettings(nonce_lifetime=1.0)), NOW - 100)
    for _ in range(50):
        door.admit_call(ask(sign(forged, "801", "wrong", "INVITE", URI)), 0, NOW)
    assert isinstance(attempts(door, "801", "sip-801")[-1], Admitted)


@pytest.mark.parametrize("junk", ["Basic ODAxOnNpcC04MDE=", "Digest", "Digest ,,,", "\x00", "Digest username=801"])
def test_an_unreadable_header_is_an_error_of_the_phone(junk: str) -> None:
    assert gate(town()).admit_call(ask(junk), 0, NOW) == Rejected(400, "Authorization cannot be read")


def test_credentials_for_another_realm_are_asked_again() -> None:
    door = gate(town())
    other = challenge(door).replace("callboard", "elsewhere")
    assert isinstance(door.admit_call(ask(sign(other, "801", "sip-801", "INVITE", URI)), 0, NOW), Challenged)


def register(door: Gate, user: str, of: str, source: str = PHONE) -> object:
    """`user` registers, with its own password, for the address of record `of`."""
    bare = Ask(method="REGISTER", uri="sip:203.0.113.1", sip_call_id="r@phone", source=source)
    verdict = door.admit_registration(bare, of, NOW)
    if not isinstance(verdict, Challenged):
        return verdict
    signed = sign(verdict.headers[0], user, f"sip-{user}", "REGISTER", "sip:203.0.113.1")
    asked = Ask(method="REGISTER", uri=bare.uri, sip_call_id="r@phone", source=source, authorization=signed)
    return door.admit_registration(asked, of, NOW)


def test_a_phone_registers_for_itself_only() -> None:
    door = gate(town())
    assert admitted(register(door, "801", "801")) == 3
    assert register(door, "801", "812") == Rejected(403, "Forbidden")
    assert register(door, "801", "nobody") == Rejected(403, "Forbidden")


def test_a_trusted_address_registers_its_own_account_without_password_and_others_with() -> None:
    door = gate(town())
    bare = Ask(method="REGISTER", uri="sip:h", sip_call_id="r", source=PBX)
    assert admitted(door.admit_registration(bare, "pbx", NOW)) == 7
    assert isinstance(door.admit_registration(bare, "801", NOW), Challenged)
    assert admitted(register(door, "801", "801", PBX)) == 3
    from_carrier = Ask(method="REGISTER", uri="sip:h", sip_call_id="r", source=CARRIER)
    assert isinstance(door.admit_registration(from_carrier, "801", NOW), Challenged)


def test_a_changed_password_holds_at_once() -> None:
    directory = town()
    door = gate(directory)
    account = directory.account(3)
    assert isinstance(account, Account)
    directory.put(Account(id=3, customer=1, sip_user="801", ha1_md5="0" * 32))
    assert attempts(door, "801", "sip-801")[-1] == Rejected(403, "Forbidden")


@pytest.mark.parametrize(
    ("signed", "requested", "same"),
    [
        ("sip:812@h", "sip:812@h:5060;transport=udp", True),
        ("SIP:812@other", "sip:812@h", True),
        ("sip:%38%31%32@h", "sip:812@h", True),
        ("sip:h:5060", "sip:812@h", True),
        ("sip:900@h", "sip:812@h", False),
        ("sip:812;x=1@h", "sip:900@h", False),
        ("", "sip:812@h", False),
        ("/xmlapi", "sip:812@h", False),
        ("tel:812", "sip:812@h", False),
    ],
)
def test_what_a_signature_names(signed: str, requested: str, same: bool) -> None:
    assert same_user(signed, requested) is same


@given(st.text(max_size=200), st.text(max_size=50), st.text(max_size=50))
def test_no_text_of_a_stranger_breaks_the_gate_or_opens_it(header: str, uri: str, call_id: str) -> None:
    door = gate(town())
    for prefix in ("", "Digest ", 'Digest username="801", realm="callboard", nonce="n", uri="u", response="0", '):
        assert not isinstance(door.admit_call(ask(prefix + header, uri=uri, call_id=call_id), 0, NOW), Admitted)


def test_the_stand_in_for_a_missing_verifier_opens_nothing() -> None:
    """Who guesses what is compared where there is no verifier does not get in as an account without a password."""
    for user in ("880", "nobody"):
        door = gate(town())
        signed = sign(challenge(door), user, "", "INVITE", URI)
        given = read_authorization(signed)
        forged = signed.replace(given.response, expected_response("0" * 32, given, "INVITE"))
        assert isinstance(door.admit_call(ask(forged), 1, NOW), Challenged)


def test_a_nonce_for_one_method_is_none_for_another() -> None:
    door = gate(town())
    bare = Ask(method="REGISTER", uri=URI, sip_call_id="1@phone", source=PHONE)
    verdict = door.admit_registration(bare, "801", NOW)
    assert isinstance(verdict, Challenged)
    assert isinstance(
        door.admit_call(ask(sign(verdict.headers[0], "801", "sip-801", "INVITE", URI)), 1, NOW), Challenged
    )


def test_the_right_password_ends_the_count_and_another_realm_is_no_failure() -> None:
    door = gate(town())
    for _ in range(4):
        attempts(door, "801", "wrong", "203.0.113.7:5060")
        attempts(door, "801", "sip-801", "203.0.113.7:5060")
        for _ in range(2):
            door.admit_call(ask(sign(challenge(door), "801", "wrong", "INVITE", URI)), 1, NOW)
        assert isinstance(attempts(door, "801", "sip-801")[-1], Admitted)
    for _ in range(20):
        other = challenge(door).replace("callboard", "elsewhere")
        door.admit_call(ask(sign(other, "801", "sip-801", "INVITE", URI)), 1, NOW)
    assert isinstance(attempts(door, "801", "sip-801")[-1], Admitted)


def test_an_address_that_both_trust_is_the_accounts() -> None:
    directory = town()
    directory.put(replace(account(7, "pbx"), addresses=("198.51.100.1",)))
    assert gate(directory).recognise(CARRIER) == directory.account(7)


def test_a_blocked_account_does_not_register_from_its_trusted_address() -> None:
    directory = town()
    directory.put(replace(account(7, "pbx"), addresses=("192.0.2.20",), blocked=True))
    bare = Ask(method="REGISTER", uri="sip:h", sip_call_id="r", source=PBX)
    assert gate(directory).admit_registration(bare, "pbx", NOW) == Rejected(403, "Blocked")
