"""Records of the directory one by one: what `callboard directory` and `callboard logins` have in common."""

import sys
from collections.abc import Sequence
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

import typer

from callboard.cli.failures import ExitCode, Failure
from callboard.cli.output import Output, say

if TYPE_CHECKING:  # to import it takes longer than everything else together
    from callboard.client.client import Client

__all__ = ["FieldsArgument", "Section", "add_record", "change_record", "list_records", "remove_record", "show_record"]

SECRETS = ("password", "sip_password", "shared_key", "password_hash", "ha1_md5", "ha1_sha256")
"""What can be written, and is never shown."""

FieldsArgument = Annotated[
    list[str],
    typer.Argument(metavar="NAME=VALUE", help="The fields; lists with commas; a secret @FILE is read from there."),
]


class Section(StrEnum):
    """The kinds of records there are."""

    CUSTOMERS = "customers"
    ACCOUNTS = "accounts"
    DEVICES = "devices"
    VENDORS = "vendors"
    CONNECTIONS = "connections"
    DIDS = "dids"
    MACHINES = "machines"
    LOGINS = "logins"


def list_records(
    client: "Client", section: str, customer: int | None, search: str | None, limit: int, output: Output
) -> None:
    """Print them."""
    from callboard.cli.listing import gather, present
    from callboard.client import asks

    ask = asks.records(section, dict[str, Any], {"customer": customer, "search": search})
    found = gather(client, ask, section, limit, cursor="after")
    names = [name for name in _kind(section).__struct_fields__ if not name.startswith("has_")]
    present(found, [(name.upper(), _cell(name)) for name in names], output, section.removesuffix("s"))


def _cell(name: str) -> Any:
    def fill(row: dict[str, Any]) -> object:
        value = row.get(name)
        if isinstance(value, list):
            return ",".join(map(str, value))
        return ("yes" if value else "") if isinstance(value, bool) else value

    return fill


def show_record(client: "Client", section: str, key: str, output: Output) -> None:
    """Print one."""
    from callboard.cli.details import present_one
    from callboard.client import asks

    present_one(client.ask(asks.record(section, dict[str, Any], key)), output)


def add_record(client: "Client", section: str, given: Sequence[str], output: Output) -> None:
    """Make one, and print it."""
    from callboard.cli.details import present_one
    from callboard.client import asks

    fields = _fields(section, given)
    if section == Section.LOGINS and not {"password", "password_hash", "ha1_md5"} & set(fields):
        fields["password"] = _new_password()
    present_one(client.ask(asks.create_record(section, dict[str, Any], fields)), output)


def _new_password() -> str:
    if not sys.stdin.isatty():
        fix = "give password=@FILE, or password=@- and the password on standard input"
        raise Failure("a login needs a password", fix, ExitCode.USAGE)
    return str(typer.prompt("Its password", hide_input=True, confirmation_prompt=True, err=True))


def change_record(client: "Client", section: str, key: str, given: Sequence[str], output: Output) -> None:
    """Change some fields, and print the record."""
    from callboard.cli.details import present_one
    from callboard.client import asks

    fields = _fields(section, given)
    present_one(client.ask(asks.change_record(section, dict[str, Any], key, fields)), output)


def remove_record(client: "Client", section: str, key: str) -> None:
    """Remove one."""
    from callboard.client import asks

    client.ask(asks.remove_record(section, key))
    say(f"{section.removesuffix('s').replace('did', 'DID').capitalize()} {key} is removed.")


# --- fields as people write them -------------------------------------------------------------------------------------


def _kind(section: str) -> Any:
    from callboard.client.records import RECORDS

    return RECORDS[section]


def _fields(section: str, given: Sequence[str]) -> dict[str, object]:
    """Fields in the types that they have. Raises `Failure`."""
    import msgspec

    kinds = {field.name: field.type for field in msgspec.structs.fields(_kind(section))}
    kinds = {name: kind for name, kind in kinds.items() if not name.startswith("has_")}
    found: dict[str, object] = {}
    for one in given:
        name, equals, text = one.partition("=")
        if not equals:
            raise Failure(f"{one} has no value", "write it like name=Acme", ExitCode.USAGE)
        if name in SECRETS:
            found[name] = _secret(text)
        elif name in kinds:
            found[name] = _value(name, kinds[name], text)
        else:
            near = get_close_matches(name, [*kinds, *SECRETS], n=1)
            fix = f"did you mean {near[0]}?" if near else f"there are {', '.join(kinds)}"
            raise Failure(f"{section} have no field {name}", fix, ExitCode.USAGE)
    return found


def _secret(text: str) -> str:
    """Itself, or what stands in a file, so that other users of the machine do not see it."""
    if not text.startswith("@"):
        return text
    try:
        return (sys.stdin.readline() if text == "@-" else Path(text[1:]).read_text("utf-8")).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"cannot read {text[1:]}: {error}", "check the path", ExitCode.USAGE) from None


def _value(name: str, kind: Any, text: str) -> object:
    if get_origin(kind) is tuple:
        return [part.strip() for part in text.split(",")] if text else []
    if get_origin(kind) is UnionType:
        return None if text in ("", "null") else _value(name, get_args(kind)[0], text)
    if kind is bool:
        if text.lower() not in _TRUTHS:
            raise Failure(f"{name} is {text}", "it is true or false", ExitCode.USAGE)
        return _TRUTHS[text.lower()]
    if kind is int:
        if not text.isdecimal():
            raise Failure(f"{name} is {text}", "it is a number", ExitCode.USAGE)
        return int(text)
    return text


_TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
