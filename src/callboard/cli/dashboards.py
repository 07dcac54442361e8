"""`callboard dashboards`: what is shipped for Grafana and Prometheus."""

from pathlib import Path
from typing import Annotated

import typer

from callboard.cli.failures import ExitCode, Failure
from callboard.cli.help import examples, group
from callboard.cli.output import say

__all__ = ["app"]

app = group("Dashboards for Grafana and alert rules for Prometheus.")


@app.callback()
def dashboards() -> None:
    """Dashboards for Grafana and alert rules for Prometheus."""


@app.command(
    epilog=examples("callboard dashboards export .", "callboard dashboards export /etc/callboard/watch --force")
)
def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to; made if it is missing.")],
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that were changed.")] = False,
) -> None:
    """Write the dashboards to DIR/grafana and the alert rules to DIR/prometheus."""
    from callboard.metrics.shelf import shipped

    files = {folder / name: content for name, content in shipped().items()}
    try:
        changed = [path for path, content in files.items() if path.exists() and path.read_bytes() != content]
        if changed and not force:
            fix = "name another folder, or overwrite with --force"
            raise Failure(f"{', '.join(map(str, changed))} would be overwritten", fix, ExitCode.USAGE)
        for path, content in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    except OSError as error:
        fix = "check the path and its permissions"
        raise Failure(f"cannot write {error.filename}: {error.strerror}", fix, ExitCode.USAGE) from None
    for path in files:
        say(f"Wrote {path}")
