"""Whatever happens, what a client was told makes what a listing shows."""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec.structs import replace

from callboard.access.claims import PasswordClaim
from callboard.access.masks import Mask
from callboard.access.rights import Principal, Right, Role
from callboard.access.tokens import Token
from callboard.api.fields import call_view
from callboard.calls.events import LegDescribed, LegHeld, LegResumed, SwitchLost
from callboard.calls.legs import Call, Facts
from callboard.calls.refusals import CustomerNotFound, Forbidden, Refusal, Unauthenticated
from callboard.calls.state import LIVE, State
from callboard.directory.records import Account, Customer
from callboard.operations import watch as module
from callboard.operations.desk import Reach
from callboard.operations.list_calls import LIST_CALLS, ListCalls
from callboard.operations.sight import as_seen
from callboard.operations.watch import WATCH_CALLS, Watch, Why
from callboard.table.changes import Revision
from callboard.table.following import feeds, history
from callboard.table.following.feeds import Convoy, Feed, Reader
from callboard.table.following.steps import Left, Step, conflated
from callboard.table.questions.filters import Field, Filter, How, TextMatch
from tests.house import SWITCH, House

LOGINS = ("root", "reseller", "acme", "globex", "initech")

live = st.just(LIVE)
filters = st.one_of(
    st.builds(Filter, states=live),
    st.builds(Filter, states=st.frozensets(st.sampled_from(State), min_size=1)),
    st.builds(Filter, states=live, party_account=st.sampled_from([5, 7])),
    st.builds(Filter, states=live, suspect=st.booleans()),
    st.builds(Filter, states=live, min_duration=st.sampled_from([0.0, 55.0, 70.0])),
    st.builds(Filter, states=live, max_duration=st.sampled_from([55.0, 70.0])),
    st.builds(Filter, texts=st.just((TextMatch(Field.CALLER, How.PREFIX, "80"),))),
)
questions = st.builds(
    ListCalls,
    customer=st.sampled_from([None, None, 2, 3]),
    reach=st.sampled_from([Reach.SUBTREE, Reach.OWN]),
    as_party=st.booleans(),
    where=filters,
)


def _silence() -> None:
    """Nobody waits."""


class Client:
    """Keeps a copy of what it was told, and insists that each step fits."""

    def __init__(
        self, house: House, login: str, question: ListCalls, convoys: dict[Feed, Convoy], *, every: bool
    ) -> None:
        self.house = house
        self.login = login
        self.question = question
        self.convoys = convoys
        self.every = every
        self.copy: dict[int, dict[str, object]] = {}
        self.has: Revision | None = None
        self.watch: Watch | None = None
        self.convoy: Convoy | None = None

    @property
    def principal(self) -> Principal:
        claim = PasswordClaim(self.login, f"demo-{self.login}", "192.0.2.1")
        return self.house.access.sign_in(claim, self.house.now)

    def connect(self) -> None:
        """With what it has, if it has anything. Who may not is told, and has nothing to show."""
        try:
            self.watch = self.house.desk.perform(WATCH_CALLS, self.principal, self.question, self.house.now)
            why = Why.NEW if self.has is None else self.watch.resume(self.has, self.house.now)
            if why is not None:
                self._begin(self.watch)
        except Refusal:
            self.lose()

    def lose(self) -> None:
        """The connection is gone, and with it what it had in view."""
        self._part()
        if self.watch is not None:
            self.watch.close()
        self.watch = None

    def wait(self) -> None:
        """Go with others who want to hear of it later, or have what is new taken in by them."""
        watch = self.watch
        if watch is None or watch.reader is None:
            return
        if self.convoy is None:
            if not watch.apart:
                self.convoy = self.convoys.setdefault(watch.reader.feed, Convoy(watch.reader.feed))
                watch.join(self.convoy, _silence)
        else:
            self.convoy.gather()

    def _part(self) -> None:
        if self.watch is not None and self.convoy is not None:
            self.watch.part(self.convoy, _silence)
        self.convoy = None

    def read(self) -> None:
        """Be told all that there is."""
        self.glance()
        while self.watch is not None and self.watch.reader is not None and self._waits(self.watch, self.watch.reader):
            self.glance()

    def _waits(self, watch: Watch, reader: Reader) -> bool:
        return watch.apart or reader.waiting

    def glance(self) -> None:
        """Be told some of it."""
        self._part()
        watch = self.watch
        if watch is None:
            return
        try:
            news = watch.news(self.house.now)
            if isinstance(news, Why):
                self._begin(watch)
            else:
                for step in news if self.every else conflated(news):
                    self._take(step, watch)
                self.has = watch.known
        except (Unauthenticated, Forbidden, CustomerNotFound):
            self.lose()
            with pytest.raises(Refusal):
                self.listed(self.principal)

    def _begin(self, watch: Watch) -> None:
        snapshot = watch.begin(self.house.now)
        self.copy = {call.number: self._row(call, watch.principal) for call in snapshot.calls}
        self.has = snapshot.revision

    def _take(self, step: Step, watch: Watch) -> None:
        assert (step.call.number in self.copy) is step.before
        assert (step.left is None) is (step.after or not step.before)
        if step.after:
            self.copy[step.call.number] = self._row(step.call, watch.principal)
        elif step.before:
            del self.copy[step.call.number]

    def _row(self, call: Call, principal: Principal) -> dict[str, object]:
        row = call_view(as_seen(self.house.directory, principal, call), 0.0)
        return row | {"duration": 0.0, "delay": 0.0}

    def listed(self, principal: Principal) -> dict[int, dict[str, object]]:
        calls = self.house.desk.perform(LIST_CALLS, principal, self.question, self.house.now).calls
        rows = (call_view(call, 0.0) | {"duration": 0.0, "delay": 0.0} for call in calls)
        return {int(str(row["id"])): row for row in rows}


