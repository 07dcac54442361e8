"""Path -> profile -> who asks -> command -> reply.

Every answer has HTTP status 200, errors too: the vendor's clients read the code in the document.
"""

from math import ceil

from callboard.access.claims import OpenClaim
from callboard.access.rights import Principal
from callboard.calls.refusals import Forbidden, ForbiddenAddress, Refusal, Throttled, Unauthenticated
from callboard.dialects.ozeki import request as asking
from callboard.dialects.ozeki.commands import Asked, command_named
from callboard.dialects.ozeki.documents import answer, layout
from callboard.dialects.ozeki.faults import fault_of
from callboard.dialects.ozeki.profiles import PROFILES, XE, Profile
from callboard.dialects.ozeki.request import Parameters
from callboard.dialects.ozeki.settings import OzekiSettings
from callboard.dialects.zones import zone_named
from callboard.directory.addresses import AddressSet
from callboard.http.origin import from_other_site
from callboard.http.routing import plain_path
from callboard.http.values import Body, Reply, Request
from callboard.operations.desk import Desk

__all__ = ["OzekiDialect"]

CONTENT_TYPE = "application/xml"


class OzekiDialect:
    """Answers the requests to each profile's path; `answer` is its `Handler`."""

    def __init__(self, desk: Desk, settings: OzekiSettings | None = None) -> None:
        self._settings = settings = settings or OzekiSettings()
        self._desk = desk
        zone = zone_named(settings.time_zone)
        self._allowed = AddressSet(settings.allowed_addresses)
        self._denied = AddressSet(settings.denied_addresses)
        places = {"v10": settings.v10_path, "xe": settings.xe_path}
        self._profiles = {plain_path(places[name]): PROFILES[name] for name in settings.profiles}
        self._rows = {path: desk.table.arena(layout(profile, zone)) for path, profile in self._profiles.items()}
        self.paths = tuple(self._profiles)
        """Where it answers. A request's path may have its slashes doubled."""

    async def answer(self, request: Request) -> Reply:
        """Answer one request."""
        path = plain_path(request.path)
        profile = self._profiles[path]
        parameters: Parameters = {}
        try:
            self._check_address(request.client)
            parameters = request.once(asking.read)
            principal = await self._sign_in(profile, parameters, request)
            run = command_named(asking.command(parameters), profile)
            return _reply(run(Asked(self._desk, profile, principal, parameters, request.at, self._rows[path])))
        except Refusal as refusal:
            return _refused(profile, refusal, parameters)

    # --- who asks ----------------------------------------------------------------------------------------------------

    def _check_address(self, address: str) -> None:
        if self._denied.contains(address) or (self._allowed and not self._allowed.contains(address)):
            raise ForbiddenAddress(f"{address} may not use this API: ask the operator to allow the address")

    async def _sign_in(self, profile: Profile, parameters: Parameters, request: Request) -> Principal:
        """Before the command is looked at. Credentials that are sent count, also where none need be."""
        claim = asking.credentials(parameters, request.client)
        if claim is not None:
            principal = await self._desk.sign_in(claim, request.at)
        elif profile is XE and self._settings.xe_login and not from_other_site(request):
            principal = self._desk.access.sign_in(OpenClaim(self._settings.xe_login, request.client), request.at)
        else:
            raise Unauthenticated("give Username and Password")
        if self._settings.users and principal.login not in self._settings.users:
            raise Forbidden(f"{principal.login} is not among the users of this API")
        return principal


def _reply(body: Body, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    return Reply(content_type=CONTENT_TYPE, headers=headers, body=body)


def _refused(profile: Profile, refusal: Refusal, parameters: Parameters) -> Reply:
    """The vendor has no code for having to wait after too many failures: a header tells it to people."""
    fault = fault_of(refusal, asking.text(parameters, "command"), asking.text(parameters, "CallId"))
    wait = (("Retry-After", str(ceil(refusal.wait))),) if isinstance(refusal, Throttled) else ()
    return _reply(answer(profile, fault.code, fault.message), wait)
