"""A server that speaks the API's part that the wallboard uses, with as many calls as a test wants.

It runs in a thread of its own, for the browser is driven from the test's. What the real server does is tried against
the real server; this one is for what a real one does not do when asked: break, fall silent, carry 100,000 calls.
"""

import asyncio
import base64
import contextlib
import random
import secrets
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from aiohttp import WSMsgType, web

from callboard.http.values import Request
from callboard.wallboard.wallboard import Wallboard

__all__ = ["Fake", "running"]

View = dict[str, Any]

CUSTOMERS = {1: "Root", 2: "Reseller One", 3: "Acme", 4: "Globex", 5: "Initech"}
TRUNKS = {1: "one", 2: "one, fail-over", 3: "two"}
COUNTRIES = {"GBR": "United Kingdom", "DEU": "Germany", "FRA": "France", "USA": "United States", "JPN": "Japan"}
STATES = ("routing", "dialing", "ringing", "answered", "held")
WEIGHTS = (2, 3, 10, 80, 5)
ROLES: dict[str, View] = {
    "root": {"role": "admin", "customer": 1},
    "acme": {"role": "user", "customer": 3},
    "watcher": {"role": "user", "customer": 3},
}
RIGHTS = {
    "root": ["calls.list", "calls.disconnect", "calls.stats", "switches.read"],
    "acme": ["calls.list", "calls.disconnect", "calls.stats"],
    "watcher": ["calls.list"],
}


