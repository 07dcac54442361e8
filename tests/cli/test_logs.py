"""Log lines for people and for programs."""

import logging

import msgspec

from callboard.cli.logs import JsonFormatter, TextFormatter


def record(words: str, *arguments: object, fault: BaseException | None = None) -> logging.LogRecord:
    made = logging.LogRecord(
        "callboard.http",
        logging.WARNING,
        __file__,
        1,
        words,
        arguments,
        (type(fault), fault, fault.__traceback__) if fault else None,
    )
    made.created = 1_795_259_370.1234
    return made


def test_a_line_for_people() -> None:
    assert TextFormatter().format(record("%d calls", 3)) == "2026-11-21T11:09:30.123Z warning callboard.http: 3 calls"


def test_a_name_from_outside_cannot_forge_a_line() -> None:
    assert (
        TextFormatter()
        .format(record("caller %s", "x\n2026 info forged\x1b[0m"))
        .endswith("caller x\\n2026 info forged\\x1b[0m")
    )


def test_a_line_for_programs() -> None:
    assert msgspec.json.decode(JsonFormatter().format(record("caller %s", "x\ny"))) == {
        "at": "2026-11-21T11:09:30.123Z",
        "level": "warning",
        "logger": "callboard.http",
        "message": "caller x\ny",
    }


def test_both_tell_where_an_exception_came_from() -> None:
    fault = ValueError("odd")
    assert "ValueError: odd" in TextFormatter().format(record("failed", fault=fault))
    assert "ValueError: odd" in msgspec.json.decode(JsonFormatter().format(record("failed", fault=fault)))["trace"]
