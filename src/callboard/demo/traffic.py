"""The demo's traffic: keeps a number of real calls up through the switch, in every state, until it is stopped."""

import asyncio
import logging
from collections.abc import Coroutine
from random import Random

from callboard.demo.carrier import Carriers
from callboard.demo.directory import DemoAccount, demo_accounts
from callboard.demo.incoming import Behaviour, IncomingCall
from callboard.demo.outgoing import OutgoingCall
from callboard.demo.phone import Phone
from callboard.demo.phone_call import CONNECTED, CallOver, Refused
from callboard.demo.plans import Plan, behaviour_on_net, cast, make_plan

__all__ = ["CALLERS", "DemoTraffic"]

CALLERS = (
    "Zoë Müller",
    "Ada Osei",
    "Bruno Lindqvist",
    "Carmen Ibáñez",
    "Dev Patel",
    "Esther Goldberg",
    "Farid Haddad",
    "Greta Sørensen",
    "Hiro Tanaka",
    "Imani Wanjiru",
    "João Carvalho",
    "Katarzyna Wójcik",
    "Liam O'Brien",
    "Mei-Ling Chen",
    "Nils Åkesson",
    "Olga Petrova",
    "Priya Raman",
    "Quentin Dubois",
    "Rosa Delgado",
    "Sam Baker",
    "Thandi Nkosi",
    "Ulrike Vogel",
    "Victor Reyes",
    "Wile E. Coyote",
    "Yasmin Said",
)
"""Display names of the callers, in turn."""

_REGISTRATION = 120
"""Seconds for which the phones register; they do so again at half time."""
_PROBE = 10.0
"""Seconds between a phone's questions whether the switch still has its call: a call of a switch that went down ends."""
_PAUSE = (0.1, 0.8)
"""Seconds between two calls of a caller."""
_BACK_OFF = 2.0
"""Seconds after a call or registration that the switch did not answer."""
_SPREAD = 4.0
"""Seconds over which the first calls are spread."""
_TURN = 2.0
"""Seconds after an end began at which the next caller may begin one. The slow far ends take at least as long."""
_GOODBYE = 2.0
"""Seconds for taking registrations back."""

_log = logging.getLogger(__name__)


class _Caller:
    """One of the callers: a phone of its own, so that the switch's pace can tell it by its address."""

    def __init__(self, number: int, account: DemoAccount, phone: Phone) -> None:
        self.part = cast(number)
        self.account = account
        self.name = CALLERS[number % len(CALLERS)]
        self.phone = phone
        self.plan: Plan | None = None


