"""What is set for every switch that is kept in sight, whatever its kind; each kind adds how it is reached."""

from typing import Annotated
from urllib.parse import urlsplit

import msgspec

__all__ = ["KeeperSettings", "SwitchName", "SwitchSettings", "require_http"]

Seconds = Annotated[float, msgspec.Meta(gt=0)]

SwitchName = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[A-Za-z0-9_.-]{1,64}$", description="a name of 1 to 64 letters, digits, dashes, underscores and dots"
    ),
]
"""A switch's name in the call table. It stands in listings, filters, file names and logs, so it is kept plain."""


class KeeperSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How long a switch may take, and how often it is asked for everything."""

    open_timeout: Seconds = 10.0
    """Seconds within which a switch must have let us in."""
    list_timeout: Seconds = 20.0
    """Seconds within which it must have given its full list; some answer a list that is too long with silence."""
    list_interval: Seconds = 30.0
    """Seconds between two full lists while all is well. Each mends what lost events left behind."""


_SECRETS = frozenset({"secret", "password"})


class SwitchSettings(KeeperSettings, frozen=True, kw_only=True):
    """A switch and how it is kept in sight. Its secrets stand in no log and no traceback: they are not printed."""

    name: SwitchName = "switch"
    """Its name in the call table; a machine of the directory names the same."""

    def __repr__(self) -> str:
        shown = (f"{name}={getattr(self, name)!r}" for name in self.__struct_fields__ if name not in _SECRETS)
        return f"{type(self).__name__}({', '.join(shown)})"


def require_http(name: str, url: str, example: str) -> None:
    """Raises ValueError, naming the fix, for what is no HTTP URL, and for one with a login, which would be printed."""
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"{name} is {url!r}, which is no HTTP address: write it like {example}")
    if "@" in urlsplit(url).netloc:
        raise ValueError(f"{name} has a login in it, which would be seen in the log: give it as user and password")
