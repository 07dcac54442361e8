"""`callboard webhooks`: what is told to other programs."""

from typing import TYPE_CHECKING, Annotated

import typer

from callboard.cli.connecting import asks_server
from callboard.cli.help import examples, group
from callboard.cli.history import LimitOption
from callboard.cli.options import OutputOption, WhereOption
from callboard.cli.output import Output, say

if TYPE_CHECKING:  # to import it takes longer than everything else together
    from callboard.client.client import Client

__all__ = ["app"]

app = group("Have other programs told what happens to calls, and see what came of it.")

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="The webhook's id.")]
EventOption = Annotated[
    list[str] | None,
    typer.Option("--event", metavar="EVENT", help="Such as call.answered; may be given again."),
]
NameOption = Annotated[str | None, typer.Option(metavar="TEXT", help="What it is for: letters and digits.")]


@asks_server
def list_(client: "Client", output: OutputOption = Output.TABLE) -> None:
    """List the webhooks that you may see, and how they fare."""
    from callboard.cli.listing import Columns, Gathered, present
    from callboard.client import webhooks

    columns: Columns = (
        ("ID", lambda row: row["id"]),
        ("NAME", lambda row: row["name"]),
        ("URL", lambda row: row["url"]),
        ("EVENTS", lambda row: len(row["events"])),
        ("WAITING", lambda row: row["waiting"]),
        ("STANDS", lambda row: row["why_off"] or row["stands"] or ("well" if row["active"] else "off")),
    )
    found = client.ask(webhooks.webhooks().plain)
    present(Gathered({}, "webhooks", found["webhooks"], more=False), columns, output, "webhook")


@asks_server
def show(client: "Client", name: IdArgument, output: OutputOption = Output.TABLE) -> None:
    """Show a webhook, and what came of its last message."""
    from callboard.cli.details import present_one
    from callboard.client import webhooks

    present_one(client.ask(webhooks.webhook(name).plain), output)


@asks_server
def add(
    client: "Client",
    url: Annotated[str, typer.Argument(metavar="URL", help="Where messages are posted to.")],
    event: EventOption = None,
    name: NameOption = None,
    form: Annotated[str | None, typer.Option("--format", metavar="FORMAT", help="json or ozeki.")] = None,
    where: WhereOption = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Add a webhook. The secret that its messages are signed with is shown this once."""
    from callboard.cli.details import present_one
    from callboard.client import webhooks

    fields = {"url": url, "events": event or [], "name": name, "format": form, "filter": _followed(where)}
    present_one(client.ask(webhooks.create_webhook(fields).plain), output)


@asks_server
def change(
    client: "Client",
    ident: IdArgument,
    url: Annotated[str | None, typer.Option(metavar="URL", help="Where messages are posted to.")] = None,
    event: EventOption = None,
    name: NameOption = None,
    where: WhereOption = None,
    active: Annotated[bool | None, typer.Option("--on/--off", help="Whether it tells anything.")] = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Change a webhook; what is not given stays. Events and filters are given as a whole."""
    from callboard.cli.details import present_one
    from callboard.client import webhooks

    fields = {"url": url, "events": event, "name": name, "active": active, "filter": _followed(where)}
    present_one(client.ask(webhooks.change_webhook(ident, fields).plain), output)


@asks_server
def remove(client: "Client", name: IdArgument) -> None:
    """Remove a webhook, with what it was still to tell."""
    client.webhooks.remove(name)
    say(f"Webhook {name} is removed.")


@asks_server
def secret(client: "Client", name: IdArgument) -> None:
    """Have a new secret made, and print it this once. The one before signs beside it for a day."""
    say(client.webhooks.rotate_secret(name).secret)


@asks_server
def test(client: "Client", name: IdArgument) -> None:
    """Have a message sent now; `callboard webhooks deliveries` tells what came of it."""
    say(f"Message {client.webhooks.test(name)} is on its way.")


@asks_server
def deliveries(
    client: "Client",
    name: IdArgument,
    state: Annotated[str | None, typer.Option(metavar="STATE", help="waiting, delivered or dead.")] = None,
    limit: LimitOption = 100,
    output: OutputOption = Output.TABLE,
) -> None:
    """List a webhook's messages, the newest first, and what came of each."""
    from callboard.cli.listing import Columns, gather, present
    from callboard.client import webhooks

    columns: Columns = (
        ("AT", lambda row: row["at"]),
        ("MESSAGE", lambda row: row["message"]),
        ("EVENT", lambda row: row["event"]),
        ("ABOUT", lambda row: row["about"]),
        ("STATE", lambda row: row["state"]),
        ("TRIES", lambda row: row["attempts"]),
        ("STATUS", lambda row: row["status"]),
        ("WORDS", lambda row: row["words"]),
    )
    found = gather(client, webhooks.deliveries(name, state, None, None), "deliveries", limit)
    present(found, columns, output, "delivery")


@asks_server
def replay(
    client: "Client",
    name: IdArgument,
    message: Annotated[str | None, typer.Option(metavar="ID", help="Only this message; left out, all.")] = None,
) -> None:
    """Send messages again that were given up as dead."""
    from callboard.cli.listing import counted

    say(f"{counted(client.webhooks.replay(name, message=message), 'message')} sent again.")


_IDS = ("customer", "account", "device", "vendor", "connection", "did", "machine")


def _followed(where: list[str] | None) -> dict[str, object] | None:
    """Filters as a document has them: ids are numbers."""
    from callboard.cli.listing import where_of

    found: dict[str, object] = {}
    for name, values in where_of(where).items():
        ids = name in _IDS and all(value.isdecimal() for value in values)
        found[name] = values[0] == "true" if name == "recursive" else list(map(int, values)) if ids else values
    return found or None


_VERBS = (
    ("list", list_, ("webhooks list",)),
    ("show", show, ("webhooks show wh1",)),
    ("add", add, ("webhooks add https://crm.example.net/calls --event call.ended",)),
    ("change", change, ("webhooks change wh1 --off",)),
    ("remove", remove, ("webhooks remove wh1",)),
    ("secret", secret, ("webhooks secret wh1",)),
    ("test", test, ("webhooks test wh1",)),
    ("deliveries", deliveries, ("webhooks deliveries wh1 --state dead",)),
    ("replay", replay, ("webhooks replay wh1",)),
)
for _name, _verb, _lines in _VERBS:
    app.command(_name, epilog=examples(*(f"callboard {line}" for line in _lines)))(_verb)
