import pytest

from callboard.directory.directory import Directory
from callboard.directory.mistakes import DirectoryError
from callboard.directory.records import DID, Account, Connection, Customer, Device, Machine, Record, Vendor
from tests.directory.worlds import company


def _mistakes(*records: Record) -> list[str]:
    with pytest.raises(DirectoryError) as caught:
        company().put(*records)
    assert str(caught.value) == "; ".join(caught.value.mistakes)
    return caught.value.mistakes


def _account(**fields: object) -> Account:
    return Account(**({"id": 50, "customer": 3, "sip_user": "500"} | fields))  # type: ignore[arg-type]


def _connection(**fields: object) -> Connection:
    return Connection(**({"id": 50, "vendor": 1, "name": "c", "address": "192.0.2.9:5060"} | fields))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("record", "mistake"),
    [
        (Customer(id=0, name="A", parent=1), "customer 0, id: is 0: give a number from 1 to 2147483647"),
        (Customer(id=-4, name="A", parent=1), "customer -4, id: is -4: give a number from 1 to 2147483647"),
        (Vendor(id=2**31, name="A"), "vendor 2147483648, id: is 2147483648: give a number from 1 to 2147483647"),
        (Customer(id=9, name="  ", parent=1), "customer 9, name: is empty: give a name"),
        (Vendor(id=9, name="x" * 201), "vendor 9, name: has 201 characters: shorten it to 200"),
        (Vendor(id=9, name="a\nb"), "vendor 9, name: has the control character U+000A at position 2: remove it"),
        (Vendor(id=9, name="\ud800"), "vendor 9, name: has the control character U+D800 at position 1: remove it"),
        (
            Device(id=9, account=5, ani="\x00"),
            "device 9, ani: has the control character U+0000 at position 1: remove it",
        ),
        (Customer(id=9, name="A"), "customer 9, parent: is missing: give the customer above, 1 for the operator"),
        (Customer(id=1, name="A", parent=2), "customer 1, parent: the root has nobody above it: leave it out"),
        (
            Customer(id=9, name="A", parent=77),
            "customer 9, parent: there is no customer 77: create it first, or give the id of another",
        ),
        (
            Customer(id=2, name="A", parent=3),
            "customer 2, parent: the customers go round in a circle (2 -> 3 -> 2): break it",
        ),
        (
            Customer(id=9, name="A", parent=9),
            "customer 9, parent: the customers go round in a circle (9 -> 9): break it",
        ),
        (
            _account(customer=77),
            "account 50, customer: there is no customer 77: create it first, or give the id of another",
        ),
        (
            Device(id=9, account=77),
            "device 9, account: there is no account 77: create it first, or give the id of another",
        ),
        (
            _connection(vendor=77),
            "connection 50, vendor: there is no vendor 77: create it first, or give the id of another",
        ),
        (
            DID(id=9, number="1", account=5, vendor=77),
            "DID 9, vendor: there is no vendor 77: create it first, or give the id of another",
        ),
        (_account(sip_user="101"), "account 50, sip_user: '101' is taken by account 5: give another"),
        (_account(sip_user=""), "account 50, sip_user: is empty: give the user name of the phone"),
        (
            _account(sip_user="a:b"),
            (
                "account 50, sip_user: 'a:b' cannot be the user part of a SIP address: "
                "use letters, digits and -_.!~*'()&=+$,;?/"
            ),
        ),
        (
            _account(caller_id='"<sip:'),
            (
                "account 50, caller_id: '\"<sip:' cannot be the user part of a SIP address: "
                "use letters, digits and -_.!~*'()&=+$,;?/"
            ),
        ),
        (
            _account(addresses=("192.0.2.9", "192.0.2.9/8")),
            (
                "account 50, addresses[1]: '192.0.2.9/8' is a host with the length of a network: "
                "write 192.0.0.0/8 to mean the whole network"
            ),
        ),
        (
            _account(addresses=("[::ffff:192.0.2.7]:5062",)),
            (
                "account 50, addresses[0]: '[::ffff:192.0.2.7]:5062' is trusted by account 5 too: "
                "leave it to one of them, or add ports"
            ),
        ),
        (_connection(name=""), "connection 50, name: is empty: give a name"),
        (
            _connection(address="192.0.2.9"),
            (
                "connection 50, address: '192.0.2.9' is not host:port: "
                "write it like 192.0.2.7:5060, [2001:db8::1]:5060 or sip.example.net:5060"
            ),
        ),
        (
            _connection(address="bad_host:5060"),
            (
                "connection 50, address: 'bad_host:5060' is not host:port: "
                "write it like 192.0.2.7:5060, [2001:db8::1]:5060 or sip.example.net:5060"
            ),
        ),
        (
            _connection(address="192.0.2.9:0"),
            "connection 50, address: '0' is no port: give a number from 1 to 65535",
        ),
        (
            _connection(prefixes=("44", "+44")),
            (
                "connection 50, prefixes[1]: '+44' is not made of digits: "
                "write the international number without + and separators"
            ),
        ),
        (_connection(prefixes=("4" * 33,)), "connection 50, prefixes[0]: has 33 digits: shorten it to 32"),
        (_connection(preference=-1), "connection 50, preference: is -1: give a number from 0 to 2147483647"),
        (DID(id=9, number="+", account=5), "DID 9, number: is empty: give the number in digits"),
        (
            DID(id=9, number="+44 20 7946 0001", account=5),
            "DID 9, number: '+44 20 7946 0001' is taken by DID 1: give another",
        ),
        (Machine(id=9, name="M", switch="b2bua"), "machine 9, switch: 'b2bua' is taken by machine 1: give another"),
    ],
)
def test_a_mistake_names_record_field_cause_and_fix(record: Record, mistake: str) -> None:
    assert _mistakes(record) == [mistake]


