"""Read the settings for a verb, and say what is wrong with them."""

import os
from collections.abc import Sequence
from pathlib import Path

from callboard.cli.failures import ExitCode, Failure
from callboard.config.loading import Loaded, gather
from callboard.config.mistakes import ConfigError

__all__ = ["gathered"]


def gathered(file: Path, options: Sequence[str] | None) -> Loaded:
    """The settings of a file, this process's environment and `section.key=value` options, with their origins."""
    try:
        return gather(file, os.environ, dict(map(_pair, options or ())))
    except ConfigError as error:
        count = len(error.mistakes)
        cause = f"the settings have {count} mistakes:" if count > 1 else "the settings have a mistake:"
        lines = "".join(f"\n  {mistake}" for mistake in error.mistakes)
        raise Failure(cause + lines, "", ExitCode.SETTINGS) from None


def _pair(option: str) -> tuple[str, str]:
    key, equals, value = option.partition("=")
    if not equals:
        fix = "write it like --set node.index=3"
        raise Failure(f"--set {option} has no value", fix, ExitCode.USAGE)
    return key.strip(), value.strip()
