"""Where values come from: lines of the file, names of variables, and what becomes of names that set nothing."""

import tomllib
from pathlib import Path
from typing import Annotated

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.config.mistakes import Mistake
from callboard.config.sources import Source, from_environment, from_file, from_options, key_lines


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """A door."""

    address: str = "127.0.0.1:80"
    """Where it is."""
    limit: Annotated[int, msgspec.Meta(ge=1)] = 10
    friends: tuple[str, ...] = ()


class Doors(msgspec.Struct, frozen=True, kw_only=True):
    """Doors."""

    front: Door = Door()
    back: Door = Door()


class House(msgspec.Struct, frozen=True, kw_only=True):
    """A house."""

    doors: Doors = Doors()
    yard: Door = Door()


def write(folder: Path, text: str) -> Path:
    file = folder / "house.toml"
    file.write_text(text, encoding="utf-8")
    return file


def values(source: Source) -> dict[str, tuple[object, str]]:
    return {given.setting.key: (given.value, given.origin) for given in source.given}


def only(source: Source) -> Mistake:
    [mistake] = source.mistakes
    return mistake


class TestFile:
    def test_values_come_with_their_lines(self, tmp_path: Path) -> None:
        file = write(tmp_path, '# a comment\n[doors.front]\nlimit = 3\nfriends = [\n  "a",\n]\naddress = "x"\n')
        source = from_file(House, file)
        assert source.mistakes == ()
        assert values(source) == {
            "doors.front.limit": (3, f"{file}:3"),
            "doors.front.friends": (["a"], f"{file}:4"),
            "doors.front.address": ("x", f"{file}:7"),
        }

    def test_dotted_keys_are_the_same_as_headers(self, tmp_path: Path) -> None:
        file = write(tmp_path, "[doors]\n\nback.limit = 4\n")
        assert values(from_file(House, file)) == {"doors.back.limit": (4, f"{file}:3")}

    def test_an_unknown_setting_has_a_suggestion(self, tmp_path: Path) -> None:
        mistake = only(from_file(House, write(tmp_path, "[yard]\nlimt = 3\n")))
        assert mistake.where.endswith("house.toml:2")
        assert (mistake.key, mistake.fix) == ("yard.limt", "did you mean `limit`?")

    def test_an_unknown_section_is_told_once(self, tmp_path: Path) -> None:
        mistake = only(from_file(House, write(tmp_path, "[kitchen]\na = 1\nb = 2\n")))
        assert (mistake.where[-2:], mistake.key, mistake.fix) == (":1", "kitchen", "here can stand: doors, yard")

    def test_a_setting_in_the_wrong_section_is_sent_to_the_right_one(self, tmp_path: Path) -> None:
        mistake = only(from_file(House, write(tmp_path, "limit = 3\n")))
        assert mistake.fix == "move it to `doors.front.limit`"

    def test_a_section_is_no_setting(self, tmp_path: Path) -> None:
        mistake = only(from_file(House, write(tmp_path, "yard = 3\n")))
        assert (mistake.cause, mistake.fix) == (
            "this is a section, not a setting",
            "write its settings below a header [yard]",
        )

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        assert "config init" in only(from_file(House, tmp_path / "none.toml")).fix

    def test_a_folder_is_no_file(self, tmp_path: Path) -> None:
        assert "cannot be read" in only(from_file(House, tmp_path)).cause

    def test_a_file_that_is_not_toml_names_the_line(self, tmp_path: Path) -> None:
        mistake = only(from_file(House, write(tmp_path, "[yard]\nlimit = three\n")))
        assert mistake.where.endswith("house.toml:2")
        assert mistake.cause.startswith("this is not TOML: ")

    def test_a_file_that_ends_too_early(self, tmp_path: Path) -> None:
        mistake = only(from_file(House, write(tmp_path, "[yard]\nfriends = [")))
        assert mistake.cause.startswith("this is not TOML: ")

    def test_a_file_that_is_not_text(self, tmp_path: Path) -> None:
        file = tmp_path / "house.toml"
        file.write_bytes(b"[yard]\naddress = '\xff'\n")
        assert only(from_file(House, file)).fix == "save the file as UTF-8"


names = st.text("abcxyz", min_size=1, max_size=4)
atoms = st.integers(-9, 9).map(str) | st.sampled_from(['"#"', "'[a]'", '"""\n[x]\ny = 1\n"""', "[1,\n 2]", "{ q = 1 }"])


@given(st.dictionaries(names, st.dictionaries(names, atoms, min_size=1)), st.integers(0, 2))
def test_every_key_has_the_line_it_begins_on(sections: dict[str, dict[str, str]], blank: int) -> None:
    lines: list[str] = []
    expected: dict[tuple[str, ...], int] = {}
    for section, keys in sections.items():
        lines += [""] * blank + [f"[{section}]  # words"]
        expected[section,] = len(lines)
        for key, value in keys.items():
            begin = len(lines) + 1
            expected[section, key] = begin
            lines += f"{key} = {value}".split("\n")
    text = "\n".join(lines)
    tomllib.loads(text)
    found = key_lines(text)
    assert {path: found[path] for path in expected} == expected


class TestEnvironment:
    def test_names_follow_the_sections(self) -> None:
        source = from_environment(House, {"CALLBOARD_DOORS__FRONT__LIMIT": "3", "PATH": "x", "CALLBOARD_SERVER": "y"})
        assert values(source) == {
            "doors.front.limit": ("3", "environment variable CALLBOARD_DOORS__FRONT__LIMIT"),
        }
        assert source.mistakes == ()

    def test_an_unknown_name_has_a_suggestion(self) -> None:
        mistake = only(from_environment(House, {"CALLBOARD_YARD__LIMITS": "3"}))
        assert mistake.fix == "did you mean `CALLBOARD_YARD__LIMIT`?"


class TestOptions:
    def test_keys_are_dotted(self) -> None:
        assert values(from_options(House, {"yard.limit": "3"})) == {"yard.limit": ("3", "option --set")}

    @pytest.mark.parametrize(
        ("key", "fix"),
        [("yard.limits", "did you mean `yard.limit`?"), ("zzz", "`callboard config show` lists what there is")],
    )
    def test_an_unknown_key_has_a_suggestion(self, key: str, fix: str) -> None:
        assert only(from_options(House, {key: "3"})).fix == fix
