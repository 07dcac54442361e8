"""`callboard version`: what runs here."""

__all__ = ["version"]


def version() -> None:
    """Print the version of Callboard, of Python, and of the SIP engine if it is installed."""
    import platform
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as version_of

    try:
        engine = f"sippy {version_of('sippy')}"
    except PackageNotFoundError:
        engine = "no SIP engine (pip install 'callboard[switch]')"
    print(f"callboard {version_of('callboard')} (Python {platform.python_version()}, {engine})")
