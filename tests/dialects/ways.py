"""Every way in: what each front end offers, as the operation that it is, and how it is asked for over HTTP."""

import base64
import hashlib
import string
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, NamedTuple
from urllib.parse import urlencode

from msgspec.structs import replace

from callboard.access.rights import Role
from callboard.http.values import Conversation, Reply, Request, Stream
from tests.dialects.crowd import ACCOUNT_OF, KEY, TREE, TRUSTED, Crowd, Made, Place, within
from tests.dialects.sippy.client import answer_to, document

__all__ = [
    "CALL",
    "CUSTOMER",
    "NOTHING",
    "NOWHERE",
    "WAYS",
    "About",
    "Way",
    "Who",
    "base62",
    "body_of",
    "owns",
    "visible",
    "way_to",
]

ELSEWHERE = "192.0.2.9"
NOWHERE = 99_999
"""No customer, account, call or command has this."""

Params = dict[str, object]


def body_of(reply: Reply) -> bytes:
    """A reply's body in one piece."""
    return reply.body if isinstance(reply.body, bytes) else b"".join(map(bytes, reply.body))


class Who(NamedTuple):
    """Who asks: a login with its password, or with `acts_for` a trusted address in a customer's name."""

    crowd: Crowd
    name: str
    password: str
    address: str = ELSEWHERE
    acts_for: int | None = None

    async def http(self, method: str, target: str, body: bytes = b"", **headers: str) -> Reply:
        """One HTTP request, through the router."""
        path, _, query = target.partition("?")
        return await self.crowd.router.answer(
            Request(
                method=method,
                path=path,
                target=target,
                query=query.encode(),
                headers={name.replace("_", "-"): value for name, value in headers.items()},
                body=body,
                client=self.address,
                at=self.crowd.house.now,
            )
        )


class About(NamedTuple):
    """What can be asked about: a customer, an account, a call (all by their numbers), or nothing in particular."""

    kind: str
    numbers: Callable[[Crowd], dict[int, int | None]]
    """Number -> the customer it is told by."""


NOTHING = About("nothing", lambda crowd: {0: None})
CUSTOMER = About("customer", lambda crowd: {customer: customer for customer in ACCOUNT_OF})
ACCOUNT = About("account", lambda crowd: {account: customer for customer, account in ACCOUNT_OF.items()})
CALL = About("call", lambda crowd: {call.number: call.owner for call in crowd.calls})


class Way(NamedTuple):
    """One thing that a front end offers.

    `sees` says which calls the answer is to show, and `ends` which the switch is to be told to end; None is what must
    look as if it were not there.
    """

    front: str
    entry: str
    """The front end's own word for it."""
    operation: str
    about: About
    ask: Callable[[Who, int], Awaitable[Reply]]
    sees: Callable[[Made, Place, int], bool] = lambda call, place, number: False
    ends: Callable[[Made, Place, int], bool] = lambda call, place, number: False
    hidden: Callable[[Crowd, Place, int], bool] = lambda crowd, place, number: False
    """Whether what is asked about must look as if it were not there."""
    note: str = ""


# --- who may see what ------------------------------------------------------------------------------------------------


def owns(call: Made, place: Place) -> bool:
    """Whether the owner is in the subtree; the operator has what nobody owns too."""
    return place.customer == 1 or within(call.owner, place.customer)


def visible(call: Made, place: Place) -> bool:
    """Whether the owner or the called one is in the subtree."""
    return owns(call, place) or within(call.callee, place.customer)


def _strange_customer(crowd: Crowd, place: Place, number: int) -> bool:
    return not within(number, place.customer)


def _strange_account(crowd: Crowd, place: Place, number: int) -> bool:
    return not _has_account(place, number)


def _has_account(place: Place, number: int) -> bool:
    return any(account == number and within(customer, place.customer) for customer, account in ACCOUNT_OF.items())


def _not(sees: Callable[[Made, Place], bool]) -> Callable[[Crowd, Place, int], bool]:
    return lambda crowd, place, number: not any(call.number == number and sees(call, place) for call in crowd.calls)


