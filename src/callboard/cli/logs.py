"""Where the server's log lines go: standard error, as text or as JSON."""

import logging
import sys
from datetime import UTC, datetime

import msgspec

from callboard.config.settings import LoggingSettings

__all__ = ["start_logging"]


def start_logging(settings: LoggingSettings) -> None:
    """Write the lines of every room to standard error, from now on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if settings.format == "json" else TextFormatter())
    logging.basicConfig(level=settings.level.upper(), handlers=[handler], force=True)
    # It tells of every question that a switch is asked, with the URL, login and all.
    logging.getLogger("httpx2").setLevel(logging.WARNING)


class TextFormatter(logging.Formatter):
    """`2026-11-21T11:09:30.123Z info callboard.http: words`; control characters are escaped, so a line stays one."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and below it the traceback if there is one."""
        words = "".join(char if char.isprintable() else repr(char)[1:-1] for char in record.getMessage())
        line = f"{_time(record)} {record.levelname.lower()} {record.name}: {words}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class JsonFormatter(logging.Formatter):
    """One JSON object a line: `at`, `level`, `logger`, `message`, and `trace` with an exception."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        fields = {
            "at": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            fields["trace"] = self.formatException(record.exc_info)
        return msgspec.json.encode(fields).decode()


def _time(record: logging.LogRecord) -> str:
    at = datetime.fromtimestamp(record.created, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
