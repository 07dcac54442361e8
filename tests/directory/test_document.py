import json
import tomllib
from dataclasses import dataclass, field

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from callboard.directory.directory import Directory
from callboard.directory.document import Document, Format, LoginEntry, Sealing, read_document, write_document
from callboard.directory.mistakes import DirectoryError
from callboard.directory.records import DID, Account, Connection, Customer, Destination, Device, Machine, Record, Vendor
from tests.directory.worlds import RECORDS, trees

FORMATS: tuple[Format, ...] = ("toml", "json")


@dataclass
class _Notary:
    """Makes verifiers that can be told apart, and notes what it was asked."""

    asked: list[tuple[str, ...]] = field(default_factory=list)

    def ha1(self, user: str, realm: str, password: str, algorithm: str) -> str:
        self.asked.append((user, realm, password, algorithm))
        return ("a" * 32) if algorithm == "MD5" else ("b" * 64)

    def login(self, entry: LoginEntry, password: str) -> LoginEntry:
        self.asked.append((entry.name, password))
        return msgspec.structs.replace(entry, password_hash="$sealed$")

    def sealing(self) -> Sealing:
        return Sealing(
            ha1=self.ha1,
            realm="sip.example",
            login=self.login,
            roles=("admin", "reseller", "user"),
            masks=("numbers", "names", "media"),
        )


def _mistakes(text: str, form: Format = "toml") -> list[str]:
    notary = _Notary()
    with pytest.raises(DirectoryError) as caught:
        read_document(text, form, notary.sealing())
    assert notary.asked == []
    return caught.value.mistakes


# --- round trips ---

_texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Zl", "Zp", "Cn")), max_size=12)
_hostile = st.sampled_from(['"', "\\", "'''", '"""', "#", "]]", "\\u0000", "é\u0301", "\u202e", "👍", "=", "\u00a0"])
_names = st.one_of(_texts, _hostile).filter(str.strip)


@st.composite
def _documents(draw: st.DrawFn) -> Document:
    customers = draw(trees())
    owner = st.sampled_from([customer.id for customer in customers])
    few = st.lists(st.integers(1, 30), unique=True, max_size=3)
    accounts = [
        Account(
            id=number,
            customer=draw(owner),
            sip_user=f"u{number}",
            ha1_md5=draw(st.sampled_from(["", "0" * 32])),
            name=draw(_texts),
            addresses=draw(st.sampled_from([(), (f"192.0.2.{number}", f"[2001:db8::1]:{5060 + number}")])),
            blocked=draw(st.booleans()),
        )
        for number in draw(few)
    ]
    records: list[Record] = [
        *(msgspec.structs.replace(customer, name=draw(_names), shared_key=draw(_texts)) for customer in customers),
        *accounts,
        *(Device(id=a.id, account=a.id, name=draw(_texts), trunk=draw(st.booleans())) for a in accounts),
        *(DID(id=a.id, number=f"4420{a.id:07d}", account=a.id) for a in accounts),
        Vendor(id=1, name=draw(_names)),
        *(
            Connection(
                id=number,
                vendor=1,
                name=draw(_names),
                address="192.0.2.1:5060",
                prefixes=draw(st.sampled_from([("",), (), ("44", "49")])),
                preference=draw(st.integers(0, 3)),
            )
            for number in draw(few)
        ),
        *(Machine(id=number, name=draw(_names), switch=f"s{number}") for number in draw(few)),
    ]
    own = [Destination(prefix=str(n), name=draw(_names), country="PHL", group=draw(_texts)) for n in draw(few)]
    logins = [
        LoginEntry(
            name=name,
            role="user",
            customer=1,
            password_hash=draw(_texts),
            signing=draw(st.booleans()),
            privileges=tuple(draw(st.lists(_texts, max_size=2))),
            addresses=draw(st.sampled_from([(), ("192.0.2.0/24", "::1")])),
        )
        for name in draw(st.lists(_names, unique=True, max_size=3))
    ]
    return Document.of(records, own, draw(st.sampled_from([None, logins])))


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=60)
@given(_documents(), st.sampled_from(FORMATS))
def test_what_is_written_is_read_back_the_same(document: Document, form: Format) -> None:
    assert read_document(write_document(document, form), form, _Notary().sealing()) == document