def _the_call(sees: Callable[[Made, Place], bool]) -> Callable[[Made, Place, int], bool]:
    return lambda call, place, number: call.number == number and sees(call, place)


def _below(call: Made, place: Place, number: int) -> bool:
    """Owned by the customer asked for or one below it; all of the root's has what nobody owns too."""
    return within(number, place.customer) and (number == 1 or within(call.owner, number))


def _subtree(call: Made, place: Place, number: int) -> bool:
    return within(number, place.customer) and within(call.owner, number)


def _party(call: Made, place: Place, number: int) -> bool:
    return within(number, place.customer) and number in (call.owner, call.callee)


def _party_below(call: Made, place: Place, number: int) -> bool:
    everything = number == 1
    return within(number, place.customer) and (everything or within(call.owner, number) or within(call.callee, number))


def _account_owns(call: Made, place: Place, number: int) -> bool:
    return owns(call, place) and call.owner is not None and ACCOUNT_OF[call.owner] == number


def _account_takes_part(call: Made, place: Place, number: int) -> bool:
    return _has_account(place, number) and number in {
        ACCOUNT_OF[party] for party in (call.caller, call.callee) if party
    }


def _account_calls_out(call: Made, place: Place, number: int) -> bool:
    return call.callee is None and _account_owns(call, place, number)


# --- Sippy -----------------------------------------------------------------------------------------------------------

SIPPY = "/xmlapi/xmlapi"


def _sippy(
    method: str, name: str = "", acts_for: str = "i_customer", as_text: bool = False
) -> Callable[[Who, int], Any]:
    async def ask(who: Who, number: int) -> Reply:
        parameters: Params = {name: str(number) if as_text else number} if name else {}
        if who.acts_for is not None:
            parameters.setdefault(acts_for, who.acts_for)
        body = document(method, *([parameters] if parameters else []))
        if who.address == TRUSTED:
            return await who.http("POST", SIPPY, body)
        challenge = dict((await who.http("POST", SIPPY)).headers)["WWW-Authenticate"]
        return await who.http("POST", SIPPY, body, authorization=answer_to(challenge, who.name, who.password))

    return ask


def _sippys() -> list[Way]:
    front, found = "sippy", []
    for method in ("listAllCalls", "listActiveCalls"):
        found += [
            Way(front, method, "calls.list", NOTHING, _sippy(method), lambda call, place, _: owns(call, place)),
            Way(front, method, "calls.list", CUSTOMER, _sippy(method, "i_customer"), _below, hidden=_strange_customer),
            Way(front, method, "calls.list", ACCOUNT, _sippy(method, "i_account"), _account_owns),
        ]
    account = _sippy("disconnectAccount", "i_account")
    customer = _sippy("disconnectCustomer", "i_customer", acts_for="i_wholesaler")
    stats = _sippy("getAccountCallStatsCustomer", "i_customer")
    return [
        *found,
        Way(front, "disconnectCall", "calls.disconnect", CALL, _sippy("disconnectCall", "ID", as_text=True),
            ends=_the_call(owns), hidden=_not(owns)),
        Way(front, "disconnectAccount", "calls.disconnect_account", ACCOUNT, account, ends=_account_owns,
            hidden=_strange_account),
        Way(front, "disconnectCustomer", "calls.disconnect_customer", CUSTOMER, customer, ends=_subtree,
            hidden=_strange_customer),
        Way(front, "getAccountCallStats", "calls.stats", NOTHING, _sippy("getAccountCallStats")),
        Way(front, "getAccountCallStatsCustomer", "calls.stats", CUSTOMER, stats, hidden=_strange_customer),
    ]  # fmt: skip


# --- Ozeki -----------------------------------------------------------------------------------------------------------

_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase


def base62(number: int) -> str:
    """A number as the vendor's ids are written here."""
    digits = ""
    while number:
        number, digit = divmod(number, 62)
        digits = _BASE62[digit] + digits
    return digits.rjust(5, "0")


