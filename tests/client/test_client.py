"""Every question of the API through the client, against a real server."""

import ast
import inspect
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import msgspec
import pytest

import callboard.client.asks
import callboard.client.webhooks
from callboard.api.routes import ROUTES
from callboard.calls.state import State
from callboard.client import (
    AsyncClient,
    CallDetail,
    Client,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    SignInRefused,
    Unreachable,
)
from callboard.client.async_client import AsyncClient as Async
from callboard.client.exchange import Access, Patience
from callboard.client.sections import AsyncRecords, Records
from callboard.client.webhooks import AsyncWebhooks, Webhooks
from tests.house import House
from tests.ports import free_port


class TestCalls:
    def test_the_list_is_typed_and_goes_through_pages(self, house: House, client: Client) -> None:
        for _ in range(7):
            house.call(State.ANSWERED)
        calls = list(client.calls(page=3, sort=["-id"]))
        assert [call.id for call in calls] == [str(number) for number in range(966, 959, -1)]
        assert calls[0].started_at == datetime(2021, 8, 22, 10, 11, 52, tzinfo=UTC)
        assert calls[0].media.caller == "192.168.22.7"

    def test_a_page_has_the_total_and_a_cursor(self, house: House, client: Client) -> None:
        for _ in range(3):
            house.call()
        page = client.calls_page(limit=2, fields=["caller"])
        assert (page.total, [call.id for call in page.calls]) == (3, ["960", "961"])
        assert [call.id for call in client.calls_page(limit=2, fields=["caller"], cursor=page.next).calls] == ["962"]

    def test_filters_are_those_of_the_api(self, house: House, client: Client) -> None:
        house.call(State.ANSWERED, account=3)
        house.call(State.RINGING, account=5)
        house.call(State.RINGING, account=7)
        found = client.calls(state=["ringing", "new"], account=[5, 9], started_before=datetime.now(UTC), suspect=False)
        assert [call.id for call in found] == ["961"]

    def test_a_call_leg_by_leg(self, house: House, client: Client) -> None:
        house.call(State.ANSWERED, caller="801", dialed="812")
        assert [(leg.id, leg.side, leg.number) for leg in client.legs(caller="801")] == [
            ("960", "caller", "801"),
            ("960", "callee", "812"),
        ]

    def test_one_call_in_full(self, house: House, client: Client) -> None:
        house.call(State.ANSWERED)
        call = client.call(960)
        assert isinstance(call, CallDetail)
        assert [leg.side for leg in call.legs] == ["caller", "callee"]
        assert all(one.at <= other.at for one, other in pairwise(call.timeline))
        assert call.answered_at is not None
        assert call.talked(call.answered_at + timedelta(seconds=9)) == 9
        assert call.talked(call.answered_at - timedelta(seconds=9)) == 0

    def test_a_call_that_is_not_there(self, client: Client) -> None:
        with pytest.raises(NotFound, match="call 7 not found") as caught:
            client.call(7)
        assert (caught.value.status, caught.value.code) == (404, "call_not_found")


class TestCommands:
    def test_the_end_of_a_call_is_proven(self, house: House, client: Client) -> None:
        house.call()
        house.obeys = True
        command = client.wait(client.disconnect("960").command)
        assert (command.outcome, command.done, command.call) == ("done", True, "960")
        assert [one.id for one in client.commands(960)] == [command.id]

    def test_the_same_key_ends_a_call_once(self, house: House, client: Client) -> None:
        house.call()
        first, second = client.disconnect(960, key="one"), client.disconnect(960, key="one")
        assert first == second
        assert len(house.sent) == 1

    def test_each_command_has_a_key_of_its_own(self, house: House, client: Client) -> None:
        house.call()
        assert client.hold(960) != client.hold(960)

    def test_what_a_switch_is_asked(self, house: House, client: Client) -> None:
        house.call()
        client.transfer(960, "805", party="callee")
        client.hold(960, party="callee")
        house.call(State.HELD)
        client.unhold(961)
        assert [type(command).__name__ for command in house.sent] == ["Transfer", "Hold", "Unhold"]

    def test_a_stuck_row_goes(self, house: House, client: Client) -> None:
        house.call()
        assert client.forget(960).done
        assert list(client.calls()) == []

    def test_a_batch_looks_first_and_reports_each_outcome(self, house: House, client: Client) -> None:
        for _ in range(3):
            house.call(State.ANSWERED, account=5)
        house.call(State.ANSWERED, account=7)
        house.obeys = True
        look = client.look(customer=3)
        assert (look.count, len(look.sample)) == (3, 3)
        taken = client.disconnect_matching(look.count, customer=3, rate=500)
        *_, last = client.follow_batch(taken.batch)
        assert (last.state, last.outcomes["done"], last.settled) == ("done", 3, True)
        assert [call.id for call in client.calls()] == ["963"]

    def test_a_batch_can_be_stopped(self, house: House, client: Client) -> None:
        for _ in range(5):
            house.call()
        house.obeys = True
        taken = client.disconnect_matching(5, rate=0.1)
        assert client.stop_batch(taken.batch).state == "stopped"

    def test_many_more_calls_than_were_looked_at_are_a_conflict(self, house: House, client: Client) -> None:
        for _ in range(50):
            house.call()
        with pytest.raises(Conflict):
            client.disconnect_matching(1)
        assert house.sent == []


