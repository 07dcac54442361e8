"""Who asks -> for which calls -> reply.

Transport and sign-in are the vendor's (wiki.kolmisoft.com, MOR API; MOR API hash construction; API Configuration): the
request names a login and is signed with the key that both sides share.
"""

from callboard.access.claims import Claim, NamedClaim, SignatureClaim
from callboard.access.rights import Principal
from callboard.calls.refusals import Refusal, Unauthenticated, WrongCredentials
from callboard.dialects.mor import fields
from callboard.dialects.mor import request as asking
from callboard.dialects.mor.documents import error, message, page
from callboard.dialects.mor.faults import API_DISABLED, GET_DISABLED, NO_DATA, words_of
from callboard.dialects.mor.fields import View
from callboard.dialects.mor.request import Asked, Parameters
from callboard.dialects.mor.settings import MorSettings
from callboard.dialects.zones import zone_named
from callboard.http.blocks import body
from callboard.http.values import Body, Reply, Request
from callboard.operations.desk import Desk
from callboard.operations.list_calls import LIST_CALLS

__all__ = ["MorDialect"]

CONTENT_TYPE = "text/xml; charset=utf-8"


class MorDialect:
    """Answers the requests to one path; `answer` is its `Handler`."""

    def __init__(self, desk: Desk, settings: MorSettings | None = None) -> None:
        self._desk = desk
        self._settings = settings = settings or MorSettings()
        self._zone = zone_named(settings.time_zone)
        self._rows = desk.table.arena(fields.layout(View(desk.directory, self._zone)))
        desk.directory.watch(lambda change: self._rows.forget())
        self.paths = (settings.path,)
        """Where it answers. A request's path may have its slashes doubled."""

    async def answer(self, request: Request) -> Reply:
        """Answer one request. An error has status 200 as well: clients read the text in the document."""
        if request.method not in ("GET", "HEAD", "POST"):
            return _wrong_method()
        if not self._settings.allow_api:
            return _reply(error(API_DISABLED))
        if request.method != "POST" and not self._settings.allow_get:
            return _reply(error(GET_DISABLED))
        try:
            parameters = request.once(asking.read)
            return self._list(self._sign_in(parameters, request), parameters, request.at)
        except Refusal as refusal:
            return _reply(error(words_of(refusal)))

    # --- who asks ----------------------------------------------------------------------------------------------------

    def _sign_in(self, parameters: Parameters, request: Request) -> Principal:
        """The vendor tells a login that may not ask from a hash that is wrong, but both count as a failed attempt."""
        name = parameters.get("u", "")
        if not name:
            raise Unauthenticated("u is missing: give the name of a login")
        try:
            return self._desk.access.sign_in(self._claim(name, parameters, request.client), request.at)
        except WrongCredentials:
            login = self._desk.access.login(name)
            if login is None or login.disabled or not login.signing:
                raise Unauthenticated("u is not a login that may sign requests") from None
            raise

    def _claim(self, name: str, parameters: Parameters, address: str) -> Claim:
        """The vendor's page includes `u` in the hash, its printed example does not: both are right."""
        if not self._settings.check_hash:
            return NamedClaim(name, address)
        return SignatureClaim(name, (name, ""), parameters.get("hash", ""), address)

    # --- what is asked -----------------------------------------------------------------------------------------------

    def _list(self, principal: Principal, parameters: Parameters, now: float) -> Reply:
        desk = self._desk
        desk.check(LIST_CALLS, principal)
        wanted = asking.list_calls(Asked(parameters, desk.directory, principal.customer))
        calls = desk.perform(LIST_CALLS, principal, wanted.arguments, now).calls
        if wanted.conditions:
            calls = calls.where(wanted.fits)
        if not calls:
            return _reply(message(NO_DATA))
        masked = fields.layout(View(desk.directory, self._zone, principal.masks)) if principal.masks else None
        return _reply(body(page(self._rows.rows(calls, now, masked)), len(calls)))


def _reply(document: Body) -> Reply:
    return Reply(content_type=CONTENT_TYPE, body=document)


def _wrong_method() -> Reply:
    hint = b"The active calls are asked for with POST, or with GET where the settings allow it.\n"
    return Reply(status=405, headers=(("Allow", "POST, GET"),), body=hint)