def text(at: datetime) -> str:
    """RFC 3339, as the API writes it."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Fake:
    """The state behind the fake server. Its methods may be called from any thread through `do`."""

    def __init__(self) -> None:
        self.calls: dict[str, View] = {}
        self.revision = 0
        self.skew = timedelta()
        """How far the server's clock is ahead."""
        self.answers = True
        """Whether it can be reached; else tickets are refused and sockets closed."""
        self.beats = True
        """Whether it tells now and then that it is there."""
        self.switch_link = "up"
        self.outcome = "done"
        """What comes of a command."""
        self.port = 0
        self.asked: list[tuple[str, str, Any]] = []
        """What changes something: method, path, body."""
        self.resumed = 0
        """How often a stream went on where it had been."""
        self.snapshots = 0
        """How often somebody was sent everything."""
        self.passwords = {login: f"demo-{login}" for login in ROLES}
        self._sockets: dict[web.WebSocketResponse, str] = {}
        self._tickets: dict[str, str] = {}
        self._dice = random.Random(1)
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended = 0
        self._next = 960
        self._loop: asyncio.AbstractEventLoop | None = None

    # --- what tests do -----------------------------------------------------------------------------------------------

    def do(self, what: Callable[[], object]) -> None:
        """Run something in the server's thread, and wait for it."""
        assert self._loop is not None
        done: Future[None] = Future()

        def run() -> None:
            try:
                what()
                done.set_result(None)
            except Exception as error:  # noqa: BLE001  whoever waits gets it
                done.set_exception(error)

        self._loop.call_soon_threadsafe(run)
        done.result(20)

    def fill(self, number: int) -> None:
        """Have so many more calls, before anybody looks."""
        for _ in range(number):
            call = self.make()
            self.calls[call["id"]] = call

    def now(self) -> datetime:
        """The server's clock."""
        return datetime.now(UTC) + self.skew

    def make(self, **given: Any) -> View:
        """A call, of anybody and anywhere where it is not told."""
        dice = self._dice
        self._next += 1
        (state,) = dice.choices(STATES, WEIGHTS)
        outbound = dice.random() < 0.7
        started = self.now() - timedelta(seconds=dice.uniform(5, 900))
        answered = text(started + timedelta(seconds=4)) if state in ("answered", "held") else None
        country = dice.choice(list(COUNTRIES)) if outbound else ""
        number = f"44207946{dice.randrange(10_000):04}"
        call: View = {
            "id": str(self._next),
            "state": state,
            "suspect": False,
            "direction": "outbound" if outbound else "internal",
            "caller": f"10{dice.randrange(100):02}",
            "caller_name": dice.choice(["", "Zoë Müller", "Front Desk", "Night Shift"]),
            "dialed": number,
            "callee": number,
            "customer": dice.choice(list(CUSTOMERS)),
            "account": dice.randrange(3, 11),
            "vendor": 1 if outbound else None,
            "connection": dice.choice(list(TRUNKS)) if outbound else None,
            "switch": dice.choice(["b2bua", "pbx-one"]),
            "country": country,
            "destination": COUNTRIES.get(country, ""),
            "started_at": text(started),
            "answered_at": answered,
            "suspect_since": None,
        }
        return call | given

    def tell(self, *changes: tuple[str, View]) -> None:
        """Make changes (kind, call), and tell everybody who may see them."""
        self.revision += 1
        for kind, call in changes:
            if kind == "leave":
                self.calls.pop(call["id"], None)
            else:
                self.calls[call["id"]] = call
        for socket, login in list(self._sockets.items()):
            seen = [{"kind": kind, "id": call["id"], "call": call} for kind, call in changes if self._sees(login, call)]
            self._send(socket, {"type": "changes", "at": text(self.now()), "changes": seen} | self._mark())

    def enter(self, **given: Any) -> str:
        """A new call; its id."""
        call = self.make(**given)
        self.tell(("enter", call))
        return str(call["id"])

    def update(self, number: str, **given: Any) -> None:
        """A call changes."""
        self.tell(("update", self.calls[number] | given))

    def leave(self, number: str) -> None:
        """A call ends."""
        self.tell(("leave", self.calls[number]))

    def churn(self, changes: int) -> None:
        """So many changes in one batch: calls come, change and go."""
        batch: list[tuple[str, View]] = []
        for number in self._dice.sample(list(self.calls), changes // 2):
            call = self.calls[number]
            if self._dice.random() < 0.3:
                batch += [("leave", call), ("enter", self.make())]
            else:
                batch.append(("update", call | {"state": self._dice.choice(["ringing", "answered", "held"])}))
        self.tell(*batch)

    def say(self, message: str) -> None:
        """Send everybody a message as it stands."""
        assert self._loop is not None
        for socket in self._sockets:
            task = self._loop.create_task(_quietly(socket, message))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def tell_rights(self) -> None:
        """Everybody's rights changed: they are shown anew what they may see."""
        for socket, login in self._sockets.items():
            task = asyncio.ensure_future(self._snapshot(socket, login, "rights"))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def cut(self) -> None:
        """Break every stream."""
        for socket in list(self._sockets):
            assert self._loop is not None
            transport = socket._req.transport if socket._req else None
            if transport is not None:
                transport.abort()
            self._sockets.pop(socket, None)

    def vanish(self) -> None:
        """Be out of reach."""
        self.answers = False
        self.cut()

    def come_back(self) -> None:
        """Be in reach again."""
        self.answers = True

    # --- the API -----------------------------------------------------------------------------------------------------

    def _sees(self, login: str, call: View) -> bool:
        return login == "root" or call["customer"] == ROLES[login]["customer"]

    def _seen(self, login: str) -> list[View]:
        return [call for call in self.calls.values() if self._sees(login, call)]

    def _mark(self) -> View:
        return {"revision": f"1-{self.revision}"}

    def _login(self, request: web.Request) -> str:
        kind, _, rest = request.headers.get("Authorization", "").partition(" ")
        if not self.answers and request.transport is not None:
            request.transport.abort()
        if kind == "Bearer" and rest == "cb_1.secret":
            return "acme"
        name, _, password = base64.b64decode(rest).decode().partition(":") if kind == "Basic" else ("", "", "")
        if self.passwords.get(name) != password:
            raise _problem(401, "wrong_credentials", "the name or the password is wrong")
        return name

    async def whoami(self, request: web.Request) -> web.Response:
        login = self._login(request)
        masks = {"numbers": False, "names": False, "media": login == "watcher"}
        who = {"login": login, **ROLES[login], "customer_name": CUSTOMERS[ROLES[login]["customer"]]}
        return _json(who | {"rights": RIGHTS[login], "masks": masks})

    async def tickets(self, request: web.Request) -> web.Response:
        login = self._login(request)
        ticket = secrets.token_hex(8)
        self._tickets[ticket] = login
        return _json({"ticket": ticket, "expires_in": 30})

    async def stream(self, request: web.Request) -> web.StreamResponse:
        login = self._tickets.pop(request.query["ticket"])
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        if request.query.get("since") == f"1-{self.revision}":
            self.resumed += 1
            self._send(socket, {"type": "resumed"} | self._mark())
        else:
            why = "resync" if "since" in request.query else "new"
            await self._snapshot(socket, login, why)
        self._sockets[socket] = login
        self._send(socket, {"type": "heartbeat", "at": text(self.now())} | self._mark())
        try:
            async for message in socket:
                if message.type is WSMsgType.ERROR:
                    break
        finally:
            self._sockets.pop(socket, None)
        return socket

    async def _snapshot(self, socket: web.WebSocketResponse, login: str, why: str) -> None:
        self.snapshots += 1
        seen = self._seen(login)
        begin = {"type": "begin", "at": text(self.now()), "total": len(seen), "why": why}
        await socket.send_str(_text(begin | self._mark()))
        for first in range(0, len(seen), 500):
            await socket.send_str(_text({"type": "rows", "calls": seen[first : first + 500]}))
        await socket.send_str(_text({"type": "ready"} | self._mark()))

    def _send(self, socket: web.WebSocketResponse, message: View) -> None:
        assert self._loop is not None
        task = self._loop.create_task(_quietly(socket, _text(message)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stats(self, request: web.Request) -> web.Response:
        seen = self._seen(self._login(request))
        by = request.query["by"]
        known: dict[str, dict[Any, str]] = {
            "customer": {**CUSTOMERS},
            "connection": {**TRUNKS},
            "country": {**COUNTRIES},
        }
        names = known.get(by, {})
        values = {call[by] for call in seen}
        groups = [{by: value, "name": names.get(value, ""), "calls": 1, "answered": 1} for value in values]
        peak = {"calls": len(seen) + 12, "at": text(self.now() - timedelta(hours=2))}
        return _json({"at": text(self.now()), "total": len(seen), "peaks": {"today": peak}, "groups": groups})

    async def series(self, request: web.Request) -> web.Response:
        seen = len(self._seen(self._login(request)))
        dice = random.Random(2)
        level, calls = float(seen), []
        for _ in range(360):
            calls.append(max(0, round(level)))
            level += dice.gauss(0, 0.02 * seen + 0.1)
        calls.reverse()
        begin = self.now() - timedelta(hours=1)
        answered = [round(0.8 * number) for number in calls]
        return _json({"step": 10, "begin": text(begin), "calls": calls, "answered": answered})

    async def switches(self, request: web.Request) -> web.Response:
        self._login(request)
        now = self.now()
        shown = []
        for name, link in (("b2bua", "up"), ("pbx-one", self.switch_link)):
            calls = [call for call in self.calls.values() if call["switch"] == name]
            heard = now - timedelta(seconds=1 if link == "up" else 45)
            shown.append(
                {
                    "name": name,
                    "link": link,
                    "since": text(now - timedelta(minutes=40 if link == "up" else 0, seconds=44)),
                    "last_event_at": text(heard),
                    "last_list_at": text(heard - timedelta(seconds=20)),
                    "why": "" if link == "up" else "connection refused at 192.0.2.7:5038: is Asterisk running?",
                    "calls": len(calls),
                    "connected": sum(call["state"] in ("answered", "held") for call in calls),
                    "suspects": sum(call["suspect"] for call in calls),
                }
            )
        return _json({"at": text(now), "switches": shown})

    async def call(self, request: web.Request) -> web.Response:
        self._login(request)
        call = self.calls.get(request.match_info["id"])
        if call is None:
            raise _problem(404, "call_not_found", f"call {request.match_info['id']} not found")
        legs = [
            {
                "leg": f"{call['switch']}/{call['id']}/{half}",
                "side": side,
                "state": call["state"],
                "number": call[side],
                "name": call["caller_name"] if side == "caller" else "",
                "media": {"caller": "", "callee": "", side: media},
                "started_at": call["started_at"],
                "answered_at": call["answered_at"],
                "ended_at": None,
                "cause": None,
            }
            for half, side, media in (("a", "caller", "192.168.22.7"), ("b", "callee", "192.168.22.54"))
        ]
        timeline = [
            {"at": call[name], "what": what, "side": side, "leg": leg}
            for what, name in (("new", "started_at"), ("answered", "answered_at"))
            for side, leg in ((None, None), ("caller", legs[0]["leg"]))
            if call[name]
        ]
        more = {"legs": legs, "timeline": timeline, "ended_at": None, "cause": None, "sip_call_id": "a@192.168.22.7"}
        return _json(call | more)

    async def disconnect(self, request: web.Request) -> web.Response:
        login = self._login(request)
        number = request.match_info["id"]
        self.asked.append(("POST", request.path, None))
        if "calls.disconnect" not in RIGHTS[login]:
            raise _problem(403, "forbidden", f"{login} does not have the right calls.disconnect")
        if number in self.calls and self.outcome == "done":
            self.leave(number)
        return _json({"command": f"c-{number}"}, 202)

    async def command(self, request: web.Request) -> web.Response:
        self._login(request)
        words = "486 Busy Here" if self.outcome == "refused" else ""
        return _json({"id": request.match_info["id"], "outcome": self.outcome, "words": words})

    async def disconnect_many(self, request: web.Request) -> web.Response:
        login = self._login(request)
        body = await request.json()
        self.asked.append(("POST", request.path, body))
        wanted = {name: str(value).split(",") for name, value in body.items() if name not in ("dry_run", "count")}
        fitting = [
            call
            for call in self._seen(login)
            if all(str(call[name]).lower() in values for name, values in wanted.items())
        ]
        if body.get("dry_run"):
            return _json({"count": len(fitting), "sample": fitting[:10]})
        if len(fitting) > body["count"]:
            raise _problem(409, "count_changed", f"{len(fitting)} calls match by now: look again")
        for call in fitting:
            self.leave(call["id"])
        self._ended = len(fitting)
        return _json({"batch": "b-1"}, 202)

    async def batch(self, request: web.Request) -> web.Response:
        self._login(request)
        told = {"batch": "b-1", "state": "done", "count": self._ended, "waiting": 0, "left": 0}
        return _json(told | {"outcomes": {"pending": 0, "done": self._ended}})

    async def board(self, request: web.Request) -> web.Response:
        asked = Request(method="GET", path=request.path, headers=dict(request.headers), at=0.0)
        reply = await Wallboard().answer(asked)
        assert isinstance(reply.body, bytes)
        headers = {**dict(reply.headers), "Content-Type": reply.content_type}
        return web.Response(status=reply.status, headers=headers, body=reply.body)

    async def heartbeats(self) -> None:
        """Every second, for tests cannot wait long."""
        while True:
            await asyncio.sleep(1)
            for socket in list(self._sockets) if self.beats else []:
                self._send(socket, {"type": "heartbeat", "at": text(self.now())} | self._mark())

    def application(self) -> web.Application:
        """The routes."""
        application = web.Application()
        application.add_routes(
            [
                web.get("/v1/whoami", self.whoami),
                web.post("/v1/tickets", self.tickets),
                web.get("/v1/ws", self.stream),
                web.get("/v1/stats", self.stats),
                web.get("/v1/stats/series", self.series),
                web.get("/v1/switches", self.switches),
                web.get("/v1/calls/{id}", self.call),
                web.post("/v1/calls/{id}/disconnect", self.disconnect),
                web.get("/v1/commands/{id}", self.command),
                web.post("/v1/disconnect", self.disconnect_many),
                web.get("/v1/disconnect/{id}", self.batch),
                web.get("/board{rest:.*}", self.board),
            ]
        )
        return application

    async def serve(self, started: threading.Event, stop: asyncio.Event) -> None:
        """Run until told to stop."""
        self._loop = asyncio.get_running_loop()
        runner = web.AppRunner(self.application(), shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self.port)
        await site.start()
        self.port = runner.addresses[0][1]
        started.set()
        beats = asyncio.create_task(self.heartbeats())
        await stop.wait()
        beats.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await beats
        self.cut()
        await runner.cleanup()


async def _quietly(socket: web.WebSocketResponse, message: str) -> None:
    with contextlib.suppress(ConnectionError, RuntimeError):
        await socket.send_str(message)


def _text(message: View) -> str:
    return msgspec.json.encode(message).decode()


def _json(content: View, status: int = 200) -> web.Response:
    return web.Response(status=status, content_type="application/json", body=msgspec.json.encode(content))


def _problem(status: int, code: str, detail: str) -> web.HTTPException:
    error = {401: web.HTTPUnauthorized, 403: web.HTTPForbidden, 404: web.HTTPNotFound, 409: web.HTTPConflict}[status]
    content = {"title": "", "status": status, "detail": detail, "code": code}
    return error(text=_text(content), content_type="application/problem+json")


@contextmanager
def running(calls: int = 0) -> Iterator[Fake]:
    """A fake server with so many calls, in a thread of its own."""
    fake = Fake()
    fake.fill(calls)
    started = threading.Event()
    stop = asyncio.Event()
    thread = threading.Thread(target=lambda: asyncio.run(fake.serve(started, stop)), daemon=True)
    thread.start()
    assert started.wait(20)
    try:
        yield fake
    finally:
        fake.do(stop.set)
        thread.join(20)
