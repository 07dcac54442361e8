"""`callboard reference`: the reference pages that are written from the program itself. For its developers."""

from enum import StrEnum
from typing import Annotated

import typer

__all__ = ["Page", "reference"]


class Page(StrEnum):
    """The pages there are; each is a file of that name below `docs/reference`."""

    CONFIGURATION = "configuration"
    CLI = "cli"
    API = "api"
    ERRORS = "errors"
    METRICS = "metrics"
    OPENAPI = "openapi"
    """The document that programs read; its file ends in `.json`."""


def reference(page: Annotated[Page, typer.Argument(help="Which page.")]) -> None:
    """Print a page of `docs/reference` as it should be now."""
    from callboard.cli.output import write

    write(_text_of(page))


def _text_of(page: Page) -> str:
    from callboard.api import manual as api
    from callboard.cli.manual import manual
    from callboard.config import pages
    from callboard.metrics.manual import metrics_page

    match page:
        case Page.CONFIGURATION:
            return pages.reference()
        case Page.CLI:
            return manual()
        case Page.API:
            return api.api_page()
        case Page.ERRORS:
            return api.errors_page()
        case Page.METRICS:
            return metrics_page()
        case Page.OPENAPI:
            return api.openapi_text()
