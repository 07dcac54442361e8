"""Switches: the state of each link and the age of what is known."""

from callboard.api.fields import switch_view, timestamp
from callboard.api.route import JSON, Asked, Route, answer_json
from callboard.api.schemas import SwitchList
from callboard.http.values import Reply
from callboard.operations.show import LIST_SWITCHES, ListSwitches

__all__ = ["ROUTES"]


async def _list_switches(asked: Asked) -> Reply:
    switches = asked.desk.perform(LIST_SWITCHES, asked.principal, ListSwitches(), asked.request.at)
    return answer_json({"at": timestamp(asked.request.at), "switches": [switch_view(switch) for switch in switches]})


ROUTES = (
    Route(method="GET", path="/switches", operation=LIST_SWITCHES, endpoint=_list_switches, gives={JSON: SwitchList}),
)
