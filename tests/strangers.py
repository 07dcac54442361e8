"""Web servers that are no Callboard: they answer every request with the same thing."""

import ssl
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

__all__ = ["certificate", "stranger"]


class Quiet(ThreadingHTTPServer):
    """Who distrusts it hangs up in the middle of the handshake, which is no news."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Tests print nothing."""


@contextmanager
def stranger(
    body: bytes, status: int = 200, headers: Mapping[str, str] | None = None, tls: Path | None = None
) -> Iterator[str]:
    """The URL of one; `tls` is a file with certificate and key, and makes it https."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *words: object) -> None:
            """Tests print nothing."""

    with Quiet(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls)
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join(10)


def certificate(folder: Path) -> Path:
    """A file with a certificate for 127.0.0.1 that only itself vouches for, and its key. It needs openssl."""
    file, key = folder / "certificate.pem", folder / "key.pem"
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*make, *names, "-out", file, "-keyout", key], check=True, capture_output=True)
    file.write_bytes(file.read_bytes() + key.read_bytes())
    return file
