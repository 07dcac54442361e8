"""`callboard serve`: the server."""

import sys
from pathlib import Path

from callboard.cli.garbage import loading, settle
from callboard.cli.help import examples
from callboard.cli.options import ConfigOption, SetOption

__all__ = ["EXAMPLES", "serve"]

EXAMPLES = examples(
    "callboard serve --config /etc/callboard/callboard.toml",
    "callboard serve --set http.listen=127.0.0.1:9000",
    "CALLBOARD_LOGGING__LEVEL=debug callboard serve",
)


def serve(file: ConfigOption = Path("callboard.toml"), settings: SetOption = None) -> None:
    """Run the server, until Ctrl-C or SIGTERM."""
    with loading():
        from callboard.assembly import serving
    from callboard.cli.logs import start_logging
    from callboard.cli.running import run_until_stopped
    from callboard.cli.settings import gathered

    config = gathered(file, settings).config
    start_logging(config.logging)

    def ready(running: serving.Running) -> None:
        settle()
        sip = f"SIP at {running.sip_address}" if running.sip_address else "no SIP"
        print(f"Callboard answers HTTP at {', '.join(running.http_addresses)} and {sip}.")
        if running.switches:
            print(f"It listens to {', '.join(running.switches)}; GET /v1/switches shows how each link is.")
        if running.first_login is not None:
            login = running.first_login
            print(f"A first login was made, shown only this once: {login.name}, password {login.password}")
        sys.stdout.flush()

    run_until_stopped(serving.serve(config, ready))
