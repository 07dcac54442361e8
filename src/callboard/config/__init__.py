"""Every room's settings in one document."""

from callboard.config.loading import load
from callboard.config.mistakes import ConfigError
from callboard.config.settings import Config

__all__ = ["Config", "ConfigError", "load"]