def _ozeki(path: str, command: str) -> Callable[[Who, int], Any]:
    async def ask(who: Who, number: int) -> Reply:
        query = {"command": command, "Username": who.name, "Password": who.password}
        if number:
            query["CallId"] = base62(number)
        return await who.http("GET", f"{path}?{urlencode(query)}")

    return ask


def _ozekis() -> list[Way]:
    found = []
    for front, path in (("ozeki v10", "/api"), ("ozeki xe", "/")):
        listing, hang_up = _ozeki(path, "ListActiveCalls"), _ozeki(path, "Hangup")
        found += [
            Way(front, "listactivecalls", "calls.list", NOTHING, listing, lambda call, place, _: visible(call, place)),
            Way(front, "hangup", "calls.disconnect", CALL, hang_up, ends=_the_call(visible), hidden=_not(visible)),
        ]
    return found


# --- Enswitch --------------------------------------------------------------------------------------------------------


def _enswitch(
    function: str, name: str = "", shown: Callable[[Crowd, int], object] | None = None, **more: object
) -> Any:
    async def ask(who: Who, number: int) -> Reply:
        query: Params = {"auth_username": who.name, "auth_password": who.password, **more}
        if name:
            query[name] = shown(who.crowd, number) if shown else number
        return await who.http("GET", f"/api/json/{function}/?{urlencode(query)}")

    return ask


def _native(half: str) -> Callable[[Crowd, int], str]:
    return lambda crowd, number: next(
        (f"{call.native}/{half}" for call in crowd.calls if call.number == number), "none"
    )


def _sip_user(crowd: Crowd, number: int) -> str:
    account = crowd.house.directory.account(number)
    return account.sip_user if account else "none"


def _enswitches() -> list[Way]:
    front, function = "enswitch", "calls/active/list"

    def listing(about: About, sees: Any, note: str, hidden: Any = lambda *_: False, **ask: Any) -> Way:
        return Way(front, function, "calls.list", about, _enswitch(function, **ask), sees, hidden=hidden, note=note)

    def children(call: Made, place: Place, _: int) -> bool:
        return any(party and within(party, place.customer) and _is_child(party, place) for party in _parties(call))

    def below(call: Made, place: Place, _: int) -> bool:
        return any(party != place.customer and within(party, place.customer) for party in _parties(call))

    panel = _enswitch(f"{function}/panel", "customer")
    return [
        listing(NOTHING, lambda call, place, _: place.customer in _parties(call), "own"),
        listing(NOTHING, children, "all", customer="all"),
        listing(NOTHING, below, "recursive", customer="recursive"),
        listing(NOTHING, lambda call, place, _: place == ("admin", 1), "system", customer="system"),
        listing(CUSTOMER, _party, "id", _strange_customer, name="customer"),
        listing(CUSTOMER, _party_below, "id, recursive", _strange_customer, name="customer", recursive=1),
        listing(ACCOUNT, _account_takes_part, "phone", _strange_account, name="phone", shown=_sip_user, recursive=1),
        listing(CALL, _the_call(visible), "callid", _not(visible), name="callid", shown=_native("a"), recursive=1),
        Way(front, f"{function}/panel", "calls.list", CUSTOMER, panel, _party, hidden=_strange_customer),
        *(
            Way(front, "calls/hangup", "calls.disconnect", CALL, _enswitch("calls/hangup", name, _native(half)),
                ends=_the_call(visible), hidden=_not(visible), note=name)
            for name, half in (("callid", "a"), ("uniqueid", "b"))
        ),
    ]  # fmt: skip


def _parties(call: Made) -> tuple[int | None, int | None]:
    return call.owner, call.callee


def _is_child(customer: int, place: Place) -> bool:
    return TREE[customer] == place.customer


# --- MOR -------------------------------------------------------------------------------------------------------------