def test_all_mistakes_of_all_records_come_at_once() -> None:
    fields = [
        mistake.partition(":")[0] for mistake in _mistakes(_account(sip_user="a b", customer=9), Vendor(id=0, name=""))
    ]
    assert fields == ["account 50, sip_user", "vendor 0, id", "vendor 0, name", "account 50, customer"]


def test_a_record_given_twice_is_a_mistake() -> None:
    assert _mistakes(Vendor(id=7, name="A"), Vendor(id=7, name="B")) == [
        "vendor 7, id: is given 2 times: give each vendor an id of its own"
    ]


def test_two_new_records_that_share_a_name_are_both_told() -> None:
    assert len(_mistakes(_account(id=51), _account(id=52))) == 2


def test_a_long_circle_is_found_from_the_record_that_closes_it() -> None:
    chain = [Customer(id=n, name="c", parent=n + 1) for n in range(10, 19)]
    mistakes = _mistakes(*chain, Customer(id=19, name="c", parent=10), Customer(id=30, name="below", parent=10))
    assert len(mistakes) == 10
    assert all("circle" in mistake for mistake in mistakes)


@pytest.mark.parametrize("verifier", ["secret", "D41D8CD98F00B204E9800998ECF8427E", "d41d"])
def test_a_bad_verifier_is_told_without_showing_it(verifier: str) -> None:
    mistakes = _mistakes(_account(ha1_md5=verifier, ha1_sha256=verifier))
    assert [mistake.partition(":")[0] for mistake in mistakes] == ["account 50, ha1_md5", "account 50, ha1_sha256"]
    assert verifier not in " ".join(mistakes)


@pytest.mark.parametrize(
    "record",
    [
        Customer(id=9, name="Zoë Müller & Søn 株式会社 👍", parent=1),
        _account(sip_user="+49-30.123*", ha1_md5="0" * 32, ha1_sha256="f" * 64, addresses=("2001:db8::/32", "::1")),
        _connection(address="sip-1.example.net:5060", prefixes=(), incoming=("192.0.2.0/24", "192.0.2.9:5070")),
        _connection(address="[2001:db8::1]:5060", preference=0),
        _connection(address="localhost:5060"),
        DID(id=9, number="0301234567", account=5),
    ],
)
def test_what_is_right_is_taken(record: Record) -> None:
    directory = company()
    directory.put(record)
    assert record in directory.records()


def test_a_record_may_be_put_again_as_it_is() -> None:
    directory = company()
    before = directory.revision
    directory.put(*directory.records())
    assert directory.revision == before


def test_two_records_may_swap_what_is_unique() -> None:
    directory = Directory([Machine(id=1, name="A", switch="a"), Machine(id=2, name="B", switch="b")])
    directory.put(Machine(id=1, name="A", switch="b"), Machine(id=2, name="B", switch="a"))
    assert directory.machine_of("a") == Machine(id=2, name="B", switch="a")
