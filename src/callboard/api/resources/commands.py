"""Commands: what came of what was asked."""

from callboard.api.fields import command_view
from callboard.api.route import Asked, Route, answer_json
from callboard.http.values import Reply
from callboard.operations.show import SHOW_COMMAND, ShowCommand

__all__ = ["ROUTES"]


async def _show_command(asked: Asked) -> Reply:
    record = asked.desk.perform(SHOW_COMMAND, asked.principal, ShowCommand(id=asked.name), asked.request.at)
    return answer_json(command_view(record))


ROUTES = (Route(method="GET", path="/commands/{id}", operation=SHOW_COMMAND, endpoint=_show_command),)
