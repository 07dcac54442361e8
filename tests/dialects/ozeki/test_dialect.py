"""Transport, sign-in and who may come from where, request by request."""

from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callboard.access.claims import PasswordClaim, TokenClaim
from callboard.access.passwords import make_login
from callboard.access.rights import Principal, Role
from callboard.dialects.ozeki.call_id import call_id
from callboard.dialects.ozeki.dialect import OzekiDialect
from callboard.dialects.ozeki.profiles import ProfileName
from callboard.dialects.ozeki.settings import OzekiSettings
from callboard.directory.records import Customer
from callboard.http.parameters import LIMIT
from callboard.http.routing import Router
from callboard.http.values import Request
from tests.dialects.ozeki.client import DONE, ELSEWHERE, PATHS, Client, get, post, read, whole
from tests.house import House

REQUIRED = (304, "Authentication required")
FAILED = (305, "Authentication failed, bad username or password")
FORBIDDEN_USER = (306, "User is not allowed to use API in ACL")
FORBIDDEN_ADDRESS = (307, "Use API from this address is forbidden")


def with_settings(
    house: House, profile: ProfileName, user: str = "", address: str = ELSEWHERE
) -> Callable[..., Client]:
    def make(**settings: object) -> Client:
        options = OzekiSettings(**settings)  # type: ignore[arg-type]
        return Client(house, OzekiDialect(house.desk, options), user, profile, address)

    return make


# --- transport ---


@pytest.mark.parametrize("path", ["{}", "/{}", "{}/", "//{}//"])
async def test_slashes_do_not_matter(house: House, dialect: OzekiDialect, profile: ProfileName, path: str) -> None:
    target = f"{path.format(PATHS[profile])}?command=ListActiveCalls&Username=root&Password=demo-root"
    reply = await get(dialect, target, at=house.now)
    assert read(whole(reply)).verdict == DONE
    assert (b"xmlns:xsd" in whole(reply)) is (profile == "v10")


async def test_a_form_is_as_good_as_a_query(house: House, dialect: OzekiDialect, profile: ProfileName) -> None:
    house.call()
    form = b"COMMAND=listactivecalls&username=root&PassWord=demo-root"
    reply = await post(dialect, PATHS[profile], form, at=house.now)
    assert read(whole(reply)).ids() == ["000FU"]
    split = await post(
        dialect, f"{PATHS[profile]}", b"Command=Hangup&callId=000FU&Username=root&Password=demo-root", at=1
    )
    assert read(whole(split)).verdict == DONE


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"])
async def test_other_http_methods_are_told_what_to_send(
    house: House, dialect: OzekiDialect, profile: ProfileName, method: str
) -> None:
    form = b"command=Hangup&CallId=000FU&Username=root&Password=demo-root"
    house.call()
    reply = await post(dialect, PATHS[profile], form, method=method, at=house.now)
    assert (reply.status, read(whole(reply)).code) == (200, 300)
    assert "GET or POST" in read(whole(reply)).message
    assert house.sent == []


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"a=b&" * (LIMIT + 1), "application/x-www-form-urlencoded"),
        (b"[]", "application/json"),
        (b"\xff", "application/json"),
        (b"{" * 10_000, "application/json"),
    ],
)
async def test_a_request_that_cannot_be_read(
    house: House, dialect: OzekiDialect, profile: ProfileName, body: bytes, content_type: str
) -> None:
    reply = await post(dialect, PATHS[profile], body, content_type=content_type, at=house.now)
    answer = read(whole(reply))
    assert (reply.status, answer.code) == (200, 300)
    assert answer.message.startswith("Error occured during parsing message: '")


async def test_a_request_without_a_command(root: Client) -> None:
    answer = read(whole(await root.reply()))
    assert answer.verdict == (
        300,
        "Error occured during parsing message: 'the request has no command: give one, such as command=ListActiveCalls'",
    )


def test_the_root_path_is_no_more_than_itself(dialect: OzekiDialect) -> None:
    router = Router()
    for path in dialect.paths:
        router.add(path, dialect.answer)
    assert router.paths == ("/", "/api")
    assert router.find("/api/v2") is None
    assert router.find("/index.html") is None


@pytest.mark.parametrize(
    ("options", "paths"),
    [
        ({}, {"/api", "/"}),
        ({"profiles": ("v10",)}, {"/api"}),
        ({"profiles": ("xe",), "xe_path": "/ozeki/"}, {"/ozeki"}),
        ({"profiles": ()}, set()),
    ],
)
def test_the_profiles_that_are_on_answer_where_the_settings_say(
    house: House, options: dict[str, object], paths: set[str]
) -> None:
    assert set(OzekiDialect(house.desk, OzekiSettings(**options)).paths) == paths  # type: ignore[arg-type]