def _mor(*names: str) -> Callable[[Who, int], Any]:
    """Names of a user's parameter, then of a device's."""

    async def ask(who: Who, number: int) -> Reply:
        key = KEY if who.password.startswith("pass-") else who.password
        signature = hashlib.sha1((who.name + key).encode(), usedforsecurity=False).hexdigest()
        query: Params = {"u": who.name, "hash": signature}
        if names[1:]:
            owner = next((customer for customer, account in ACCOUNT_OF.items() if account == number), 1)
            query |= {names[0]: owner, names[1]: number}
        elif names:
            query[names[0]] = number
        return await who.http("POST", f"/billing/api/active_calls_get?{urlencode(query)}")

    return ask


def _mors() -> list[Way]:
    def way(about: About, sees: Any, hidden: Any, *names: str) -> Way:
        operation = "calls.list"
        return Way("mor", "active_calls_get", operation, about, _mor(*names), sees, hidden=hidden, note=" ".join(names))

    def makes(call: Made, place: Place, number: int) -> bool:
        return call.caller == number and within(number, place.customer)

    def gets(call: Made, place: Place, number: int) -> bool:
        return call.callee == number and within(number, place.customer)

    def device_makes(call: Made, place: Place, number: int) -> bool:
        return call.caller is not None and ACCOUNT_OF[call.caller] == number and within(call.caller, place.customer)

    return [
        way(NOTHING, lambda call, place, _: visible(call, place), lambda *_: False),
        way(CUSTOMER, makes, _strange_customer, "s_user_id"),
        way(CUSTOMER, gets, _strange_customer, "s_dst_user_id"),
        way(ACCOUNT, device_makes, lambda *_: False, "s_user_id", "s_device"),
    ]


# --- our own API -----------------------------------------------------------------------------------------------------


def _api(method: str, path: str, body: bytes = b"", content_type: str = "") -> Callable[[Who, int], Any]:
    async def ask(who: Who, number: int) -> Reply:
        basic = base64.b64encode(f"{who.name}:{who.password}".encode()).decode()
        headers = {"authorization": f"Basic {basic}"} | ({"content_type": content_type} if content_type else {})
        return await who.http(method, path.replace("{}", str(number)), body, **headers)

    return ask


def _watch(path: str) -> Callable[[Who, int], Any]:
    """The snapshot of a stream, over SSE or a WebSocket."""

    async def ask(who: Who, number: int) -> Reply:
        reply: Reply = await _api("GET", f"/v1{path}")(who, number)
        match reply.live:
            case Stream(blocks):
                return replace(reply, body=await _until_heartbeat(blocks), live=None)
            case Conversation(talk):
                return replace(reply, body=await _until_heartbeat(talk(_silence())), live=None)
        return reply

    return ask


async def _until_heartbeat(blocks: AsyncGenerator[bytes, None]) -> bytes:
    told = b""
    async with aclosing(blocks):
        async for block in blocks:
            told += block
            if b'"heartbeat"' in block:
                break
    return told


async def _silence() -> AsyncGenerator[bytes, None]:
    nothing: tuple[bytes, ...] = ()
    for message in nothing:
        yield message


def _may_transfer(call: Made, place: Place, number: int) -> bool:
    """Not an end customer: somebody pays for the new leg."""
    return place.role is not Role.USER and _the_call(owns)(call, place, number)


DOCUMENT = (
    b'{"customers":[{"id":1,"name":"Taken over"}],"logins":[{"name":"new","role":"admin","customer":1,"password":"x"}]}'
)
RATES = b"prefix,name,country\n63,Philippines,PHL\n"


_JSON = "application/json"

RECORDS: dict[str, tuple[object, bytes]] = {
    "customers": (6, b'{"name":"Firm(6)","parent":3}'),
    "accounts": (12, b'{"customer":6,"sip_user":"2012","name":"Holder(6)"}'),
    "devices": (1, b'{"account":12,"name":"desk-6"}'),
    "vendors": (1, b'{"name":"Carrier One"}'),
    "connections": (1, b'{"vendor":1,"name":"one","address":"127.0.0.1:5081"}'),
    "dids": (1, b'{"number":"442079460999","account":12}'),
    "machines": (1, b'{"name":"one","switch":"one"}'),
    "logins": ("user-3", b'{"role":"user","customer":3}'),
}
"""One record of each kind, and what can be sent for it."""


