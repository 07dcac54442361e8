"""The HTTP server: uvicorn's protocol in our own loop, on as many addresses as are wanted."""

import asyncio
import errno
import ssl
from math import ceil
from socket import gaierror
from typing import cast

from uvicorn.config import Config
from uvicorn.server import ServerState

from callboard.http.application import Application
from callboard.http.protocol import GuardedProtocol
from callboard.http.settings import HttpSettings, split_listen
from callboard.http.values import Handler

__all__ = ["CannotListen", "HttpServer"]

_HANDSHAKE_TIMEOUT = 10.0


class CannotListen(Exception):  # noqa: N818  it is what the operator reads
    """The server cannot be opened as the settings want; the message says why, and what to do."""


class HttpServer:
    """Carries requests to a handler, such as a router's, and its replies back."""

    def __init__(self, handler: Handler, settings: HttpSettings) -> None:
        self._handler = handler
        self._settings = settings
        self._config: Config | None = None
        self._state = ServerState()
        self._servers: list[asyncio.Server] = []

    @property
    def addresses(self) -> tuple[str, ...]:
        """`host:port` of each socket as bound."""
        names = [socket.getsockname() for server in self._servers for socket in server.sockets]
        return tuple(f"[{name[0]}]:{name[1]}" if ":" in name[0] else f"{name[0]}:{name[1]}" for name in names)

    async def start(self) -> None:
        """Listen on every address of the settings. Raises CannotListen, and then listens on none."""
        try:
            for address in self._settings.listen:
                await self.listen(address)
        except CannotListen:
            await self.stop()
            raise

    async def listen(self, address: str) -> None:
        """Listen on one more address, `host:port`; port 0 lets the system choose. Raises CannotListen."""
        try:
            host, port = split_listen(address)
        except ValueError as error:
            raise CannotListen(f"Cannot listen: {error}.") from None
        if self._config is None:
            self._config = self._configure()
        config, timeout = self._config, _HANDSHAKE_TIMEOUT if self._config.ssl else None
        loop = asyncio.get_running_loop()
        try:
            server = await loop.create_server(
                lambda: GuardedProtocol(config, self._state, self._settings),
                host,
                port,
                ssl=config.ssl,
                ssl_handshake_timeout=timeout,
                backlog=config.backlog,
            )
        except OSError as error:
            raise CannotListen(f"Cannot listen on {address}: {_reason(error)}") from None
        self._servers.append(server)

    async def stop(self) -> None:
        """Stop listening, let answers under way finish within their grace, and cut what is left."""
        for server in self._servers:
            server.close()
        self._servers.clear()
        connections = [cast("GuardedProtocol", connection) for connection in self._state.connections]
        for connection in connections:
            connection.shutdown()
        if connections:
            closed = [connection.closed for connection in connections]
            await asyncio.wait(closed, timeout=self._settings.stop_grace)
            for connection in connections:
                connection.abort()
            await asyncio.wait(closed)
        for task in self._state.tasks:
            task.cancel()
        await asyncio.gather(*self._state.tasks)

    def _configure(self) -> Config:
        settings = self._settings
        config = Config(
            Application(self._handler, settings.access_log),
            http=GuardedProtocol,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=bool(settings.proxies),
            forwarded_allow_ips=list(settings.proxies),
            timeout_keep_alive=ceil(settings.keep_alive),
            ssl_certfile=settings.certificate or None,
            ssl_keyfile=settings.key or None,
            ssl_keyfile_password=settings.key_password or None,
        )
        try:
            config.load()
        except (OSError, ssl.SSLError) as error:
            raise CannotListen(
                f"The TLS certificate {settings.certificate} cannot be used ({error}): http.certificate and http.key "
                "must be readable PEM files that belong together, and http.key_password must fit."
            ) from None
        return config


_REASONS = {
    errno.EADDRINUSE: "another program uses this port. Stop that one, or choose another port in http.listen.",
    errno.EADDRNOTAVAIL: "this machine has no such address. Choose one of its own in http.listen.",
    errno.EACCES: "the system does not allow this port. Choose one above 1023 in http.listen.",
}


def _reason(error: OSError) -> str:
    if isinstance(error, gaierror):
        return "no such host is known. Write an IP address in http.listen."
    # Where no address could be bound because none is the machine's own, asyncio raises an error without a number.
    return _REASONS.get(error.errno or errno.EADDRNOTAVAIL, f"{error.strerror or error}.")