class TestWhatThereIsBesides:
    def test_counts(self, house: House, client: Client) -> None:
        house.call(State.ANSWERED)
        house.call(State.RINGING)
        stats = client.stats(by=["state"])
        assert (stats.total, stats.answered, stats.ringing) == (2, 1, 1)
        assert {group["state"]: group["calls"] for group in stats.groups} == {"answered": 1, "ringing": 1}
        assert len(client.stats(by=["state"], limit=1).groups) == 1
        assert client.series(minutes=5).step == 10

    def test_switches(self, house: House, client: Client) -> None:
        house.call()
        assert [(switch.name, switch.calls) for switch in client.switches()] == [("b2bua", 1)]

    def test_who_asks(self, client: Client) -> None:
        who = client.whoami()
        assert (who.login, who.role, who.customer_name) == ("root", "admin", "Root")
        assert "calls.disconnect" in who.rights

    def test_a_token_signs_in_until_it_is_taken_back(self, client: Client, server: str) -> None:
        made = client.create_token("wall", rights=["calls.list", "whoami"], days=1)
        assert made.token not in repr(made)
        with Client(server, token=made.token) as other:
            assert set(other.whoami().rights) == {"calls.list", "whoami"}
            with pytest.raises(Forbidden, match=r"calls\.stats"):
                other.stats()
            assert [token.name for token in client.tokens(login="root")] == ["wall"]
            client.remove_token(made.id)
            with pytest.raises(SignInRefused):
                other.whoami()

    def test_a_ticket_is_not_shown_in_logs(self, client: Client) -> None:
        ticket = client.ticket()
        assert ticket.ticket
        assert ticket.ticket not in repr(ticket)


class TestWebhooks:
    def test_from_its_making_to_its_end(self, client: Client) -> None:
        made = client.webhooks.create(
            "https://calls.example.net/told", ["call.answered"], name="crm", where={"customer": 3, "country": ["PHL"]}
        )
        assert made.secret
        assert made.secret not in repr(made)
        assert made.filter == {"customer": [3], "country": ["PHL"]}
        assert [hook.id for hook in client.webhooks.list()] == [made.id]
        assert client.webhooks.change(made.id, active=False, events=["call.ended"]).events == ("call.ended",)
        assert not client.webhooks.show(made.id).active
        secret = client.webhooks.rotate_secret(made.id)
        assert secret.secret != made.secret
        assert secret.secret not in repr(secret)
        assert list(client.webhooks.deliveries(made.id, state="dead")) == []
        assert client.webhooks.replay(made.id) == 0
        client.webhooks.remove(made.id)
        with pytest.raises(NotFound):
            client.webhooks.show(made.id)


class TestDirectory:
    def test_a_record_from_its_making_to_its_end(self, client: Client) -> None:
        made = client.customers.create(name="Newcomer", parent=1)
        assert client.customers.show(made.id) == made
        assert client.customers.change(made.id, name="Old friend").name == "Old friend"
        assert client.customers.replace(made.id, name="Stranger", parent=2).parent == 2
        client.customers.remove(made.id)
        with pytest.raises(NotFound):
            client.customers.show(made.id)

    def test_every_section_is_listed_page_by_page(self, client: Client) -> None:
        assert [account.sip_user for account in client.accounts.list(page=3)] == [
            "801", "812", "101", "103", "104", "105", "1000", "1001"
        ]  # fmt: skip
        assert [account.id for account in client.accounts.list(customer=2, search="10")] == [5, 6, 7, 8]
        assert [login.name for login in client.logins] == ["acme", "globex", "initech", "reseller", "root"]
        for section in (client.devices, client.dids, client.machines):
            assert list(section.list()) == []
        assert [vendor.name for vendor in client.vendors] == ["Carrier One", "Carrier Two"]
        assert [connection.prefixes for connection in client.connections] == [("",), ("",), ("44",)]

    def test_a_login_is_made_with_a_password(self, client: Client, server: str) -> None:
        client.logins.create(name="zoë@acme", role="user", customer=3, password="a long enough secret")
        with Client(server, user="zoë@acme", password="a long enough secret") as other:
            assert other.whoami().login == "zoë@acme"
        assert client.logins.show("zoë@acme").has_password

    def test_all_mistakes_come_at_once(self, client: Client) -> None:
        with pytest.raises(Invalid) as caught:
            client.import_directory(b'[[customers]]\nid = 1\nname = 7\n[[vendors]]\nid = "x"\n')
        assert caught.value.code == "mistakes_in_document"
        assert len(caught.value.mistakes) >= 2

    def test_the_whole_goes_out_and_in(self, client: Client) -> None:
        document = client.export_directory()
        assert client.import_directory(document, dry_run=True).changed == 0
        one = msgspec.json.encode({"vendors": [{"id": 9, "name": "Carrier Nine"}]})
        assert client.import_directory(one, "json", beside=True).added == 1
        assert client.vendors.show(9).name == "Carrier Nine"
        assert client.replace_destinations(b"prefix,name,country\n63,Philippines Proper,PHL\n").destinations == 1


