"""`callboard reference`: the reference pages that are written from the program itself. For its developers."""

from enum import StrEnum
from typing import Annotated

import typer

__all__ = ["Page", "reference"]


class Page(StrEnum):
    """The pages there are; each is a file of that name below `docs/reference`."""

    CONFIGURATION = "configuration"
    CLI = "cli"


def reference(page: Annotated[Page, typer.Argument(help="Which page.")]) -> None:
    """Print a page of `docs/reference` as it should be now."""
    from callboard.cli.manual import manual
    from callboard.cli.output import write
    from callboard.config import pages

    write(manual() if page is Page.CLI else pages.reference())
