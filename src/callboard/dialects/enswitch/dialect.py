"""Path -> function -> who asks -> reply.

Every answer has HTTP status 200, errors too: the vendor's clients take any other for a dead line and read the code in
the envelope.
"""

from math import ceil

from callboard.calls.refusals import Refusal, Throttled
from callboard.dialects.enswitch import request as asking
from callboard.dialects.enswitch.faults import fault_document
from callboard.dialects.enswitch.fields import FIELDS, PANEL, layout
from callboard.dialects.enswitch.functions import Asked, function_named
from callboard.dialects.enswitch.privileges import check
from callboard.dialects.enswitch.settings import EnswitchSettings
from callboard.http.routing import plain_path
from callboard.http.values import Body, Reply, Request
from callboard.operations.desk import Desk

__all__ = ["EnswitchDialect"]

CONTENT_TYPE = "application/json"


class EnswitchDialect:
    """Answers the requests below its prefix, with whatever HTTP method; `answer` is its `Handler`."""

    def __init__(self, desk: Desk, settings: EnswitchSettings | None = None) -> None:
        self._desk = desk
        self._settings = settings or EnswitchSettings()
        self._rows = desk.table.arena(layout(FIELDS, self._settings.numbers_as_strings))
        self._panel = desk.table.arena(layout(PANEL, self._settings.numbers_as_strings))
        self._prefix = plain_path(self._settings.prefix).rstrip("/")
        self.paths = (f"{self._prefix}/*",)
        """Where it answers. A request's path may have its slashes doubled, or one more at the end."""

    async def answer(self, request: Request) -> Reply:
        """Answer one request."""
        try:
            return Reply(content_type=CONTENT_TYPE, body=await self._carry_out(request))
        except Refusal as refusal:
            wait = (("Retry-After", str(ceil(refusal.wait))),) if isinstance(refusal, Throttled) else ()
            return Reply(content_type=CONTENT_TYPE, headers=wait, body=fault_document(refusal))

    async def _carry_out(self, request: Request) -> Body:
        """The function, then who asks, then what: nobody learns what is wrong with a request that may not be made."""
        function = function_named(plain_path(request.path).removeprefix(self._prefix).strip("/"))
        parameters = request.once(asking.read)
        principal = await self._desk.sign_in(asking.credentials(parameters, request.client), request.at)
        check(principal, function.privileges)
        as_strings = self._settings.numbers_as_strings
        return function.run(Asked(self._desk, principal, parameters, request.at, self._rows, self._panel, as_strings))
