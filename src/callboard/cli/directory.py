"""`callboard directory`: the whole directory of a running server as one document."""

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from callboard.cli import records
from callboard.cli.connecting import asks_server
from callboard.cli.failures import ExitCode, Failure
from callboard.cli.help import examples, group
from callboard.cli.history import LimitOption
from callboard.cli.options import OutputOption
from callboard.cli.output import Output, say, write_bytes
from callboard.cli.records import FieldsArgument, Section

if TYPE_CHECKING:  # to import it takes longer than everything else together
    from callboard.client.client import Client

__all__ = ["app"]

app = group("The directory of a running server: records one by one, or all of it as a document.")


class Format(StrEnum):
    """How the document is written."""

    TOML = "toml"
    JSON = "json"


FormatOption = Annotated[
    Format | None,
    typer.Option("--format", "-f", help="The document's format; if not given, what FILE ends in, else toml."),
]


@asks_server
def export(
    client: "Client",
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; `-` is standard output.")] = Path("-"),
    form: FormatOption = None,
) -> None:
    """Write the directory to a file. It holds verifiers of passwords: keep it as safe as a password file."""
    document = client.export_directory(_form(file, form))
    if file == Path("-"):
        write_bytes(document)
        return
    try:
        _write_private(file, document)
    except OSError as error:
        fix = "check the path and its permissions"
        raise Failure(f"cannot write {file}: {error.strerror}", fix, ExitCode.USAGE) from None
    say(f"Wrote {file}.")


@asks_server
def import_(
    client: "Client",
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The document; `-` is standard input.")],
    form: FormatOption = None,
    beside: Annotated[bool, typer.Option("--add", help="Add it to what there is; nothing is removed.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check all of it, tell what would change, stop.")] = False,
) -> None:
    """Replace the server's whole directory by a document, at once and while it runs. A mistake changes nothing."""
    found = client.import_directory(_read(file), _form(file, form), beside=beside, dry_run=dry_run)
    if dry_run or beside:
        would = "would be " if dry_run else ""
        say(f"{found.added} {would}added, {found.changed} {would}changed, {found.removed} {would}removed.")
    if not dry_run:
        say("The directory is in force.")


@asks_server
def destinations(
    client: "Client",
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV file: prefix,name,country[,group]; `-`: stdin.")],
) -> None:
    """Replace the server's own table of destinations by a CSV file, such as a rate deck. A mistake changes nothing."""
    found = client.replace_destinations(_read(file))
    say(f"{found.destinations} destinations of your own are in force.")


def _read(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == Path("-") else file.read_bytes()
    except OSError as error:
        fix = "check the path and its permissions"
        raise Failure(f"cannot read {file}: {error.strerror}", fix, ExitCode.USAGE) from None


def _form(file: Path, form: Format | None) -> Literal["toml", "json"]:
    by_name = Format.JSON if file.suffix.lower() == ".json" else Format.TOML
    return (form or by_name).value


def _write_private(file: Path, content: bytes) -> None:
    """Write a file that, if it is new, only its owner can read."""
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:  # noqa: PTH123
        out.write(content)


# --- records one by one ----------------------------------------------------------------------------------------------

SectionArgument = Annotated[Section, typer.Argument(metavar="SECTION", help=f"One of {', '.join(Section)}.")]
KeyArgument = Annotated[str, typer.Argument(metavar="ID", help="The record's id; a login's name.")]


@asks_server
def list_(
    client: "Client",
    section: SectionArgument,
    customer: Annotated[int | None, typer.Option(metavar="ID", help="Only of this customer and those below.")] = None,
    search: Annotated[str | None, typer.Option(metavar="TEXT", help="What stands in one of the fields.")] = None,
    limit: LimitOption = 0,
    output: OutputOption = Output.TABLE,
) -> None:
    """List the records of a section, without their secrets."""
    records.list_records(client, section.value, customer, search, limit, output)


@asks_server
def show(client: "Client", section: SectionArgument, key: KeyArgument, output: OutputOption = Output.TABLE) -> None:
    """Show a record, without its secrets."""
    records.show_record(client, section.value, key, output)


@asks_server
def add(
    client: "Client", section: SectionArgument, fields: FieldsArgument, output: OutputOption = Output.TABLE
) -> None:
    """Add a record. Without an id it gets the next free one."""
    records.add_record(client, section.value, fields, output)


@asks_server
def change(
    client: "Client",
    section: SectionArgument,
    key: KeyArgument,
    fields: FieldsArgument,
    output: OutputOption = Output.TABLE,
) -> None:
    """Change fields of a record; all others stay, secrets too."""
    records.change_record(client, section.value, key, fields, output)


@asks_server
def remove(client: "Client", section: SectionArgument, key: KeyArgument) -> None:
    """Remove a record."""
    records.remove_record(client, section.value, key)


_VERBS = (
    ("list", list_, ("directory list customers", "directory list accounts --customer 3 -o csv")),
    ("show", show, ("directory show accounts 5",)),
    ("add", add, ("directory add customers name=Acme parent=1",
                  "directory add accounts customer=3 sip_user=107 sip_password=@-")),
    ("change", change, ("directory change accounts 5 blocked=true",)),
    ("remove", remove, ("directory remove dids 12",)),
    ("export", export, ("directory export directory.toml", "directory export --format json | jq .")),
    ("import", import_, ("directory import directory.toml", "directory import - < directory.toml",
                         "directory import more.toml --add --dry-run")),
    ("destinations", destinations, ("directory destinations rates.csv", "directory destinations - < rates.csv")),
)  # fmt: skip
for _name, _verb, _lines in _VERBS:
    app.command(_name, epilog=examples(*(f"callboard {line}" for line in _lines)))(_verb)
