"""`callboard logins`: who can sign in."""

from typing import TYPE_CHECKING, Annotated

import typer

from callboard.cli import records
from callboard.cli.connecting import asks_server
from callboard.cli.help import examples, group
from callboard.cli.history import LimitOption
from callboard.cli.options import OutputOption
from callboard.cli.output import Output
from callboard.cli.records import FieldsArgument, Section

if TYPE_CHECKING:  # to import it takes longer than everything else together
    from callboard.client.client import Client

__all__ = ["app"]

app = group("List, show, add, change and remove logins.")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The login's name.")]


@asks_server
def list_(
    client: "Client",
    customer: Annotated[int | None, typer.Option(metavar="ID", help="Only of this customer and those below.")] = None,
    search: Annotated[str | None, typer.Option(metavar="TEXT", help="What stands in one of the fields.")] = None,
    limit: LimitOption = 0,
    output: OutputOption = Output.TABLE,
) -> None:
    """List logins, without their secrets."""
    records.list_records(client, Section.LOGINS.value, customer, search, limit, output)


@asks_server
def show(client: "Client", name: NameArgument, output: OutputOption = Output.TABLE) -> None:
    """Show a login."""
    records.show_record(client, Section.LOGINS.value, name, output)


@asks_server
def add(client: "Client", name: NameArgument, fields: FieldsArgument, output: OutputOption = Output.TABLE) -> None:
    """Add a login. Its role (admin, reseller or user) and customer are needed; a password that is not given is asked
    for.
    """
    records.add_record(client, Section.LOGINS.value, [f"name={name}", *fields], output)


@asks_server
def change(client: "Client", name: NameArgument, fields: FieldsArgument, output: OutputOption = Output.TABLE) -> None:
    """Change fields of a login, such as its password; all others stay."""
    records.change_record(client, Section.LOGINS.value, name, fields, output)


@asks_server
def remove(client: "Client", name: NameArgument) -> None:
    """Remove a login, and with it its tokens."""
    records.remove_record(client, Section.LOGINS.value, name)


app.command("list", epilog=examples("callboard logins list", "callboard logins list --customer 3 -o csv"))(list_)
app.command("show", epilog=examples("callboard logins show acme"))(show)
app.command("add", epilog=examples("callboard logins add night role=user customer=3 password=@-"))(add)
app.command("change", epilog=examples("callboard logins change night disabled=true"))(change)
app.command("remove", epilog=examples("callboard logins remove night"))(remove)
