"""`callboard version`: what runs here."""

from callboard.cli.output import say

__all__ = ["version"]


def version() -> None:
    """Print the versions of Callboard, Python and the SIP engine."""
    import platform
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as version_of

    try:
        engine = f"sippy {version_of('sippy')}"
    except PackageNotFoundError:
        engine = "no SIP engine (pip install 'callboard[switch]')"
    say(f"callboard {version_of('callboard')} (Python {platform.python_version()}, {engine})")