# --- sign-in ---


async def test_credentials_are_required_before_anything_else(house: House, client: Callable[..., Client]) -> None:
    house.call()
    nobody = client()
    assert (await nobody.list()).verdict == REQUIRED
    assert (await nobody.hang_up("000FU")).verdict == REQUIRED
    assert (await nobody.ask("nothing")).verdict == REQUIRED
    assert read(whole(await nobody.reply())).verdict == REQUIRED
    assert (await nobody.ask("ListActiveCalls", Username="root")).verdict == REQUIRED
    assert (await nobody.ask("ListActiveCalls", Password="demo-root")).verdict == REQUIRED
    assert house.sent == []


@pytest.mark.parametrize(
    ("name", "password"),
    [("root", "demo-acme"), ("nobody", "demo-root"), ("ROOT", "demo-root"), ("root", "x" * 10_000)],
)
async def test_wrong_credentials(client: Callable[..., Client], name: str, password: str) -> None:
    answer = await client().ask("ListActiveCalls", Username=name, Password=password)
    assert (answer.verdict, answer.rows) == (FAILED, None)


async def test_who_failed_too_often_has_to_wait(house: House, client: Callable[..., Client]) -> None:
    nobody = client()
    for _ in range(6):
        assert (await nobody.ask("ListActiveCalls", Username="root", Password="wrong")).verdict == FAILED
    right = await client("root").reply(command="ListActiveCalls")
    assert read(whole(right)).verdict == FAILED
    assert (right.status, right.headers) == (200, (("Retry-After", "1"),))
    house.now += 1.0
    assert (await client("root").list()).verdict == DONE


async def test_a_password_in_any_letters(house: House, dialect: OzekiDialect, profile: ProfileName) -> None:
    house.access.put(make_login("Zoë M.", Role.USER, 3, "p&s;w+r %=ü"))
    target = f"{PATHS[profile]}?command=ListActiveCalls&Username=Zo%C3%AB+M.&Password=p%26s%3Bw%2Br%20%25%3D%C3%BC"
    assert read(whole(await get(dialect, target, at=house.now))).verdict == DONE


async def test_a_login_whose_customer_went_meanwhile(house: House, client: Callable[..., Client]) -> None:
    """Passwords are verified elsewhere, which takes a while; the directory can change in it."""
    house.directory.put(Customer(id=9, name="Here Today", parent=1))
    house.access.put(make_login("today", Role.USER, 9, "demo-today"))

    async def sign_in(claim: PasswordClaim | TokenClaim, now: float) -> Principal:
        principal = house.access.sign_in(claim, now)
        house.directory.remove(Customer, 9)
        return principal

    house.desk.sign_in = sign_in
    assert (await client("today").list()).verdict == FORBIDDEN_USER


# --- XE without credentials ---


async def test_open_requests_have_the_rights_of_the_login_that_the_settings_name(house: House) -> None:
    mine, other = house.call(account=5), house.call(account=7)
    nobody = with_settings(house, "xe")(xe_login="acme")
    assert (await nobody.list()).ids() == ["000FU"]
    assert (await nobody.hang_up("000FV")).code == 601
    assert (await nobody.hang_up("000FU")).verdict == DONE
    assert [command.call for command in house.sent] == [mine.key]
    assert other.key != mine.key


async def test_v10_asks_for_credentials_all_the_same(house: House) -> None:
    assert (await with_settings(house, "v10")(xe_login="acme").list()).verdict == REQUIRED


async def test_credentials_that_are_sent_count_where_none_need_be(house: House) -> None:
    house.call(account=7)
    make = with_settings(house, "xe", "globex")
    assert (await make(xe_login="acme").list()).ids() == ["000FU"]
    nobody = with_settings(house, "xe")(xe_login="acme")
    assert (await nobody.ask("ListActiveCalls", Username="globex", Password="wrong")).verdict == FAILED


@pytest.mark.parametrize("name", ["nobody", "asleep"])
async def test_without_the_login_that_the_settings_name_nothing_is_open(house: House, name: str) -> None:
    house.access.put(make_login("asleep", Role.ADMIN, 1, disabled=True))
    assert (await with_settings(house, "xe")(xe_login=name).list()).verdict == REQUIRED


# --- who may, and from where ---


async def test_only_the_users_of_the_acl_may(house: House, profile: ProfileName) -> None:
    assert (await with_settings(house, profile, "acme")(users=("acme", "root")).list()).verdict == DONE
    stranger = with_settings(house, profile, "globex")(users=("acme", "root"))
    assert (await stranger.list()).verdict == FORBIDDEN_USER
    assert (await stranger.ask("nothing")).verdict == FORBIDDEN_USER
    assert (await with_settings(house, "xe")(users=("root",), xe_login="acme").list()).verdict == FORBIDDEN_USER


