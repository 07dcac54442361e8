"""The client for programs that wait for each answer."""

import time
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Self, TypeVar, Unpack

import httpx2

from callboard.client import asks
from callboard.client.answers import (
    Batch,
    BatchTaken,
    Call,
    CallDetail,
    CallPage,
    Command,
    HistoryPage,
    Leg,
    Look,
    Taken,
)
from callboard.client.ask import Ask
from callboard.client.asks import LONGEST_PAGE, Form, Party, Words
from callboard.client.exchange import Access, Patience, broken, judged, pause, sent
from callboard.client.live import LiveCalls, StreamWish
from callboard.client.problems import ClientError
from callboard.client.queries import CallFilters, HistoryFilters
from callboard.client.records import (
    DID,
    Account,
    Connection,
    Customer,
    Device,
    Login,
    Machine,
    Vendor,
)
from callboard.client.reports import (
    Deed,
    DeedPage,
    DestinationCount,
    Identity,
    Imported,
    NewToken,
    Series,
    Stats,
    Switch,
    Ticket,
    Token,
)
from callboard.client.sections import Records
from callboard.client.waiting import PATIENCE, POLL, Moment, audited
from callboard.client.webhooks import Webhooks

__all__ = ["Client"]

T = TypeVar("T")
P = TypeVar("P", bound=asks.Page)


