"""The whole: file, environment and options become the rooms' settings, or every mistake at once."""

from pathlib import Path

import pytest

from callboard.config import Config, ConfigError, load
from callboard.config.loading import gather


def write(folder: Path, text: str) -> Path:
    file = folder / "callboard.toml"
    file.write_text(text, encoding="utf-8")
    return file


def mistakes(path: Path | None, environment: dict[str, str], options: dict[str, str]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(path, environment, options)
    assert str(caught.value) == "\n".join(map(str, caught.value.mistakes))
    return [str(mistake) for mistake in caught.value.mistakes]


def test_nothing_given_is_the_rooms_defaults() -> None:
    assert load(None, {}, {}) == Config()


def test_options_win_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    file = write(
        tmp_path, '[node]\nindex = 1\n[http]\nlisten = ["127.0.0.1:1"]\n[switches.b2bua]\nsip = "127.0.0.1:1"\n'
    )
    loaded = gather(
        file,
        {"CALLBOARD_NODE__INDEX": "2", "CALLBOARD_HTTP__LISTEN": "127.0.0.1:2,[::1]:2"},
        {"node.index": "3"},
    )
    assert loaded.config.node.index == 3
    assert loaded.config.http.listen == ("127.0.0.1:2", "[::1]:2")
    assert loaded.config.switches.b2bua.sip == "127.0.0.1:1"
    assert loaded.origin(("node", "index")) == "option --set"
    assert loaded.origin(("http", "listen")) == "environment variable CALLBOARD_HTTP__LISTEN"
    assert loaded.origin(("switches", "b2bua", "sip")) == f"{file}:6"
    assert loaded.origin(("journal", "keep_days")) == "default"


def test_every_mistake_is_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        """\
[node]
index = 99_999

[htpp]
listen = ["127.0.0.1:8080"]

[http]
listen = "127.0.0.1:8080"

[access]
algorithms = ["MD4"]

[dialects.sippy]
path = "xmlapi"

[logging]
level = "inof"
""",
    )
    found = mistakes(file, {"CALLBOARD_NODE__INDEX": "one"}, {"node.indx": "1"})
    lines = [line.removeprefix(f"{file}") for line in found]
    assert lines == [
        ":2: node.index: wants a whole number from 0 to 32767, not 99999; for example `index = 0`",
        ":4: htpp: there is no such setting; did you mean `http`?",
        (
            ':8: http.listen: wants a list of one or more texts, not "127.0.0.1:8080"; '
            'for example `listen = ["127.0.0.1:8080"]`'
        ),
        (
            ':11: access.algorithms: wants a list of one or more items, each one of "MD5", "SHA-256", not ["MD4"]; '
            "did you mean `MD5`?"
        ),
        ":14: dialects.sippy.path: the path 'xmlapi' does not begin with a slash: write it like /xmlapi/xmlapi",
        ':17: logging.level: wants one of "debug", "error", "info", "warning", not "inof"; did you mean `info`?',
        (
            'environment variable CALLBOARD_NODE__INDEX: node.index: wants a whole number from 0 to 32767, not "one"; '
            "for example `index = 0`"
        ),
        "option --set: node.indx: there is no such setting; did you mean `node.index`?",
    ]


def test_a_wrong_value_is_told_even_where_a_right_one_wins(tmp_path: Path) -> None:
    file = write(tmp_path, "[node]\nindex = -1\n")
    assert len(mistakes(file, {"CALLBOARD_NODE__INDEX": "2"}, {})) == 1


def test_a_room_refuses_each_bad_value_at_its_own_line(tmp_path: Path) -> None:
    file = write(tmp_path, '[dialects.sippy]\npath = "x"\ntrusted_addresses = ["nowhere"]\n')
    found = mistakes(file, {}, {})
    assert [line.split(": ")[0] for line in found] == [f"{file}:2", f"{file}:3"]


def test_a_secret_is_not_repeated_in_a_mistake(tmp_path: Path) -> None:
    file = write(tmp_path, "[access]\nshared_key = 456789\n")
    [mistake] = mistakes(file, {}, {})
    assert "456789" not in mistake
    assert mistake == f"{file}:2: access.shared_key: wants a text, not what is given"