class DemoTraffic:
    """Phones that call each other and the carriers through a switch.

    `calls` is how many calls there are at any time; with 0 there are no phones, so that every account is free for a
    phone of the user's own, but the carriers are there. A `seed` makes the callers' plans the same each time.

    In this order: `prepare`, the switch, `start`; then `stop`, and the switch last.
    """

    def __init__(self, calls: int = 25, seed: int | None = None) -> None:
        self._random = Random(seed)  # noqa: S311 - it makes up conversations, not secrets
        self._accounts = demo_accounts()
        self._carriers = Carriers(self._random, _PROBE)
        self._phones = [self._registering(account) for account in self._accounts] if calls else []
        self._callers = [self._caller(number) for number in range(calls)]
        self._by_address: dict[str, _Caller] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()
        self.carrier_addresses: dict[int, str] = {}
        """Connection -> `host:port` of its far end, once prepared."""

    def _registering(self, account: DemoAccount) -> Phone:
        return Phone(
            account.sip_user,
            account.sip_password,
            name=account.name,
            media=f"127.0.0.{10 + self._accounts.index(account)}",
            behave=self._behave,
            probe=_PROBE,
        )

    def _caller(self, number: int) -> _Caller:
        account = self._accounts[number % len(self._accounts)]
        media = f"127.0.0.{100 + number % 100}"
        return _Caller(number, account, Phone(account.sip_user, account.sip_password, media=media, probe=_PROBE))

    async def prepare(self) -> dict[int, str]:
        """Bind the carriers, before the switch starts; returns `carrier_addresses`."""
        self.carrier_addresses = await self._carriers.open()
        return self.carrier_addresses

    async def start(self, server: str) -> None:
        """Register the phones with the switch at `server` (numeric `host:port`) and begin to call.

        The switch need not be there at once: the phones keep trying.
        """
        for phone in self._phones:
            phone.server = server
            await phone.open()
            self._spawn(self._stay_registered(phone))
        for caller in self._callers:
            caller.phone.server = server
            await caller.phone.open()
            self._by_address[caller.phone.address] = caller
            self._spawn(self._keep_calling(caller))

    async def stop(self) -> None:
        """Hang up every call, take the registrations back and switch everything off. Takes some seconds at most."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(caller.phone.close() for caller in self._callers))
        await asyncio.gather(*(self._switch_off(phone) for phone in self._phones if phone.address))
        await self._carriers.close()

    def pace(self, source: str, step: str) -> float:
        """Seconds that the switch is to wait before a step (`admit` or `route`) of a call from this `host:port`."""
        caller = self._by_address.get(source)
        if caller is None or caller.plan is None:
            return 0.0
        return caller.plan.admit if step == "admit" else caller.plan.route

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (problem := task.exception()) is not None:
            _log.error("A part of the demo's traffic stopped", exc_info=problem)

    def _behave(self, call: IncomingCall) -> Behaviour:
        return behaviour_on_net(self._random)

    # --- registrations ---

    async def _stay_registered(self, phone: Phone) -> None:
        while True:
            try:
                granted = await phone.register(_REGISTRATION)
            except Refused as refused:
                _log.warning("The demo's phone %s could not register (SIP status %d)", phone.user, refused.code)
                granted = 0
            await asyncio.sleep(granted / 2 or _BACK_OFF)

    async def _switch_off(self, phone: Phone) -> None:
        try:
            async with asyncio.timeout(_GOODBYE):
                await phone.unregister()
        except (Refused, TimeoutError):
            _log.debug("The demo's phone %s could not take its registration back", phone.user)
        await phone.close()

    # --- calls ---

    async def _keep_calling(self, caller: _Caller) -> None:
        await asyncio.sleep(self._random.uniform(0.0, _SPREAD))
        others = tuple(account.sip_user for account in self._accounts if account != caller.account)
        while True:
            caller.plan = plan = make_plan(caller.part, others, self._random)
            call = await caller.phone.call(plan.number, name=caller.name, authenticate_after=plan.authenticate)
            try:
                await self._carry_out(plan, call)
            except (CallOver, Refused):
                await call.hang_up()
            unanswered = call.code == 408
            await asyncio.sleep(_BACK_OFF if unanswered else self._random.uniform(*_PAUSE))

    async def _carry_out(self, plan: Plan, call: OutgoingCall) -> None:
        try:
            async with asyncio.timeout(plan.patience):
                await call.until("answered")
        except TimeoutError:
            await call.cancel()
            return
        if plan.slow_end:
            await asyncio.sleep(plan.talk)
            await self._end_in_turn(call)
            return
        try:
            async with asyncio.timeout(plan.talk):
                await self._converse(plan, call)
        except TimeoutError:
            await call.bye()

    async def _converse(self, plan: Plan, call: OutgoingCall) -> None:
        """Talk, hold and resume until somebody hangs up."""
        while plan.hold_after is not None and await self._lasts(call, plan.hold_after):
            await call.hold()
            if await self._lasts(call, plan.hold):
                await call.resume()
        await call.until("ended")

    async def _lasts(self, call: OutgoingCall, seconds: float) -> bool:
        """Let time pass; whether the call is still up then."""
        try:
            async with asyncio.timeout(seconds):
                await call.until("ended")
        except TimeoutError:
            return call.state in CONNECTED
        return False

    async def _end_in_turn(self, call: OutgoingCall) -> None:
        """Hang up when no other caller shows its end, so that nearly always one does."""
        async with self._turn:
            await call.bye()
            await asyncio.sleep(_TURN)