which = st.integers(0, 999)


class Following(RuleBasedStateMachine):
    """Calls come and go, rights change, links break; clients fall behind, drop off and come back."""

    def __init__(self) -> None:
        super().__init__()
        self.house = House()
        self.all: list[Client] = []
        self.up: list[Call] = []
        self.convoys: dict[Feed, Convoy] = {}

    @initialize(
        logins=st.lists(st.tuples(st.sampled_from(LOGINS), questions), min_size=2, max_size=5),
        every=st.booleans(),
    )
    def some_are_there(self, logins: list[tuple[str, ListCalls]], every: bool) -> None:
        plain = ListCalls(as_party=True, where=Filter(states=LIVE))
        for login, question in [*((login, plain) for login in ("root", "reseller", "acme")), *logins]:
            client = Client(self.house, login, question, self.convoys, every=every)
            client.connect()
            self.all.append(client)

    @rule(
        state=st.sampled_from(sorted(LIVE)),
        account=st.sampled_from([None, 3, 5, 7, 9]),
        callee=st.sampled_from([None, None, 5, 7]),
    )
    def begins(self, state: State, account: int | None, callee: int | None) -> None:
        self.up.append(self.house.call(state, account, callee_account=callee))

    @rule(which=which)
    def is_held_or_not(self, which: int) -> None:
        for leg in self.up[which % len(self.up)].legs if self.up else ():
            for kind in (LegHeld, LegResumed):
                self.house.table.accept(kind(leg.id, self.house.now), self.house.now)

    @rule(which=which, account=st.sampled_from([3, 5, 7, 9]))
    def turns_out_to_be_anothers(self, which: int, account: int) -> None:
        for leg in self.up[which % len(self.up)].legs[:1] if self.up else ():
            other = replace(leg, facts=Facts(account=account))
            self.house.table.accept(LegDescribed(self.house.now, other), self.house.now)

    @rule(which=which)
    def ends(self, which: int) -> None:
        if self.up:
            self.house.end(self.up.pop(which % len(self.up)).key)

    @rule()
    def link_breaks(self) -> None:
        self.house.table.accept(SwitchLost(SWITCH, self.house.now, "gone"), self.house.now)

    @rule(seconds=st.sampled_from([1.0, 3.0, 10.0, 100.0]))
    def time_passes(self, seconds: float) -> None:
        self.house.now += seconds
        self.house.table.sweep(self.house.now)
        self.house.desk.feeds.sweep(self.house.now)

    @rule(customer=st.sampled_from([3, 4]), parent=st.sampled_from([1, 2, 5]))
    def customer_moves(self, customer: int, parent: int) -> None:
        self.house.directory.put(Customer(id=customer, name=f"Customer {customer}", parent=parent))

    @rule(account=st.sampled_from([5, 7]), customer=st.sampled_from([3, 4, 5]))
    def account_moves(self, account: int, customer: int) -> None:
        self.house.directory.put(Account(id=account, customer=customer, sip_user=f"moved-{account}"))

    @rule(login=st.sampled_from(LOGINS), customer=st.sampled_from([1, 2, 3, 4]))
    def login_moves(self, login: str, customer: int) -> None:
        self._change(login, customer=customer)

    @rule(login=st.sampled_from(LOGINS), masks=st.frozensets(st.sampled_from(Mask)))
    def login_is_masked(self, login: str, masks: frozenset[Mask]) -> None:
        self._change(login, masks=masks)

    @rule(login=st.sampled_from(LOGINS), disabled=st.booleans())
    def login_is_disabled(self, login: str, disabled: bool) -> None:
        self._change(login, disabled=disabled)

    def _change(self, login: str, **changes: Any) -> None:
        known = self.house.access.login(login)
        assert known is not None
        self.house.access.put(replace(known, **changes))

    @rule(which=which)
    def client_reads(self, which: int) -> None:
        self.all[which % len(self.all)].read()

    @rule(which=which)
    def client_reads_a_little(self, which: int) -> None:
        self.all[which % len(self.all)].glance()

    @rule(which=which)
    def client_waits(self, which: int) -> None:
        client = self.all[which % len(self.all)]
        if client.watch is not None and not client.every:
            client.wait()

    @rule(which=which)
    def client_drops_off_or_comes_back(self, which: int) -> None:
        client = self.all[which % len(self.all)]
        if client.watch is None:
            client.connect()
        else:
            client.lose()

    @rule()
    def everybody_reads_and_knows_all(self) -> None:
        self.house.desk.feeds.sweep(self.house.now)
        for client in self.all:
            client.read()
            if client.watch is not None:
                assert client.copy == client.listed(client.watch.principal)

    @invariant()
    def nobody_holds_more_than_the_log(self) -> None:
        for client in self.all:
            if client.watch is not None and client.watch.reader is not None:
                assert len(client.watch.reader.feed.steps) <= feeds.LOG

    def teardown(self) -> None:
        self.everybody_reads_and_knows_all()
        for client in self.all:
            client.lose()
        assert len(self.house.desk.feeds) == 0


