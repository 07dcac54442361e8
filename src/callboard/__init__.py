"""Callboard: the live call table for any phone system."""

from importlib.metadata import version

__all__ = ["__version__"]

__version__ = version("callboard")
