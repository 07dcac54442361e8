"""Single values: read, described, written."""

import tomllib
from enum import StrEnum
from typing import Annotated, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import inspect as shapes

from callboard.config.tree import Setting
from callboard.config.values import choices, read_value, shown, toml, wanted


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


def setting(type_: object) -> Setting:
    info = shapes.type_info(type_)
    return Setting(path=("here",), type=type_, shape=info, default=None, owner=msgspec.Struct, general="here")


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        (int, "3", 3),
        (float, "3", 3.0),
        (bool, "true", True),
        (bool, "0", False),
        (str, "3", "3"),
        (tuple[str, ...], "a, b,", ("a", "b")),
        (tuple[str, ...], "", ()),
        (frozenset[int], "1,2", frozenset({1, 2})),
        (Colour, "blue", Colour.BLUE),
        (int | None, "null", None),
    ],
)
def test_text_from_outside_is_read_as_the_settings_type(type_: object, text: str, value: object) -> None:
    assert read_value(setting(type_), text, True) == value


@pytest.mark.parametrize(("type_", "value"), [(int, "3"), (str, 3), (bool, 1), (tuple[str, ...], "a"), (int, 3.5)])
def test_a_file_has_types_of_its_own(type_: object, value: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        read_value(setting(type_), value, False)


@pytest.mark.parametrize(
    ("type_", "words"),
    [
        (bool, "true or false"),
        (int, "a whole number"),
        (Annotated[int, msgspec.Meta(ge=1)], "a whole number of at least 1"),
        (Annotated[int, msgspec.Meta(ge=1, le=9)], "a whole number from 1 to 9"),
        (Annotated[float, msgspec.Meta(gt=0, lt=5)], "a number above 0 and below 5"),
        (str, "a text"),
        (Annotated[str, msgspec.Meta(pattern="^a")], "a text that matches ^a"),
        (Literal["x", "y"], 'one of "x", "y"'),
        (Colour, 'one of "red", "blue"'),
        (tuple[str, ...], "a list of texts"),
        (
            Annotated[tuple[Colour, ...], msgspec.Meta(min_length=1)],
            'a list of one or more items, each one of "red", "blue"',
        ),
        (dict[str, int], "a table, each value a whole number"),
        (int | None, "a whole number"),
    ],
)
def test_what_is_wanted_is_said_in_words(type_: object, words: str) -> None:
    assert wanted(shapes.type_info(type_)) == words


def test_choices_are_known_inside_lists_too() -> None:
    assert choices(shapes.type_info(tuple[Colour, ...])) == ("red", "blue")
    assert choices(shapes.type_info(str)) == ()


def test_a_long_value_is_cut() -> None:
    assert len(shown("x" * 1000)) == 60


values = st.recursive(
    st.text() | st.integers(-(2**63), 2**63 - 1) | st.booleans() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(values)
def test_what_is_written_as_toml_reads_back(value: object) -> None:
    assert tomllib.loads(f"value = {toml(value)}") == {"value": value}


def test_what_has_no_form_in_toml_is_refused() -> None:
    with pytest.raises(TypeError, match="NoneType"):
        toml(None)