async def test_the_async_client_does_the_same(house: House, async_client: AsyncClient) -> None:
    for _ in range(5):
        house.call()
    house.obeys = True
    assert len([call async for call in async_client.calls(page=2)]) == 5
    assert (await async_client.wait((await async_client.disconnect(960)).command)).done
    look = await async_client.look(account=3)
    taken = await async_client.disconnect_matching(look.count, account=3, rate=500)
    assert [batch async for batch in async_client.follow_batch(taken.batch)][-1].outcomes["done"] == 4
    assert (await async_client.stats()).total == 0
    assert [switch.name for switch in await async_client.switches()] == ["b2bua"]
    made = await async_client.vendors.create(name="Carrier Three")
    assert [vendor.name async for vendor in async_client.vendors][-1] == made.name
    with pytest.raises(NotFound):
        await async_client.call(1)


def test_both_clients_have_the_same_methods() -> None:
    for one, other in ((Client, Async), (Records, AsyncRecords), (Webhooks, AsyncWebhooks)):
        for name in {*vars(one), *vars(other)} - {"__enter__", "__exit__", "__aenter__", "__aexit__"}:
            if name.startswith("__"):
                continue
            mine, its = vars(one)[name], vars(other)[name]
            if isinstance(mine, property):
                continue
            assert [str(one) for one in inspect.signature(mine).parameters.values()] == [
                str(one) for one in inspect.signature(its).parameters.values()
            ]
            assert mine.__doc__ == its.__doc__


def test_every_route_of_the_api_can_be_asked() -> None:
    """The questions name the route that they go to; WebSockets are for browsers, and the stream is no question."""
    known = {route.path for route in ROUTES} - {"/ws", "/stream"}
    text = inspect.getsource(callboard.client.asks) + inspect.getsource(callboard.client.webhooks)
    texts = {node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)}
    sections = {"customers", "accounts", "devices", "vendors", "connections", "dids", "machines", "logins"}
    assert sections == set(callboard.client.records.RECORDS)
    verbs = {f"/calls/{{id}}/{verb}" for verb in ("disconnect", "transfer", "hold", "unhold")}
    ours = {text for text in texts if isinstance(text, str)} | verbs
    records = {f"/{section}" for section in sections} | {
        f"/{section}/{{{'name' if section == 'logins' else 'id'}}}" for section in sections
    }
    assert known - ours - records == set()


class TestFailures:
    def test_nobody_answers(self) -> None:
        with (
            Client(f"http://127.0.0.1:{free_port()}", patience=Patience(retries=1, first=0.01)) as client,
            pytest.raises(Unreachable, match="no Callboard answers at"),
        ):
            client.whoami()

    @pytest.mark.parametrize("server", ["127.0.0.1:8080", "ftp://127.0.0.1", "http://[::1", "http://root:x@127.0.0.1"])
    def test_what_is_no_address(self, server: str) -> None:
        with pytest.raises(ValueError, match="address"):
            Client(server)

    def test_a_wrong_password_is_not_told(self, server: str) -> None:
        with Client(server, user="root", password="opensesame") as client, pytest.raises(SignInRefused) as caught:
            client.whoami()
        assert "opensesame" not in str(caught.value)

    def test_secrets_are_not_shown(self) -> None:
        assert "hidden" not in repr(Access("http://127.0.0.1", token="hidden", password="hidden"))

    def test_a_parameter_that_is_wrong_is_named(self, client: Client) -> None:
        with pytest.raises(Invalid) as caught:
            client.calls_page(state="ringin")
        assert (caught.value.argument, caught.value.code) == ("state", "invalid_argument")
        assert "did you mean ringing?" in caught.value.detail


def test_to_import_the_client_is_to_import_nothing_of_the_server() -> None:
    code = "import sys, callboard.client; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"uvicorn", "numpy", "sqlalchemy", "argon2", "typer", "textual", "rich"} & set(done.stdout.split())
    rooms = "import sys, callboard.client; print(*sorted(n for n in sys.modules if n.startswith('callboard.')))"
    done = subprocess.run([sys.executable, "-c", rooms], capture_output=True, text=True, check=True)
    assert all(name.startswith("callboard.client") for name in done.stdout.split())
