"""Path -> who asks -> method -> reply.

Transport and sign-in are the vendor's (support.sippysoft.com, article 106909): POST, HTTP Digest, or trusted mode, in
which the source address vouches and the request names the customer it acts for.
"""

from math import ceil

from msgspec.structs import replace

from callboard.access.access import StaleNonce
from callboard.access.claims import DigestClaim, TrustedClaim
from callboard.access.rights import Principal
from callboard.calls.refusals import (
    CustomerNotFound,
    Forbidden,
    ForbiddenAddress,
    Malformed,
    Refusal,
    Throttled,
    Unauthenticated,
)
from callboard.dialects.sippy import xmlrpc
from callboard.dialects.sippy.faults import fault_document
from callboard.dialects.sippy.fields import LAYOUT
from callboard.dialects.sippy.methods import SYSTEM_METHODS, Asked, Method, answer_system, method_named
from callboard.dialects.sippy.request import Parameters, identity, named
from callboard.dialects.sippy.settings import SippySettings
from callboard.directory.addresses import AddressSet
from callboard.http.origin import from_other_site
from callboard.http.values import Body, Reply, Request
from callboard.operations.desk import Desk

__all__ = ["SippyDialect"]

CONTENT_TYPE = "text/xml; charset=utf-8"


class SippyDialect:
    """Answers the requests to one path; `answer` is its `Handler`."""

    def __init__(self, desk: Desk, settings: SippySettings | None = None) -> None:
        settings = settings or SippySettings()
        self._desk = desk
        self._trusted = AddressSet(settings.trusted_addresses)
        self._rows = desk.table.arena(LAYOUT)
        self.paths = (settings.path,)
        """Where it answers. A request's path may have its slashes doubled."""

    async def answer(self, request: Request) -> Reply:
        """Answer one request. An error is a fault with status 200, since clients take other statuses for a dead line.

        The exceptions are those of sign-in: 401 with a challenge, 429 for who failed too often.
        """
        if request.method != "POST":
            return _wrong_method()
        try:
            body = self._carry_out(request, self._login(request))
        except Refusal as refusal:
            return self._refused(refusal, request.at)
        return Reply(content_type=CONTENT_TYPE, body=body)

    def _refused(self, refusal: Refusal, now: float) -> Reply:
        status = 200
        headers: tuple[tuple[str, str], ...] = ()
        match refusal:
            case ForbiddenAddress():
                pass
            case Throttled():
                status, headers = 429, (("Retry-After", str(ceil(refusal.wait))),)
            case Unauthenticated():
                values = self._desk.access.challenge(now, stale=isinstance(refusal, StaleNonce))
                status, headers = 401, tuple(("WWW-Authenticate", value) for value in values)
        return Reply(status=status, content_type=CONTENT_TYPE, headers=headers, body=fault_document(refusal))

    # --- who asks ----------------------------------------------------------------------------------------------------

    def _login(self, request: Request) -> Principal | None:
        """Sign in, before anything of the body is looked at: the first request of some clients has none.

        None in trusted mode, where the body says who is meant. A trusted address that sends credentials is held to
        them.
        """
        if from_other_site(request):
            raise Forbidden("a page of another site cannot ask for anything here")
        authorization = request.headers.get("authorization", "")
        if not authorization and self._trusted.contains(request.client):
            return None
        if not authorization:
            raise Unauthenticated("sign in with HTTP Digest")
        claim = DigestClaim(authorization, request.method, request.target, request.client)
        try:
            return self._desk.access.sign_in(claim, request.at)
        except Malformed as refusal:
            raise Unauthenticated(refusal.message) from None

    def _acting(self, login: Principal | None, method: Method, parameters: Parameters, request: Request) -> Principal:
        """Under whose rights the method is carried out: those of the customer that the request names, if it does.

        In trusted mode it must. A login can name any customer of its own subtree, and acts for that one only.
        """
        customer = identity(parameters, method.acts_for)
        if login is None:
            customer = method.default_customer if customer is None else customer
            claim = TrustedClaim(request.client, customer, self._trusted, method.acts_for)
            return self._desk.access.sign_in(claim, request.at)
        if customer is None:
            return login
        directory = self._desk.directory
        if directory.customer(customer) is None or not directory.is_within(customer, login.customer):
            raise CustomerNotFound(f"customer {customer} not found")
        return replace(login, customer=customer)

    # --- what is asked -----------------------------------------------------------------------------------------------

    def _carry_out(self, request: Request, login: Principal | None) -> Body:
        call = request.once(_call_of)
        if call.method in SYSTEM_METHODS:
            return answer_system(call.method, call.params)
        method = method_named(call.method)
        parameters = named(call.params)
        principal = self._acting(login, method, parameters, request)
        return method.run(Asked(self._desk, principal, parameters, request.at, self._rows))


def _call_of(request: Request) -> xmlrpc.MethodCall:
    return xmlrpc.read_call(request.body)


def _wrong_method() -> Reply:
    hint = b"XML-RPC is asked with POST: send a methodCall document here, such as listAllCalls.\n"
    return Reply(status=405, headers=(("Allow", "POST"),), body=hint)
