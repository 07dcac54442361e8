"""What can be wrong in the settings, in words that say where, what and what to do about it."""

from collections.abc import Iterable
from difflib import get_close_matches

import msgspec

__all__ = ["ConfigError", "Mistake", "did_you_mean"]


class Mistake(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong."""

    where: str
    """`callboard.toml:12`, `environment variable CALLBOARD_NODE__INDEX` or `option --set`."""
    key: str
    """The setting or section, dotted; empty if the mistake is not about one."""
    cause: str
    fix: str = ""
    """What to do about it; empty if the cause says it."""

    def __str__(self) -> str:
        key = f"{self.key}: " if self.key else ""
        fix = f"; {self.fix}" if self.fix else ""
        return f"{self.where}: {key}{self.cause}{fix}"


class ConfigError(Exception):
    """The settings cannot be used. `mistakes` holds every reason, not just the first."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = mistakes


def did_you_mean(word: str, known: Iterable[str], otherwise: str) -> str:
    """A fix for an unknown word: the nearest known one, or `otherwise` if none is near."""
    near = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"did you mean `{near[0]}`?" if near else otherwise
