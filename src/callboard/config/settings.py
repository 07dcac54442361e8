"""The document: every room's settings, each under its section."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

import msgspec

from callboard.access.settings import AccessSettings
from callboard.config.tree import KeyPath, folded
from callboard.dialects.enswitch.settings import EnswitchSettings
from callboard.dialects.mor.settings import MorSettings
from callboard.dialects.ozeki.settings import OzekiSettings
from callboard.dialects.sippy.settings import SippySettings
from callboard.http.settings import HttpSettings
from callboard.journal.settings import JournalSettings
from callboard.metrics.settings import MetricsSettings
from callboard.storage.settings import StorageSettings
from callboard.switches.asterisk.settings import AsteriskSettings
from callboard.switches.b2bua.settings import B2buaSettings
from callboard.switches.freeswitch.settings import FreeswitchSettings
from callboard.switches.kamailio.settings import KamailioSettings
from callboard.switches.opensips.settings import OpensipsSettings
from callboard.switches.settings import SwitchName
from callboard.table.settings import TableSettings
from callboard.webhooks.settings import WebhooksSettings

__all__ = [
    "Config",
    "Dialects",
    "LoggingSettings",
    "NodeSettings",
    "Switches",
    "same_listeners",
    "same_names",
    "slow_lists",
]

_KINDS = ("asterisk", "freeswitch", "kamailio", "opensips")
"""The sections of switches that have any number of each."""


class NodeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """This node among others."""

    index: Annotated[int, msgspec.Meta(ge=0, le=32_767)] = 0
    """Stands in the high bits of the call numbers this node gives, so it must differ from every other node's."""


class LoggingSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What is written to standard error while the server runs."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least severe lines that are written."""
    format: Literal["text", "json"] = "text"
    """`text` for people, `json` (one object a line) for programs."""


class Switches(msgspec.Struct, frozen=True, kw_only=True):
    """The switches: the embedded one, and any number of each other kind, each in a section that has its name."""

    b2bua: B2buaSettings = B2buaSettings()
    asterisk: dict[SwitchName, AsteriskSettings] = {}
    freeswitch: dict[SwitchName, FreeswitchSettings] = {}
    kamailio: dict[SwitchName, KamailioSettings] = {}
    opensips: dict[SwitchName, OpensipsSettings] = {}


class Dialects(msgspec.Struct, frozen=True, kw_only=True):
    """The dialects."""

    enswitch: EnswitchSettings = EnswitchSettings()
    ozeki: OzekiSettings = OzekiSettings()
    sippy: SippySettings = SippySettings()
    mor: MorSettings = MorSettings()


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """All settings of a Callboard server."""

    node: NodeSettings = NodeSettings()
    storage: StorageSettings = StorageSettings()
    http: HttpSettings = HttpSettings()
    access: AccessSettings = AccessSettings()
    table: TableSettings = TableSettings()
    switches: Switches = Switches()
    dialects: Dialects = Dialects()
    journal: JournalSettings = JournalSettings()
    metrics: MetricsSettings = MetricsSettings()
    webhooks: WebhooksSettings = WebhooksSettings()
    logging: LoggingSettings = LoggingSettings()


def same_names(switches: Switches) -> Iterator[tuple[KeyPath, ...]]:
    """The settings or sections that name switches alike, in groups. An environment variable must find one only."""
    found: dict[str, list[KeyPath]] = {}
    if switches.b2bua.enabled:
        found[folded(switches.b2bua.name)] = [("switches", "b2bua", "name")]
    for kind in _KINDS:
        for name in getattr(switches, kind):
            found.setdefault(folded(name), []).append(("switches", kind, name))
    return _shared(found)


def same_listeners(switches: Switches) -> Iterator[tuple[KeyPath, ...]]:
    """The settings of OpenSIPS by which the events of several come to one address of ours, in groups."""
    found: dict[str, list[KeyPath]] = {}
    for name, switch in switches.opensips.items():
        # With port 0 the system chooses one for each.
        if not switch.listen.endswith(":0"):
            found.setdefault(switch.listen, []).append(("switches", "opensips", name, "listen"))
    return _shared(found)


def slow_lists(config: Config) -> Iterator[tuple[KeyPath, ...]]:
    """How long the table remembers, then the settings by which a switch may take longer over a full list.

    Such a list could bring calls back that ended, and were forgotten, while it was on its way.
    """
    slow: list[KeyPath] = [
        ("switches", kind, name, "list_timeout")
        for kind in _KINDS
        for name, switch in getattr(config.switches, kind).items()
        if switch.list_timeout > config.table.tombstone
    ]
    if slow:
        yield (("table", "tombstone"), *slow)


def _shared(found: Mapping[str, list[KeyPath]]) -> Iterator[tuple[KeyPath, ...]]:
    return (tuple(paths) for paths in found.values() if len(paths) > 1)