@pytest.mark.parametrize("form", FORMATS)
def test_the_order_of_records_makes_no_difference(form: Format) -> None:
    document = Document.of(reversed(RECORDS))
    assert document.records() == RECORDS
    assert write_document(document, form) == write_document(Document.of(RECORDS), form)
    assert Directory(document.records()).records() == RECORDS


@given(st.text(max_size=8))
@example("\x00\x7f\x85\u2028\r\n\t")
def test_any_text_stands_in_toml_as_it_is(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        text = "half pairs have no place in UTF-8"
    written = write_document(Document(vendors=(Vendor(id=1, name=text),)), "toml")
    assert tomllib.loads(written)["vendors"][0]["name"] == text


def test_toml_is_written_for_people() -> None:
    document = Document.of(
        [Customer(id=1, name='The "Root"'), Vendor(id=1, name="Zoë")],
        [Destination(prefix="63", name="Philippines Proper", country="PHL")],
        [],
    )
    assert write_document(document, "toml") == (
        "logins = []\n"
        "\n"
        "[[customers]]\n"
        "id = 1\n"
        'name = "The \\"Root\\""\n'
        "\n"
        "[[vendors]]\n"
        "id = 1\n"
        'name = "Zoë"\n'
        "\n"
        "[[destinations]]\n"
        'prefix = "63"\n'
        'name = "Philippines Proper"\n'
        'country = "PHL"\n'
    )


@pytest.mark.parametrize("form", FORMATS)
def test_secrets_can_be_left_out(form: Format) -> None:
    document = Document.of(
        [
            Customer(id=1, name="Root", shared_key="s3cret-key"),
            Account(id=1, customer=1, sip_user="101", ha1_md5="c" * 32, ha1_sha256="d" * 64),
        ],
        (),
        [
            LoginEntry(
                name="root", role="admin", customer=1, password_hash="$argon2id$", ha1_md5="e" * 32, ha1_sha256="f" * 64
            )
        ],
    )
    bare = write_document(document, form, secrets=False)
    for secret in ("s3cret-key", "c" * 32, "d" * 64, "$argon2id$", "e" * 32, "f" * 64):
        assert secret in write_document(document, form)
        assert secret not in bare
    assert read_document(bare, form).logins == (LoginEntry(name="root", role="admin", customer=1),)


# --- plain passwords ---

_PLAIN = """
[[customers]]
id = 1
name = "Root"
[[accounts]]
id = 3
customer = 1
sip_user = "801"
sip_password = "sip-801"
[[logins]]
name = "root"
role = "admin"
customer = 1
password = "demo-root"
[[logins]]
name = "signer"
role = "user"
customer = 1
"""


def test_plain_passwords_become_verifiers() -> None:
    notary = _Notary()
    document = read_document(_PLAIN, "toml", notary.sealing())
    assert document.accounts == (Account(id=3, customer=1, sip_user="801", ha1_md5="a" * 32, ha1_sha256="b" * 64),)
    assert document.logins == (
        LoginEntry(name="root", role="admin", customer=1, password_hash="$sealed$"),
        LoginEntry(name="signer", role="user", customer=1),
    )
    assert notary.asked == [
        ("801", "sip.example", "sip-801", "MD5"),
        ("801", "sip.example", "sip-801", "SHA-256"),
        ("root", "demo-root"),
    ]
    assert "sip-801" not in write_document(document, "toml")


def test_plain_passwords_need_somebody_to_seal_them() -> None:
    with pytest.raises(DirectoryError) as caught:
        read_document(_PLAIN, "toml")
    assert caught.value.mistakes == [
        "accounts[0].sip_password: plain passwords are not read here; give verifiers",
        "logins[0].password: plain passwords are not read here; give verifiers",
    ]


def test_a_document_without_a_section_for_logins_says_nothing_of_them() -> None:
    assert read_document("", "toml").logins is None
    assert read_document("logins = []", "toml").logins == ()
    assert read_document('{"logins": []}', "json").logins == ()


# --- mistakes ---


def test_all_mistakes_come_at_once_with_their_paths() -> None:
    text = """
[[customers]]
id = 1
name = "Root"
[[customers]]
id = 2
nam = "no name"
parent = 1
[[acounts]]
[[accounts]]
id = 3
customer = 2
sip_user = "801"
sip_password = "s3cret"
ha1_md5 = "00000000000000000000000000000000"
[[accounts]]
id = 4
customer = 9
sip_user = "801"
sip_password = ""
[[accounts]]
id = 4
customer = 1
sip_user = "802"
[[destinations]]
prefix = "+63"
name = "P"
country = "PHX"
[[logins]]
name = "a"
role = "king"
customer = 9
addresses = ["192.0.2.7/24"]
[[logins]]
name = "a"
role = "user"
customer = 1
ha1_md5 = "s3cret"
[[logins]]
name = ""
role = "user"
customer = "1"
"""
    found = _mistakes(text)
    assert [mistake.partition(":")[0] for mistake in found] == [
        "acounts",
        "customers[1].nam",
        "customers[1].name",
        "accounts[0].sip_password",
        "accounts[1].sip_password",
        "logins[2].customer",
        "accounts[1], accounts[2].id",
        "accounts[1], accounts[2].customer",
        "accounts[1], accounts[2].sip_user",
        "destinations[0].prefix",
        "destinations[0].country",
        "logins[0].addresses[0]",
        "logins[0].role",
        "logins[0].customer",
        "logins[1].ha1_md5",
        "logins[1].name",
    ]
    assert "s3cret" not in " ".join(found)


@pytest.mark.parametrize(
    ("text", "form", "mistake"),
    [
        ("[[customers]\n", "toml", "the document is not TOML: "),
        ("a = 1\na = 2\n", "toml", "the document is not TOML: "),
        ("a = " + "[" * 100_000, "toml", "the document is nested too deeply"),
        ("{", "json", "the document is not JSON: "),
        ("[" * 100_000, "json", "the document is nested too deeply"),
        ("[]", "json", "the document is not an object with the sections customers"),
        ("1" * 5000, "json", "the document is not JSON: "),
        ('{"logins": [], "logins": []}', "json", "the document is not JSON: the key 'logins' is given twice"),
        ('{"vendors": [7]}', "json", "vendors[0]: give a table of keys and values"),
        ('{"vendors": [{"id": 1, "name": "\\ud800"}]}', "json", "vendors[0].name: has the control character U+D800"),
        ('{"vendors": [{"id": 1e400, "name": "V"}]}', "json", "vendors[0].id: give a whole number"),
        (f'{{"vendors": [{{"id": {"9" * 400}, "name": "V"}}]}}', "json", "vendors[0].id: "),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, form: Format, mistake: str) -> None:
    found = _mistakes(text, form)
    assert len(found) == 1
    assert found[0].startswith(mistake)


def test_a_document_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("callboard.directory.document.MAX_SIZE", 10)
    assert _mistakes(" " * 11) == ["the document has 11 characters: 10 is the most that is read"]


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "name", "role", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["customers", "accounts", "dids", "logins", "destinations"]), _json))
def test_any_json_is_read_or_refused(data: dict[str, object]) -> None:
    mistakes: list[str] = []
    document: Document | None = None
    try:
        document = read_document(json.dumps(data), "json", _Notary().sealing())
    except DirectoryError as error:
        mistakes = error.mistakes
    assert (document is None) == bool(mistakes)