class Client:
    """One login at one server, such as `Client("http://127.0.0.1:8080", token="cb_...")`. Close it, or use `with`.

    Every method raises a `ClientError`: `Unreachable` if nobody answers, a `Problem` if the server says no.
    Filters are those of `CallFilters`; ids of calls are texts, and taken as numbers too.
    """

    def __init__(
        self,
        server: str,
        *,
        token: str = "",
        user: str = "",
        password: str = "",
        ca_file: str = "",
        timeout: float = 30.0,
        patience: Patience | None = None,
    ) -> None:
        """`timeout` is seconds for one answer; `patience` tells how often what may be sent again is sent again.

        `ca_file` vouches for an https server: `Access` has more. Raises `ValueError` for what is no address or token.
        """
        self.access = Access(server.rstrip("/"), token, user, password, ca_file)
        self._patience = patience or Patience()
        self._http = httpx2.Client(**self.access.options(timeout))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def ask(self, ask: Ask[T], *, key: str | None = None) -> T:
        """Any question, sent again where that does no harm; `key` is the `Idempotency-Key`."""
        request, tried = sent(ask, key), 0
        while True:
            tried += 1
            try:
                return self._once(ask, request)
            except ClientError as error:
                wait = pause(self._patience, ask, tried, error)
                if wait is None:
                    raise
                time.sleep(wait)

    def _once(self, ask: Ask[T], request: dict[str, object]) -> T:
        try:
            answer = self._http.request(**request)  # type: ignore[arg-type]
        except httpx2.RequestError as error:
            raise broken(self.access.server, error) from error
        return judged(ask, answer.status_code, answer.headers, answer.content)

    # --- calls -------------------------------------------------------------------------------------------------------

    def calls(
        self, *, sort: Words = (), fields: Words = (), page: int = LONGEST_PAGE, **where: Unpack[CallFilters]
    ) -> Iterator[Call]:
        """GET /v1/calls: every call that is up and matches, page by page; `page` is how many are asked for at once."""
        return _all(lambda cursor: self.ask(asks.calls(where, sort, fields, page, cursor)), lambda found: found.calls)

    def calls_page(
        self,
        *,
        sort: Words = (),
        fields: Words = (),
        limit: int | None = None,
        cursor: str | None = None,
        **where: Unpack[CallFilters],
    ) -> CallPage:
        """GET /v1/calls: one page, with the total and the revision from which a stream goes on."""
        return self.ask(asks.calls(where, sort, fields, limit, cursor))

    def legs(
        self, *, sort: Words = (), fields: Words = (), page: int = LONGEST_PAGE, **where: Unpack[CallFilters]
    ) -> Iterator[Leg]:
        """GET /v1/calls?view=legs: the same calls, a row for each side."""
        return _all(lambda cursor: self.ask(asks.legs(where, sort, fields, page, cursor)), lambda found: found.calls)

    def call(self, number: str | int) -> CallDetail:
        """GET /v1/calls/{id}: one call in full, also for ten minutes after its end."""
        return self.ask(asks.call(number))

    def disconnect(self, number: str | int, *, key: str | None = None) -> Taken:
        """POST /v1/calls/{id}/disconnect: ask for a call's end; `wait` tells what came of it."""
        return self.ask(asks.disconnect(number), key=key)

    def transfer(self, number: str | int, to: str, *, party: Party = "caller", key: str | None = None) -> Taken:
        """POST /v1/calls/{id}/transfer: connect a party of an answered call to another number."""
        return self.ask(asks.transfer(number, to, party), key=key)

    def hold(self, number: str | int, *, party: Party = "caller", key: str | None = None) -> Taken:
        """POST /v1/calls/{id}/hold: put a party on hold."""
        return self.ask(asks.hold(number, party), key=key)

    def unhold(self, number: str | int, *, party: Party = "caller", key: str | None = None) -> Taken:
        """POST /v1/calls/{id}/unhold: take a party off hold."""
        return self.ask(asks.unhold(number, party), key=key)

    def forget(self, number: str | int, *, key: str | None = None) -> Command:
        """POST /v1/calls/{id}/forget: take the row of a stuck call out, without a word to its switch."""
        return self.ask(asks.forget(number), key=key)

    def commands(self, number: str | int) -> tuple[Command, ...]:
        """GET /v1/commands: the commands for a call, of the last ten minutes."""
        return self.ask(asks.commands(number)).commands

    def command(self, name: str) -> Command:
        """GET /v1/commands/{id}: a command, and what came of it."""
        return self.ask(asks.command(name))

    def wait(self, command: str, *, patience: float = PATIENCE) -> Command:
        """The command with its outcome; still pending if the server leaves it so for `patience` seconds."""
        return _until(lambda: self.command(command), lambda found: not found.pending, patience)

    def look(self, **where: Unpack[CallFilters]) -> Look:
        """POST /v1/disconnect with `dry_run`: how many calls a filter finds, and some of them."""
        return self.ask(asks.look(where))

    def disconnect_matching(
        self, count: int, *, rate: float = 50.0, key: str | None = None, **where: Unpack[CallFilters]
    ) -> BatchTaken:
        """POST /v1/disconnect: end every call that a filter finds, `rate` a second; `count` is what `look` told.

        Raises `Conflict` if by now there are far more.
        """
        return self.ask(asks.disconnect_matching(where, count, rate), key=key)

    def batch(self, name: str) -> Batch:
        """GET /v1/disconnect/{id}: how far a batch is."""
        return self.ask(asks.batch(name))

    def stop_batch(self, name: str) -> Batch:
        """DELETE /v1/disconnect/{id}: the calls whose turn has not come stay up."""
        return self.ask(asks.stop_batch(name))

    def follow_batch(self, name: str) -> Iterator[Batch]:
        """How far a batch is, again and again, until all of it has come out."""
        while True:
            found = self.batch(name)
            yield found
            if found.settled:
                return
            time.sleep(POLL)

    # --- what there is besides ---------------------------------------------------------------------------------------

    def stats(self, *, by: Words = (), limit: int | None = None, **where: Unpack[CallFilters]) -> Stats:
        """GET /v1/stats: how many calls there are; `by` is one or two, as `["customer"]`; `limit`: the largest."""
        return self.ask(asks.stats(where, by, limit))

    def series(self, *, customer: int | None = None, minutes: int = 60) -> Series:
        """GET /v1/stats/series: how many calls there were."""
        return self.ask(asks.series(customer, minutes))

    def switches(self) -> tuple[Switch, ...]:
        """GET /v1/switches: the state of each link."""
        return self.ask(asks.switches()).switches

    def history(self, *, page: int = LONGEST_PAGE, **where: Unpack[HistoryFilters]) -> Iterator[Call]:
        """GET /v1/history: every ended call that matches, newest first, page by page."""
        return _all(lambda cursor: self.ask(asks.history(where, page, cursor)), lambda found: found.calls)

    def history_page(
        self, *, limit: int | None = None, cursor: str | None = None, **where: Unpack[HistoryFilters]
    ) -> HistoryPage:
        """GET /v1/history: one page."""
        return self.ask(asks.history(where, limit, cursor))

    def audit(
        self,
        *,
        login: str | None = None,
        action: str | None = None,
        outcome: str | None = None,
        since: Moment = None,
        before: Moment = None,
        page: int = LONGEST_PAGE,
    ) -> Iterator[Deed]:
        """GET /v1/audit: who did what, newest first, page by page; `action` may end in a dot, such as `calls.`."""
        where = audited(login, action, outcome, since, before)
        return _all(lambda cursor: self.ask(asks.audit(where, page, cursor)), lambda found: found.entries)

    def audit_page(
        self,
        *,
        login: str | None = None,
        action: str | None = None,
        outcome: str | None = None,
        since: Moment = None,
        before: Moment = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> DeedPage:
        """GET /v1/audit: one page."""
        return self.ask(asks.audit(audited(login, action, outcome, since, before), limit, cursor))

    def whoami(self) -> Identity:
        """GET /v1/whoami: the login, its rights, and what it may not read in full."""
        return self.ask(asks.whoami())

    def tokens(self, *, login: str | None = None) -> tuple[Token, ...]:
        """GET /v1/tokens: one's own tokens, or those that one may see."""
        return self.ask(asks.tokens(login)).tokens

    def create_token(
        self, name: str, *, login: str | None = None, rights: Words | None = None, days: int | None = None
    ) -> NewToken:
        """POST /v1/tokens: have a token made. It is shown this once; `days=0` is for ever."""
        return self.ask(asks.create_token(name, login, rights, days))

    def remove_token(self, name: str) -> None:
        """DELETE /v1/tokens/{id}: take a token back."""
        self.ask(asks.remove_token(name))

    def ticket(self) -> Ticket:
        """POST /v1/tickets: what lets a browser follow a stream, once, within half a minute."""
        return self.ask(asks.ticket())

    @property
    def webhooks(self) -> Webhooks:
        """/v1/webhooks: other programs are told what happens."""
        return Webhooks(self)

    # --- streams -----------------------------------------------------------------------------------------------------

    def live(
        self,
        *,
        rate: float = 4.0,
        fields: Words = (),
        legs: bool = False,
        since: str = "",
        **where: Unpack[CallFilters],
    ) -> LiveCalls:
        """GET /v1/stream: a copy of the list that is kept up to date while it is iterated.

        `rate` is the most batches a second; 0 tells every change by itself. `since` is a list's revision.
        """
        return LiveCalls(self._http, self.access.server, StreamWish.of(where, rate, fields, legs, since))

    # --- the directory -----------------------------------------------------------------------------------------------

    @property
    def customers(self) -> Records[Customer]:
        """/v1/customers."""
        return Records(self, "customers", Customer)

    @property
    def accounts(self) -> Records[Account]:
        """/v1/accounts."""
        return Records(self, "accounts", Account)

    @property
    def devices(self) -> Records[Device]:
        """/v1/devices."""
        return Records(self, "devices", Device)

    @property
    def vendors(self) -> Records[Vendor]:
        """/v1/vendors."""
        return Records(self, "vendors", Vendor)

    @property
    def connections(self) -> Records[Connection]:
        """/v1/connections."""
        return Records(self, "connections", Connection)

    @property
    def dids(self) -> Records[DID]:
        """/v1/dids."""
        return Records(self, "dids", DID)

    @property
    def machines(self) -> Records[Machine]:
        """/v1/machines."""
        return Records(self, "machines", Machine)

    @property
    def logins(self) -> Records[Login]:
        """/v1/logins."""
        return Records(self, "logins", Login)

    def export_directory(self, form: Form = "toml") -> bytes:
        """GET /v1/directory: the whole of it, with verifiers of passwords: keep it safe."""
        return self.ask(asks.export_directory(form))

    def import_directory(
        self, document: bytes, form: Form = "toml", *, beside: bool = False, dry_run: bool = False
    ) -> Imported:
        """PUT /v1/directory: put a document in the place of all of it.

        With `beside`, POST /v1/directory/import: add it to what there is. Raises `Invalid` with all mistakes.
        """
        return self.ask(asks.import_directory(document, form, beside=beside, dry_run=dry_run))

    def replace_destinations(self, table: bytes) -> DestinationCount:
        """PUT /v1/directory/destinations: a CSV table in the place of the operator's own."""
        return self.ask(asks.replace_destinations(table))


def _all(ask: Callable[[str | None], P], rows: Callable[[P], Sequence[T]]) -> Iterator[T]:
    cursor: str | None = None
    while True:
        page = ask(cursor)
        yield from rows(page)
        cursor = page.next
        if cursor is None:
            return


def _until(look: Callable[[], T], settled: Callable[[T], bool], patience: float) -> T:
    deadline = time.monotonic() + patience
    while True:
        found = look()
        if settled(found) or time.monotonic() > deadline:
            return found
        time.sleep(POLL)
