"""What is shipped beside this file: dashboards for Grafana, alert rules for Prometheus."""

from collections.abc import Mapping
from importlib.resources import files

__all__ = ["shipped"]

_FOLDERS = {"grafana": ".json", "prometheus": ".yaml"}
"""The folders, and how the names of their files end."""


def shipped() -> Mapping[str, bytes]:
    """Each file by its path, such as `grafana/callboard-calls.json`."""
    shelf = files("callboard.metrics")
    found = ((folder, each) for folder, ending in _FOLDERS.items() for each in _files(folder, ending))
    return {f"{folder}/{name}": shelf.joinpath(folder, name).read_bytes() for folder, name in found}


def _files(folder: str, ending: str) -> list[str]:
    names = (each.name for each in files("callboard.metrics").joinpath(folder).iterdir())
    return sorted(name for name in names if name.endswith(ending))