def _sent(section: str, method: str, body: bytes) -> bytes:
    """A login's name is a part of it when it is new, and of its address later."""
    match method:
        case "PUT":
            return body
        case "POST":
            return body.replace(b"{", b'{"name":"new",', 1) if section == "logins" else body
        case _:
            return b"{}"


def _records() -> list[Way]:
    """Each kind of record, in the same way; what is sent is nearly what is there."""

    def way(section: str, words: str, operation: str, body: bytes, about: About = NOTHING, **expected: Any) -> Way:
        method, _, place = words.partition(" ")
        key = "/{}" if about is not NOTHING else f"/{RECORDS[section][0]}"
        path = f"/v1/{section}{key if place else ''}"
        entry = " ".join((method, section, *([place] if place else [])))
        return Way("api", entry, operation, about, _api(method, path, body, _JSON), **expected)

    found = [
        way(section, words, operation, _sent(section, method, body))
        for section, (_, body) in RECORDS.items()
        for words, operation in (
            ("GET", "directory.list"),
            ("POST", "directory.create"),
            ("GET {}", "directory.show"),
            ("PUT {}", "directory.change"),
            ("PATCH {}", "directory.change"),
            ("DELETE {}", "directory.remove"),
        )
        for method in (words.split()[0],)
    ]
    for section, about, hidden in (
        ("customers", CUSTOMER, _strange_customer),
        ("accounts", ACCOUNT, _strange_account),
    ):
        found += [
            way(section, "GET {}", "directory.show", b"", about, hidden=hidden),
            way(section, "PATCH {}", "directory.change", b"{}", about, hidden=hidden),
            way(section, "DELETE {}", "directory.remove", b"", about, hidden=hidden),
        ]
    return found


def _watches() -> list[Way]:
    def way(entry: str, about: About, path: str, **expected: Any) -> Way:
        return Way("api", entry, "calls.watch", about, _watch(path), **expected)

    return [
        way("GET stream", NOTHING, "/stream", sees=lambda call, place, _: visible(call, place)),
        way("GET stream", CUSTOMER, "/stream?customer={}", sees=_party_below, hidden=_strange_customer),
        way("GET stream", ACCOUNT, "/stream?account={}", sees=_account_takes_part),
        way("GET ws", CUSTOMER, "/ws?customer={}", sees=_party_below, hidden=_strange_customer),
        Way("api", "POST tickets", "calls.watch", NOTHING, _api("POST", "/v1/tickets")),
    ]


HOOK = b'{"url":"https://example.com/calls","events":["call.answered"],"limits":[{"of":"customer","id":3,"calls":9}]}'


def _webhooks() -> list[Way]:
    def way(entry: str, operation: str, path: str = "/webhooks/none", body: bytes = b"") -> Way:
        asking = _api(entry.split()[0], f"/v1{path}", body, _JSON)
        return Way("api", entry, f"webhooks.{operation}", NOTHING, asking)

    return [
        way("GET webhooks", "list", "/webhooks"),
        way("POST webhooks", "create", "/webhooks", HOOK),
        way("GET webhooks {}", "show"),
        way("PATCH webhooks {}", "change", body=b'{"active":false}'),
        way("DELETE webhooks {}", "remove"),
        way("POST webhooks {} secret", "rotate_secret", "/webhooks/none/secret"),
        way("POST webhooks {} test", "test", "/webhooks/none/test"),
        way("GET webhooks {} deliveries", "deliveries", "/webhooks/none/deliveries"),
        way("POST webhooks {} replay", "replay", "/webhooks/none/replay"),
    ]