@pytest.fixture(autouse=True)
def small_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that clients fall behind, and what they missed is forgotten, within a few steps."""
    monkeypatch.setattr(feeds, "LOG", 12)
    monkeypatch.setattr(feeds, "PORTION", 3)
    monkeypatch.setattr(module, "PORTION", 3)
    monkeypatch.setattr(history, "HISTORY", 10)


TestFollowing = Following.TestCase
TestFollowing.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)


def test_who_may_not_list_may_not_watch() -> None:
    house = House()
    nobody = Principal(login="root", role=Role.USER, customer=1, rights=frozenset({Right.CALLS_STATS}))
    with pytest.raises(Forbidden, match=r"calls\.list"):
        house.desk.perform(WATCH_CALLS, nobody, ListCalls(), house.now)


def test_the_last_state_alone_is_left_of_many() -> None:
    call = House().call()
    came = Step(1, call, before=False, after=True)
    moved = Step(2, call, before=True, after=True)
    went = Step(3, call, before=True, after=False, left=Left.ENDED)
    assert conflated([came, moved]) == (replace(moved, before=False),)
    assert conflated([moved, went]) == (went,)
    assert conflated([came, moved, went]) == ()
    assert conflated([went, came]) == (replace(came, before=True),)


def test_a_token_that_expires_ends_what_it_showed() -> None:
    house = House()
    principal = house.access.sign_in(PasswordClaim("root", "demo-root", ""), house.now)
    token = Token(
        id="a1", login="root", name="", digest="", rights=frozenset(Right), created_at=0.0, expires_at=house.now + 10
    )
    house.access.tokens.put(token)
    watch = house.desk.perform(
        WATCH_CALLS, replace(principal, token="a1", expires_at=token.expires_at), ListCalls(), house.now
    )
    watch.begin(house.now)
    assert watch.news(house.now + 9.0) == ()
    with pytest.raises(Unauthenticated):
        watch.news(house.now + 10.0)


def test_who_is_masked_meanwhile_is_shown_everything_anew() -> None:
    house = House()
    house.call(account=5)
    watch = watching(house, "acme")
    watch.begin(house.now)
    login = house.access.login("acme")
    assert login is not None
    house.access.put(replace(login, masks=frozenset({Mask.NUMBERS})))
    assert watch.news(house.now) is Why.RIGHTS
    assert watch.principal.masks.hides(Mask.NUMBERS)


def watching(house: House, login: str, **question: Any) -> Watch:
    claim = PasswordClaim(login, f"demo-{login}", "192.0.2.1")
    question.setdefault("where", Filter(states=LIVE))
    return house.desk.perform(WATCH_CALLS, house.access.sign_in(claim, house.now), ListCalls(**question), house.now)


def test_nothing_is_resumed_from_the_moment_of_a_change_of_rights() -> None:
    house = House()
    house.call()
    revision = house.table.revision
    assert watching(house, "reseller").resume(revision, house.now) is None
    house.directory.put(Customer(id=3, name="Acme", parent=5))
    assert watching(house, "reseller").resume(revision, house.now) is Why.RIGHTS
    house.call()
    assert watching(house, "reseller").resume(house.table.revision, house.now) is None


def test_who_asks_for_an_account_does_not_resume_over_its_move() -> None:
    house = House()
    house.call(account=5)
    revision = house.table.revision
    house.directory.put(Account(id=5, customer=4, sip_user="101"))
    assert watching(house, "reseller").resume(revision, house.now) is None
    where = Filter(states=LIVE, party_account=5)
    assert watching(house, "reseller", where=where).resume(revision, house.now) is Why.RIGHTS


def test_a_party_that_comes_into_view_is_named() -> None:
    """Who it is stands in the rows of the calls that were there before."""
    house = House()
    call = house.call(account=5, callee_account=9)
    watch = watching(house, "reseller", as_party=True)
    (shown,) = watch.begin(house.now).calls
    assert as_seen(house.directory, watch.principal, shown).placement.callee_customer is None
    house.directory.put(Customer(id=5, name="Initech", parent=2))
    news = watch.news(house.now)
    assert not isinstance(news, Why)
    assert [(step.call.number, step.before, step.after) for step in news] == [(call.number, True, True)]
    assert as_seen(house.directory, watch.principal, news[0].call).placement.callee_customer == 5


def test_what_was_gathered_for_it_is_news_when_it_goes_on_by_itself() -> None:
    house = House()
    watch = watching(house, "root")
    watch.begin(house.now)
    assert watch.reader is not None
    convoy = Convoy(watch.reader.feed)
    watch.join(convoy, _silence)
    assert not watch.apart
    first = house.call(State.NEW)
    convoy.gather()
    second = house.call(State.NEW)
    watch.part(convoy, _silence)
    assert watch.apart
    assert [step.call.number for step in told(watch, house) if not step.before] == [first.number]
    assert watch.known < watch.revision
    assert [step.call.number for step in told(watch, house) if not step.before] == [second.number]
    assert watch.known == watch.revision
    assert not watch.apart
    assert watch.news(house.now) == ()


def told(watch: Watch, house: House) -> tuple[Step, ...]:
    news = watch.news(house.now)
    assert not isinstance(news, Why)
    return news


def test_much_is_told_in_portions_each_with_the_revision_that_it_leads_to() -> None:
    house = House()
    watch = watching(house, "root")
    watch.begin(house.now)
    for _ in range(8):
        house.call(State.NEW)
    assert watch.apart, "who is far behind holds up nobody"
    first = house.table.revision.number - 8
    known = []
    while watch.known != watch.revision:
        steps = told(watch, house)
        known.append((len(steps), watch.known.number - first))
    assert known == [(3, 3), (3, 6), (2, 8)]


def test_who_missed_much_is_told_it_in_portions_too() -> None:
    house = House()
    since = house.table.revision
    for _ in range(8):
        house.call(State.NEW)
    watch = watching(house, "root")
    assert watch.resume(since, house.now) is None
    assert watch.known == since
    assert len(told(watch, house)) == 6
    assert watch.known.number == since.number + 6
    again = watching(house, "root")
    assert again.resume(watch.known, house.now) is None, "it may break off there"
    assert len(told(again, house)) == 2


def test_a_view_that_turned_is_known_when_all_of_it_was_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "LOG", 100)
    house = House()
    for _ in range(5):
        house.call(State.NEW, account=5)
    watch = watching(house, "reseller")
    watch.begin(house.now)
    known = watch.known
    house.directory.put(Customer(id=3, name="Acme", parent=5))
    house.call(State.NEW)
    for _ in range(7):
        house.call(State.NEW, account=7)
    assert len(told(watch, house)) == 6
    assert watch.known == known, "who breaks off here begins anew"
    assert len(told(watch, house)) == 6
    assert watch.known == watch.revision


def test_who_goes_with_others_is_called_when_what_may_be_seen_changes() -> None:
    house = House()
    watch = watching(house, "acme")
    watch.begin(house.now)
    assert watch.reader is not None
    convoy = Convoy(watch.reader.feed)
    rung: list[str] = []

    def bell() -> None:
        rung.append("!")

    watch.join(convoy, bell)
    house.directory.put(Customer(id=3, name="Acme", parent=5))
    assert (rung, watch.apart) == (["!"], True)
    watch.part(convoy, bell)
    watch.news(house.now)
    watch.join(convoy, bell)
    watch.part(convoy, bell)
    house.directory.put(Customer(id=3, name="Acme", parent=2))
    assert rung == ["!"], "who has parted is not called"
