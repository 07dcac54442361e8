"""The figures are those of the table, and stay few whatever the directory holds."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics

from callboard.access.claims import PasswordClaim
from callboard.calls.events import SwitchListed, SwitchLost, SwitchUp
from callboard.calls.legs import Direction
from callboard.calls.state import LIVE, State
from callboard.directory.records import Account, Connection, Customer, Vendor
from callboard.metrics.families import GROUPS, Kind
from callboard.metrics.readings import QueueFigures
from callboard.operations.disconnect import DISCONNECT_CALL, DisconnectCall
from callboard.operations.switches import LinkWork, SwitchFacts
from tests.house import BEGIN, SWITCH, House
from tests.metrics.conftest import Page, Scraper

Scrape = Callable[..., Scraper]


async def test_the_gauges_are_the_tables_counts(house: House, scrape: Scrape) -> None:
    scraper, dice = scrape(), random.Random(5)
    for _ in range(60):
        callee = dice.choice((None, None, 8))
        house.call(dice.choice(list(State)), dice.choice((3, 5, 7, 9)), callee_account=callee)
    page = await scraper.page()
    live = [call for call in house.table.calls() if call.state in LIVE]
    states = Counter(call.state.name.lower() for call in live)
    ways = Counter(call.placement.direction.name.lower() for call in live)
    assert page.all("callboard_calls", "state") == {state.name.lower(): states[state.name.lower()] for state in LIVE}
    assert page.all("callboard_calls_by_direction", "direction") == {
        way.name.lower(): ways[way.name.lower()] for way in Direction
    }
    vendors = Counter(str(call.placement.vendor) for call in live)
    assert page.all("callboard_vendor_calls", "vendor") == {each: vendors[each] for each in ("1", "2")}
    connected = sum(call.connected for call in live)
    assert sum(page.all("callboard_customer_connected_calls", "customer").values()) == connected
    assert sum(page.all("callboard_customer_calls", "customer").values()) == len(live)


async def test_a_call_counts_for_the_nearest_customer_with_a_share(house: House, scrape: Scrape) -> None:
    """Accounts 3, 5, 7 and 9 are of customers 1, 3, 4 and 5; 3 and 4 are below 2."""
    for account in (3, 5, 5, 7, 9):
        house.call(account=account)
    page = await scrape(customers=(4, 999)).page()
    assert page.all("callboard_customer_calls", "customer") == {"1": 1, "2": 2, "4": 1, "5": 1}
    assert page.value("callboard_customer_calls", customer="4", name="Globex") == 1
    fewer = await scrape(most=2).page()
    assert fewer.all("callboard_customer_calls", "customer") == {"1": 1, "2": 3, "other": 1}


async def test_calls_of_nobody_are_nobodys(house: House, scrape: Scrape) -> None:
    house.call(account=None)
    assert (await scrape().page()).value("callboard_customer_calls", customer="nobody", name="") == 1


async def test_shares_follow_the_directory(house: House, scrape: Scrape) -> None:
    scraper = scrape()
    await scraper.page()
    house.directory.put(Customer(id=8, name="New", parent=1), Account(id=80, customer=8, sip_user="8000"))
    house.call(account=80)
    assert (await scraper.page()).value("callboard_customer_calls", customer="8", name="New") == 1


async def test_ten_thousand_customers_and_vendors_make_no_more_series(house: House, scrape: Scrape) -> None:
    house.directory.put(
        *(Customer(id=number, name=f"Firm {number}", parent=1) for number in range(100, 10_100)),
        *(Account(id=number, customer=number, sip_user=f"u{number}") for number in range(100, 10_100)),
        *(Vendor(id=number, name=f"Carrier {number}") for number in range(100, 10_100)),
        *(Connection(id=n, vendor=n, name=f"c{n}", address=f"127.0.0.1:{n}") for n in range(100, 600)),
    )
    scraper = scrape(most=20)
    house.call()
    few = len(await scraper.page())
    for number in range(100, 600):
        house.call(account=number, connection=number)
    page = await scraper.page()
    assert len(page) <= few + 6, "no more than the calls of `other`"
    assert page.all("callboard_customer_calls", "customer")["other"] >= 480
    assert page.all("callboard_vendor_calls", "vendor")["other"] >= 480
    assert sum(page.all("callboard_customer_calls", "customer").values()) == 501


@pytest.mark.parametrize("name", ['"} evil 1', "back\\slash", "{}", "x" * 200, "\U0001f4de", "# HELP none"])
async def test_a_hostile_name_breaks_no_page(house: House, scrape: Scrape, name: str) -> None:
    house.directory.put(Customer(id=2, name=name, parent=1))
    page = await scrape().page()
    assert page.value("callboard_customer_calls", customer="2", name=name[:100]) == 0
    assert set(page.all("callboard_customer_calls", "customer")) == {"1", "2", "5"}


@pytest.mark.parametrize("version", ["1\n2", "tab\tnul\x00", "line\u2028end", "lone \ud800", '\\" x', "v" * 9_000])
async def test_what_a_switch_says_of_itself_breaks_no_page(house: House, scrape: Scrape, version: str) -> None:
    house.desk.switches = lambda: (SwitchFacts(name="pbx", kind="asterisk", version=version),)
    (shown,) = (await scrape().page()).all("callboard_switch_info", "version")
    assert shown == "".join(letter if letter.isprintable() else "?" for letter in version[:100])


async def test_what_went_by_is_counted(house: House, scrape: Scrape) -> None:
    scraper = scrape()
    talked = house.call(State.ANSWERED)
    house.call(State.ENDED)
    gone = house.call(State.RINGING)
    house.now = BEGIN + 100.0
    house.end(talked.key)
    house.end(gone.key)
    page = await scraper.page()
    assert page.value("callboard_calls_started_total", switch=SWITCH) == 3
    assert page.value("callboard_calls_answered_total", switch=SWITCH) == 2
    assert sum(page.all("callboard_calls_ended_total", "reason").values()) == 3
    assert page.all("callboard_calls_ended_total", "reason")["disconnected"] == 2
    assert page.value("callboard_seizures_total", switch=SWITCH) == 3
    assert page.value("callboard_seizures_answered_total", switch=SWITCH) == 2
    assert page.value("callboard_vendor_seizures_answered_total", vendor="1", name="Carrier One") == 2
    assert page.value("callboard_talk_seconds_count", switch=SWITCH) == 2
    assert page.value("callboard_talk_seconds_sum", switch=SWITCH) == 90.0 + 20.0
    assert page.value("callboard_setup_delay_seconds_bucket", switch=SWITCH, le="5.0") == 0
    assert page.value("callboard_setup_delay_seconds_bucket", switch=SWITCH, le="8.0") == 3
    assert page.value("callboard_setup_delay_seconds_count", switch=SWITCH) == 3


async def test_a_row_that_is_forgotten_is_no_seizure(house: House, scrape: Scrape) -> None:
    scraper = scrape()
    house.table.forget(house.call().number, "stuck", house.now)
    page = await scraper.page()
    assert page.all("callboard_calls_ended_total", "reason") == {"forgotten": 1}
    assert page.value("callboard_seizures_total", switch=SWITCH) == 0


async def test_long_calls_and_suspects(house: House, scrape: Scrape) -> None:
    house.call(at=BEGIN)
    house.call(at=BEGIN + 4 * 3600.0)
    house.now = BEGIN + 6 * 3600.0
    house.table.accept(SwitchLost(SWITCH, house.now, "away"), house.now)
    page = await scrape().page()
    assert page.all("callboard_long_calls", "longer_than") == {"1h": 2, "4h": 1, "12h": 0, "24h": 0}
    assert page.value("callboard_suspect_calls", switch=SWITCH) == 2


async def test_the_links_are_shown(house: House, scrape: Scrape) -> None:
    house.table.accept(SwitchUp("pbx", BEGIN), BEGIN)
    house.table.accept(SwitchListed("pbx", BEGIN + 1, (), complete=True), BEGIN + 1)
    work = LinkWork(lists=7, incomplete=2, list_took=0.25, links=3, failures=0, late=4)
    house.desk.switches = lambda: (
        SwitchFacts(name="pbx", kind="asterisk", version='20.1 "x"', clock_offset=-0.5, work=work),
        SwitchFacts(name="new", kind="kamailio"),
    )
    page = await scrape().page()
    assert page.value("callboard_switch_link", switch="pbx", state="up") == 1
    assert page.value("callboard_switch_link", switch="new", state="lost") == 1
    assert page.value("callboard_switch_last_list_timestamp_seconds", switch="pbx") == BEGIN + 1
    assert "new" not in page.all("callboard_switch_last_list_timestamp_seconds", "switch")
    assert page.value("callboard_switch_lists_incomplete_total", switch="pbx") == 2
    assert page.value("callboard_switch_late_events_total", switch="pbx") == 4
    assert page.value("callboard_switch_clock_offset_seconds", switch="pbx") == -0.5
    assert page.value("callboard_switch_info", switch="pbx", kind="asterisk", version='20.1 "x"') == 1


async def test_events_and_commands_are_counted(house: House, scrape: Scrape) -> None:
    scraper = scrape()
    call, other = house.call(), house.call()
    principal = house.access.sign_in(PasswordClaim("root", "demo-root", "192.0.2.9"), house.now)
    house.obeys = True
    house.desk.perform(DISCONNECT_CALL, principal, DisconnectCall(number=call.number), house.now)
    house.unreachable = "the link is down"
    house.desk.perform(DISCONNECT_CALL, principal, DisconnectCall(number=other.number), house.now)
    house.end(call.key)
    page = await scraper.page()
    assert page.value("callboard_commands_total", operation="calls.disconnect") == 2
    assert page.all("callboard_command_outcomes_total", "outcome") == {
        "done": 1,
        "already_gone": 0,
        "refused": 1,
        "unknown": 0,
    }
    told, ignored = page.all("callboard_events_total", "type"), page.all("callboard_events_ignored_total", "type")
    assert told["LegSeen"] == 4
    assert told["LegEnded"] == 4
    assert ignored["LegEnded"] == 2
    assert page.value("callboard_changes_total") == house.table.revision.number


async def test_queues_are_asked_when_they_are_shown(house: House, scrape: Scrape) -> None:
    scraper = scrape()
    scraper.counting.add_queue("letters", lambda: QueueFigures(waiting=3, dropped=1, failing=True))
    page = await scraper.page()
    assert page.value("callboard_queue_entries", queue="letters") == 3
    assert page.value("callboard_queue_dropped_total", queue="letters") == 1
    assert page.value("callboard_queue_failing", queue="letters") == 1


async def test_openmetrics_is_spoken_to_who_asks_for_it(house: House, scrape: Scrape) -> None:
    house.call(State.ENDED)
    reply = await scrape().reply(accept="application/openmetrics-text;version=1.0.0,text/plain;q=0.5")
    assert reply.content_type.startswith("application/openmetrics-text")
    assert isinstance(reply.body, bytes)
    names = {family.name for family in read_openmetrics(reply.body.decode())}  # type: ignore[no-untyped-call]
    assert {"callboard_calls", "callboard_calls_started", "callboard_talk_seconds"} <= names


async def test_every_family_is_on_the_page_and_none_is_told_twice(scrape: Scrape) -> None:
    families = [family for group in GROUPS.values() for family in group]
    assert len({family.name for family in families}) == len(families)
    text = (await scrape().page()).text
    for family in families:
        assert f"# TYPE {family.name} {family.kind.value}\n" in text
        assert family.name.endswith("_total") is (family.kind is Kind.COUNTER)


async def test_to_be_scraped_from_many_sides_at_once_is_no_matter(house: House, scrape: Scrape) -> None:
    house.call()
    scraper = scrape()
    first, second = await asyncio.gather(scraper.page(), scraper.page())
    assert isinstance(first, Page)
    assert first.all("callboard_calls", "state") == second.all("callboard_calls", "state")
