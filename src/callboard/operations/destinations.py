"""The operator's own table of destinations."""

from collections.abc import Collection

import msgspec

from callboard.access.rights import Principal, Right
from callboard.calls.refusals import Mistaken
from callboard.directory.directory import DirectoryError
from callboard.directory.records import Destination
from callboard.operations.desk import Desk
from callboard.operations.operation import Operation

__all__ = ["REPLACE_DESTINATIONS", "ReplaceDestinations"]


class ReplaceDestinations(msgspec.Struct, frozen=True, kw_only=True):
    """What is to take the place of all of the operator's own destinations. Nothing: only the built-in ones are left."""

    destinations: Collection[Destination]


def _replace(desk: Desk, principal: Principal, arguments: ReplaceDestinations, now: float) -> int:
    """How many there are now."""
    try:
        desk.directory.replace_destinations(arguments.destinations)
    except DirectoryError as error:
        raise Mistaken(error.mistakes) from error
    return len(desk.directory.destinations())


REPLACE_DESTINATIONS = Operation(
    name="directory.destinations",
    summary="Put a table in the place of the operator's own destinations.",
    right=Right.DIRECTORY_WRITE,
    arguments=ReplaceDestinations,
    example=ReplaceDestinations(destinations=(Destination(prefix="63", name="Philippines Proper", country="PHL"),)),
    run=_replace,
    system_wide=True,
    audited=lambda wanted: f"{len(wanted.destinations)} destinations",
)
