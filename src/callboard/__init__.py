"""Callboard: the live call table for any phone system."""

__all__ = ["__version__"]


def __getattr__(name: str) -> str:
    """`__version__`: to look it up takes longer than a short command needs for all else."""
    if name != "__version__":
        raise AttributeError(f"module 'callboard' has no attribute {name!r}")
    from importlib.metadata import version

    return version("callboard")
