"""`callboard directory`: the whole directory of a running server as one document."""

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from callboard.cli.failures import ExitCode, Failure
from callboard.cli.help import examples, group
from callboard.cli.options import DEFAULT_SERVER, PasswordOption, ServerOption, UserOption

__all__ = ["app"]

app = group("Export or import the directory of a running server.")


class Format(StrEnum):
    """How the document is written."""

    TOML = "toml"
    JSON = "json"


FormatOption = Annotated[
    Format | None,
    typer.Option("--format", "-f", help="The document's format; if not given, what FILE ends in, else toml."),
]


@app.command(
    "export",
    epilog=examples("callboard directory export directory.toml", "callboard directory export --format json | jq ."),
)
def export(
    file: Annotated[Path, typer.Argument(metavar="[FILE]", help="Where to; `-` is standard output.")] = Path("-"),
    form: FormatOption = None,
    server: ServerOption = DEFAULT_SERVER,
    user: UserOption = "",
    password: PasswordOption = "",
) -> None:
    """Write the directory to a file. It holds verifiers of passwords: keep it as safe as a password file."""
    from callboard.cli.client import connect

    with connect(server, user, password) as client:
        document = client.ask("GET", "/v1/directory", headers={"Accept": _media_type(file, form)})
    if file == Path("-"):
        sys.stdout.buffer.write(document)
        return
    try:
        _write_private(file, document)
    except OSError as error:
        fix = "check the path and its permissions"
        raise Failure(f"cannot write {file}: {error.strerror}", fix, ExitCode.USAGE) from None
    print(f"Wrote {file}.")


@app.command(
    "import",
    epilog=examples("callboard directory import directory.toml", "callboard directory import - < directory.toml"),
)
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The document; `-` is standard input.")],
    form: FormatOption = None,
    server: ServerOption = DEFAULT_SERVER,
    user: UserOption = "",
    password: PasswordOption = "",
) -> None:
    """Replace the server's whole directory by a document, at once and while it runs. A mistake changes nothing."""
    from callboard.cli.client import connect

    document = _read(file)
    with connect(server, user, password) as client:
        client.ask("PUT", "/v1/directory", body=document, headers={"Content-Type": _media_type(file, form)})
    print("The directory is in force.")


@app.command(
    "destinations",
    epilog=examples("callboard directory destinations rates.csv", "callboard directory destinations - < rates.csv"),
)
def destinations(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV file: prefix,name,country[,group]; `-`: stdin.")],
    server: ServerOption = DEFAULT_SERVER,
    user: UserOption = "",
    password: PasswordOption = "",
) -> None:
    """Replace the server's own table of destinations by a CSV file, such as a rate deck. A mistake changes nothing."""
    import msgspec

    from callboard.cli.client import connect

    table = _read(file)
    with connect(server, user, password) as client:
        answer = client.ask("PUT", "/v1/directory/destinations", body=table, headers={"Content-Type": "text/csv"})
    print(f"{msgspec.json.decode(answer)['destinations']} destinations of your own are in force.")


def _read(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == Path("-") else file.read_bytes()
    except OSError as error:
        fix = "check the path and its permissions"
        raise Failure(f"cannot read {file}: {error.strerror}", fix, ExitCode.USAGE) from None


def _media_type(file: Path, form: Format | None) -> str:
    by_name = Format.JSON if file.suffix.lower() == ".json" else Format.TOML
    return f"application/{form or by_name}"


def _write_private(file: Path, content: bytes) -> None:
    """Write a file that, if it is new, only its owner can read."""
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:  # noqa: PTH123
        out.write(content)
