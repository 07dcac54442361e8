"""The demo's directory, as the document it is kept in, and the phones that belong to it."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files

import msgspec

from callboard.directory.document import Document, Sealing, read_document

__all__ = ["DemoAccount", "demo_accounts", "demo_directory", "demo_document"]


class DemoAccount(msgspec.Struct, frozen=True):
    """What a phone of the demo needs to be one of the directory's accounts."""

    sip_user: str
    sip_password: str
    name: str


def demo_directory(sealing: Sealing, addresses: Mapping[int, str]) -> Document:
    """The whole directory with its logins; `addresses` says where the connections' far ends are (id -> `host:port`)."""
    document = read_document(demo_document(), "toml", sealing)
    connections = tuple(
        msgspec.structs.replace(connection, address=addresses.get(connection.id, connection.address))
        for connection in document.connections
    )
    return msgspec.structs.replace(document, connections=connections)


def demo_accounts() -> tuple[DemoAccount, ...]:
    """The accounts of the directory, by id."""
    return msgspec.convert(tomllib.loads(demo_document())["accounts"], tuple[DemoAccount, ...])


def demo_document() -> str:
    """The directory as TOML, plain passwords and all: they are public."""
    return files("callboard.demo").joinpath("directory.toml").read_text("utf-8")