async def test_who_is_not_in_the_acl_must_know_the_password_to_learn_it(house: House, profile: ProfileName) -> None:
    nobody = with_settings(house, profile)(users=("root",))
    assert (await nobody.ask("ListActiveCalls", Username="acme", Password="wrong")).verdict == FAILED


@pytest.mark.parametrize(
    ("address", "allowed", "denied", "may"),
    [
        ("192.0.2.9", (), (), True),
        ("192.0.2.9", ("192.0.2.9",), (), True),
        ("192.0.2.9", ("192.0.0.0/16",), (), True),
        ("192.0.2.9", ("192.0.2.0/255.255.255.0",), (), True),
        ("::ffff:192.0.2.9", ("192.0.2.0/24",), (), True),
        ("192.0.3.9", ("192.0.2.0/24",), (), False),
        ("192.0.2.9", (), ("192.0.2.0/24",), False),
        ("192.0.2.9", ("192.0.0.0/16",), ("192.0.2.0/24",), False),
        ("192.0.3.9", ("192.0.0.0/16",), ("192.0.2.0/24",), True),
        ("2001:db8::9", ("192.0.2.0/24",), (), False),
        ("", ("192.0.2.0/24",), (), False),
    ],
)
async def test_allowed_and_denied_addresses(
    house: House, profile: ProfileName, address: str, allowed: tuple[str, ...], denied: tuple[str, ...], may: bool
) -> None:
    client = with_settings(house, profile, "root", address)(allowed_addresses=allowed, denied_addresses=denied)
    assert (await client.list()).verdict == (DONE if may else FORBIDDEN_ADDRESS)


async def test_a_forbidden_address_learns_nothing_of_passwords(house: House, profile: ProfileName) -> None:
    nobody = with_settings(house, profile)(denied_addresses=(ELSEWHERE,))
    for password in ("demo-root", "wrong"):
        answer = await nobody.ask("ListActiveCalls", Username="root", Password=password)
        assert answer.verdict == FORBIDDEN_ADDRESS


async def test_a_login_that_may_not_come_from_here(
    house: House, profile: ProfileName, client: Callable[..., Client]
) -> None:
    house.access.put(make_login("staff", Role.ADMIN, 1, "demo-staff", addresses=("10.0.0.0/8",)))
    assert (await client("staff").list()).verdict == FORBIDDEN_ADDRESS
    assert (await client("staff", address="10.1.2.3").list()).verdict == DONE
    assert (await with_settings(house, "xe")(xe_login="staff").list()).verdict == FORBIDDEN_ADDRESS


# --- anything at all ---

names = st.sampled_from(["command", "Command", "CallId", "Username", "Password", "ApiExtension", ""]) | st.text(
    max_size=8
)
values = st.sampled_from(
    ["ListActiveCalls", "Hangup", "Hold", "000FU", "acme", "{0}", "<x/>", "&", "\x00", "9" * 10_000]
)
pairs = st.lists(st.tuples(names, values | st.text(st.characters(codec="utf-8"), max_size=20)), max_size=8)


@given(pairs)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None, max_examples=200
)
async def test_any_parameters_get_an_answer_that_can_be_read(house: House, sent: list[tuple[str, str]]) -> None:
    """Requests without credentials, so that no password takes its time."""
    kept = [(name, value) for name, value in sent if name.lower() not in {"username", "password"}]
    dialect = OzekiDialect(house.desk, OzekiSettings(xe_login="acme"))
    body = urlencode(kept).encode()
    for reply in (
        await post(dialect, "/", body, at=house.now),
        await post(dialect, "/api", body, at=house.now),
        await get(dialect, f"/?{body.decode()}", at=house.now),
    ):
        assert (reply.status, reply.content_type) == (200, "application/xml")
        assert len(whole(reply)) < 2_000
        assert read(whole(reply)).code in {200, 300, 301, 302, 303, 304, 601}


async def test_a_browser_does_not_lend_its_place_to_another_sites_page(house: House) -> None:
    """Where requests without credentials are let in, a page could have its reader's browser send them."""
    call = house.call()
    dialect = OzekiDialect(house.desk, OzekiSettings(xe_login="root", time_zone="UTC"))
    body = f"command=Hangup&CallId={call_id(call.number)}".encode()
    for headers, code in (({"origin": "http://elsewhere", "host": "here"}, 304), ({}, 200)):
        reply = await dialect.answer(
            Request(method="POST", path="/", headers=headers, body=body, client=ELSEWHERE, at=house.now)
        )
        assert read(whole(reply)).code == code
        assert bool(house.sent) is (code == 200)
