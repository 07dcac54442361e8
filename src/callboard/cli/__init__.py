"""One file per verb."""

from callboard.cli.app import main

__all__ = ["main"]
