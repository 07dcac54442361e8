"""`callboard tokens`: what programs sign in with."""

from typing import TYPE_CHECKING, Annotated

import typer

from callboard.cli.connecting import asks_server
from callboard.cli.help import examples, group
from callboard.cli.options import OutputOption
from callboard.cli.output import Output, say

if TYPE_CHECKING:  # to import it takes longer than everything else together
    from callboard.client.client import Client

__all__ = ["app"]

app = group("List, add and remove tokens, with which programs sign in.")

LoginOption = Annotated[str | None, typer.Option(metavar="NAME", help="Whose; left out, one's own.")]


@asks_server
def list_(
    client: "Client",
    login: Annotated[str | None, typer.Option(metavar="NAME", help="Only this login's.")] = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """List the tokens that you may see, without their secrets."""

    from callboard.cli.listing import Columns, Gathered, present
    from callboard.client import asks

    columns: Columns = (
        ("ID", lambda row: row["id"]),
        ("NAME", lambda row: row["name"]),
        ("LOGIN", lambda row: row["login"]),
        ("EXPIRES", lambda row: "expired" if row["expired"] else row["expires_at"] or "never"),
        ("LAST USED", lambda row: row["last_used_at"] or "never"),
        ("RIGHTS", lambda row: len(row["rights"])),
    )
    found = client.ask(asks.tokens(login).plain)
    present(Gathered({}, "tokens", found["tokens"], more=False), columns, output, "token")


@asks_server
def add(
    client: "Client",
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is for.")],
    login: LoginOption = None,
    right: Annotated[
        list[str] | None, typer.Option(metavar="RIGHT", help="Such as calls.list; may be given again; else all.")
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="For so long; 0 is for ever; else as the settings say.")
    ] = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Have a token made. It is shown this once: the only thing on standard output, or in JSON or CSV with the rest."""
    import sys

    import msgspec

    from callboard.cli.details import present_one

    made = client.create_token(name, login=login, rights=right, days=days)
    if output is not Output.TABLE:
        present_one(msgspec.to_builtins(made), output)
        return
    until = f"until {made.expires_at:%Y-%m-%d %H:%M} UTC" if made.expires_at else "for ever"
    print(f"Token {made.id} of {made.login}, good {until}. It is never shown again:", file=sys.stderr)
    say(made.token)


@asks_server
def remove(client: "Client", name: Annotated[str, typer.Argument(metavar="ID", help="The token's id.")]) -> None:
    """Take a token back: nobody can sign in with it any more."""
    client.remove_token(name)
    say(f"Token {name} is removed.")


app.command("list", epilog=examples("callboard tokens list", "callboard tokens list --login acme -o json"))(list_)
app.command("add", epilog=examples("callboard tokens add wall --right calls.list --right calls.stats --days 365"))(add)
app.command("remove", epilog=examples("callboard tokens remove 3f9a6b"))(remove)
