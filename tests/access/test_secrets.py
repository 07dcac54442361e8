"""What is printed of a record tells no secret."""

import pytest

from callboard.access.passwords import make_login
from callboard.access.rights import Role
from callboard.directory.records import Account, Customer

LOGIN = make_login("acme", Role.USER, 3, "demo-acme")


@pytest.mark.parametrize(
    ("record", "secrets"),
    [
        (LOGIN, (LOGIN.password_hash, LOGIN.ha1_md5, LOGIN.ha1_sha256)),
        (Account(id=5, customer=3, sip_user="101", ha1_md5="5" * 32, ha1_sha256="6" * 64), ("5" * 32, "6" * 64)),
        (Customer(id=2, name="Reseller", parent=1, shared_key="456789"), ("456789",)),
    ],
)
def test_a_printed_record_tells_no_secret(record: object, secrets: tuple[str, ...]) -> None:
    for text in (repr(record), str(record), f"{record}"):
        assert all(secret and secret not in text for secret in secrets)
        assert type(record).__name__ in text
