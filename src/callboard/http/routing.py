"""Which front end answers at which path."""

import re

from callboard.http.values import Handler, Reply, Request

__all__ = ["Router", "plain_path"]

_SLASHES = re.compile(r"/{2,}")
_SHOWN = 100


class Router:
    """Paths and their handlers; itself a handler.

    A path that ends in `/*` stands for itself without that and for everything below; any other for itself alone. The
    longest that fits wins. Clients double slashes and add one at the end: both are looked past here and left in the
    request.
    """

    def __init__(self) -> None:
        self._exact: dict[str, Handler] = {}
        self._below: dict[str, Handler] = {}

    def add(self, path: str, handler: Handler) -> None:
        """Let a handler answer at a path. Raises ValueError if it is no path or somebody answers there already."""
        if not path.startswith("/"):
            raise ValueError(f"the path {path!r} does not begin with a slash")
        bare = plain_path(path.removesuffix("/*"))
        routes = self._below if path.endswith("/*") else self._exact
        if bare in routes:
            raise ValueError(f"the path {path!r} is taken already: give one of the two front ends another path")
        routes[bare] = handler

    @property
    def paths(self) -> tuple[str, ...]:
        """All paths, as added but without needless slashes."""
        return tuple(sorted([*self._exact, *(f"{path.rstrip('/')}/*" for path in self._below)]))

    def find(self, path: str) -> Handler | None:
        """The handler for a path."""
        plain = plain_path(path)
        if plain in self._exact:
            return self._exact[plain]
        while plain not in self._below:
            if plain == "/":
                return None
            plain = plain.rpartition("/")[0] or "/"
        return self._below[plain]

    async def answer(self, request: Request) -> Reply:
        """Hand the request to who answers at its path; 404 with the paths that exist where nobody does."""
        handler = self.find(request.path)
        return self._nobody(request.path) if handler is None else await handler(request)

    def _nobody(self, path: str) -> Reply:
        shown = path if len(path) <= _SHOWN else path[:_SHOWN] + "..."
        known = "\n".join(f"  {each}" for each in self.paths)
        text = f"There is nothing at {shown!r}. There is something at:\n{known}\n"
        headers = (("X-Content-Type-Options", "nosniff"),)
        return Reply(status=404, headers=headers, body=text.encode("utf-8", "replace"))


def plain_path(path: str) -> str:
    """The path without needless slashes: `//api/` is `/api`."""
    return _SLASHES.sub("/", path).rstrip("/") or "/"
