"""Every route under /v1, and which one a request means."""

from collections.abc import Mapping

from callboard.api.resources import (
    audit,
    calls,
    commands,
    directory,
    disconnect,
    history,
    records,
    stats,
    stream,
    switches,
    tokens,
    webhooks,
    whoami,
)
from callboard.api.route import Route
from callboard.calls.refusals import UnknownMethod

__all__ = ["ROUTES", "find"]

ROUTES: tuple[Route, ...] = (
    *calls.ROUTES,
    *commands.ROUTES,
    *disconnect.ROUTES,
    *stats.ROUTES,
    *stream.ROUTES,
    *switches.ROUTES,
    *directory.ROUTES,
    *records.ROUTES,
    *history.ROUTES,
    *audit.ROUTES,
    *tokens.ROUTES,
    *webhooks.ROUTES,
    *whoami.ROUTES,
)


def _by_path() -> dict[tuple[str, ...], dict[str, Route]]:
    found: dict[tuple[str, ...], dict[str, Route]] = {}
    for route in ROUTES:
        found.setdefault(route.pieces, {})[route.method] = route
    return found


_BY_PATH = _by_path()


def find(path: tuple[str, ...]) -> tuple[Mapping[str, Route], str]:
    """The routes at a path below /v1 by their methods, and the name in it. Raises UnknownMethod where there is none.

    What is spelled out goes before a place for a name: `/calls/{id}` never takes what a route of its own has.
    """
    if path in _BY_PATH:
        return _BY_PATH[path], ""
    for pattern, routes in _BY_PATH.items():
        if len(pattern) == len(path) and all(want in ("{}", have) for want, have in zip(pattern, path, strict=True)):
            return routes, path[pattern.index("{}")]
    known = ", ".join(sorted({f"/v1{route.path}" for route in ROUTES}))
    raise UnknownMethod(f"there is no such resource, only {known}")