def _apis() -> list[Way]:
    def way(entry: str, operation: str, about: About, path: str, *body: Any, **expected: Any) -> Way:
        return Way("api", entry, operation, about, _api(entry.split()[0], f"/v1{path}", *body), **expected)

    return [
        way("GET calls", "calls.list", NOTHING, "/calls?limit=1000", sees=lambda call, place, _: visible(call, place)),
        way("GET calls", "calls.list", CUSTOMER, "/calls?limit=1000&customer={}", sees=_party_below,
            hidden=_strange_customer),
        way("GET calls", "calls.list", CUSTOMER, "/calls?limit=1000&recursive=0&customer={}", sees=_party,
            hidden=_strange_customer),
        way("GET calls", "calls.list", ACCOUNT, "/calls?limit=1000&account={}", sees=_account_takes_part),
        *_watches(),
        way("GET calls {}", "calls.show", CALL, "/calls/{}", sees=_the_call(visible), hidden=_not(visible)),
        way("POST calls {} disconnect", "calls.disconnect", CALL, "/calls/{}/disconnect", ends=_the_call(visible),
            hidden=_not(visible)),
        way("POST calls {} transfer", "calls.transfer", CALL, "/calls/{}/transfer", b'{"to":"104"}', "application/json",
            ends=_may_transfer, hidden=_not(owns)),
        way("POST calls {} hold", "calls.hold", CALL, "/calls/{}/hold", ends=_the_call(owns), hidden=_not(owns)),
        way("POST calls {} unhold", "calls.unhold", CALL, "/calls/{}/unhold", hidden=_not(owns)),
        way("POST calls {} forget", "calls.forget", CALL, "/calls/{}/forget", hidden=_not(owns)),
        way("POST disconnect", "calls.disconnect_look", ACCOUNT, "/disconnect?direction=outbound&account={}",
            b'{"dry_run":true}', "application/json", sees=_account_calls_out),
        way("POST disconnect", "calls.disconnect_matching", NOTHING, "/disconnect", b'{"count":999}',
            "application/json"),
        way("GET disconnect {}", "batches.show", NOTHING, "/disconnect/none"),
        way("DELETE disconnect {}", "batches.stop", NOTHING, "/disconnect/none"),
        way("GET commands", "commands.list", NOTHING, "/commands?call=960"),
        way("GET commands {}", "commands.show", NOTHING, "/commands/none"),
        way("GET stats", "calls.count", NOTHING, "/stats?by=customer,state"),
        way("GET stats", "calls.count", CUSTOMER, "/stats?customer={}", hidden=_strange_customer),
        way("GET stats series", "calls.series", CUSTOMER, "/stats/series?customer={}", hidden=_strange_customer),
        way("GET switches", "switches.list", NOTHING, "/switches"),
        way("GET directory", "directory.export", NOTHING, "/directory"),
        way("PUT directory", "directory.import", NOTHING, "/directory", DOCUMENT, "application/json"),
        way("POST directory import", "directory.import", NOTHING, "/directory/import", DOCUMENT, "application/json"),
        way("PUT directory destinations", "directory.destinations", NOTHING, "/directory/destinations", RATES,
            "text/csv"),
        *_records(),
        way("GET history", "history.list", NOTHING, "/history"),
        way("GET history", "history.list", CUSTOMER, "/history?customer={}", hidden=_strange_customer),
        way("GET audit", "audit.list", NOTHING, "/audit"),
        way("GET tokens", "tokens.list", NOTHING, "/tokens"),
        way("POST tokens", "tokens.create", NOTHING, "/tokens", b'{"name":"mine"}', "application/json"),
        way("DELETE tokens {}", "tokens.remove", NOTHING, "/tokens/none"),
        *_webhooks(),
        way("GET whoami", "whoami", NOTHING, "/whoami"),
    ]  # fmt: skip


METRICS = Way("metrics", "GET metrics", "metrics.read", NOTHING, _api("GET", "/metrics"))

WAYS = (*_sippys(), *_ozekis(), *_enswitches(), *_mors(), *_apis(), METRICS)


def way_to(front: str, entry: str, note: str = "") -> Way:
    """The one of this name."""
    return next(way for way in WAYS if (way.front, way.entry, way.note) == (front, entry, note))
