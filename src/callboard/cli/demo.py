"""`callboard demo`: a small telephone company with real calls, to try everything with."""

import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from callboard.cli.garbage import loading, settle
from callboard.cli.help import examples

__all__ = ["EXAMPLES", "demo"]

EXAMPLES = examples(
    "callboard demo",
    "callboard demo --calls 100",
    "callboard demo --calls 0 --sip 192.0.2.7:5060     # for your own phones",
)

_OTHER_ADDRESSES = "The demo takes other addresses with --http HOST:PORT and --sip HOST:PORT"


def demo(
    calls: Annotated[int, typer.Option("--calls", metavar="N", min=0, help="Calls to keep up; 0 for none.")] = 25,
    http: Annotated[str, typer.Option("--http", metavar="HOST:PORT", help="Where HTTP is answered.")] = (
        "127.0.0.1:8080"
    ),
    sip: Annotated[str, typer.Option("--sip", metavar="HOST:PORT", help="Where SIP is spoken, UDP.")] = (
        "127.0.0.1:5060"
    ),
    carrier: Annotated[
        str,
        typer.Option(
            "--carrier",
            metavar="HOST:PORT",
            help="Send all off-net calls there instead of to the built-in far ends.",
            show_default=False,
        ),
    ] = "",
    data: Annotated[
        Path | None, typer.Option("--data", metavar="DIR", help="Keep the data in this folder; else nothing is left.")
    ] = None,
) -> None:
    """Try it all: a server, and phones with real calls. Ends with Ctrl-C.

    Server, switch and phones run on loopback; the calls are real SIP, in every state, and so are their ends.
    """
    with loading():
        from callboard.assembly.demo import DemoOptions
        from callboard.assembly.demo import demo as run_demo
        from callboard.assembly.serving import Running
    from callboard.cli.banner import banner
    from callboard.cli.failures import ExitCode, Failure
    from callboard.cli.logs import start_logging
    from callboard.cli.running import run_until_stopped
    from callboard.config.settings import LoggingSettings

    start_logging(LoggingSettings(level="warning"))
    try:
        options = DemoOptions(calls=calls, http=http, sip=sip, carrier=carrier, data=data)
    except ValueError as error:
        raise Failure(str(error), "", ExitCode.USAGE) from None

    def ready(running: Running) -> None:
        settle()
        print(banner(running.http_addresses, running.sip_address, _command()), flush=True)

    run_until_stopped(run_demo(options, ready), fix=_OTHER_ADDRESSES)
    print("\nStopped, nothing left behind." if data is None else f"\nStopped. The data is kept in {data}.")


def _command() -> str:
    """How to start this program once more: by its name if the shell finds it, else as it was started."""
    if shutil.which("callboard"):
        return "callboard"
    return sys.argv[0] if Path(sys.argv[0]).name == "callboard" else f"{sys.executable} -m callboard"
