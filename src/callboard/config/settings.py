"""The document: every room's settings, each under its section."""

from typing import Annotated, Literal

import msgspec

from callboard.access.settings import AccessSettings
from callboard.dialects.enswitch.settings import EnswitchSettings
from callboard.dialects.mor.settings import MorSettings
from callboard.dialects.ozeki.settings import OzekiSettings
from callboard.dialects.sippy.settings import SippySettings
from callboard.http.settings import HttpSettings
from callboard.journal.settings import JournalSettings
from callboard.storage.settings import StorageSettings
from callboard.switches.b2bua.settings import B2buaSettings
from callboard.table.settings import TableSettings

__all__ = ["Config", "Dialects", "LoggingSettings", "NodeSettings", "Switches"]


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
    """The switches."""

    b2bua: B2buaSettings = B2buaSettings()


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
    logging: LoggingSettings = LoggingSettings()
