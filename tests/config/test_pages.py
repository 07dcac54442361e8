"""The settings written out: a file to begin with, the values in force, the schema, the reference page."""

import re
import tomllib
from pathlib import Path

import msgspec
import pytest

from callboard.config import Config, load
from callboard.config.examples import EXAMPLES
from callboard.config.loading import gather
from callboard.config.pages import HIDDEN, in_force, in_force_text, reference, schema, template
from callboard.config.settings import Switches
from callboard.config.tree import NAMED, KeyPath, Setting, dotted, kinds, sections, settings, variable, with_name
from callboard.config.values import read_value, toml

DOCS = Path(__file__).parents[2] / "docs" / "reference"
ALL = tuple(settings(Config).values())


def key(setting: Setting) -> str:
    return setting.key


def real(path: KeyPath) -> KeyPath:
    """A path that can be given, with another name for each kind of named sections."""
    return with_name(path, f"my-{path[1]}")


@pytest.mark.parametrize("setting", ALL, ids=key)
def test_every_setting_is_explained(setting: Setting) -> None:
    assert setting.words.endswith((".", "`", ")")), "a docstring below the field in the room's settings"


@pytest.mark.parametrize("setting", ALL, ids=key)
def test_every_default_is_a_value_that_can_be_given(setting: Setting) -> None:
    assert read_value(setting, msgspec.to_builtins(setting.default), False) == setting.default


def test_what_is_empty_by_default_has_an_example() -> None:
    assert {setting.general for setting in ALL if setting.default in ("", (), None)} == set(EXAMPLES)


def test_every_example_is_a_value_that_can_be_given(tmp_path: Path) -> None:
    file = tmp_path / "callboard.toml"
    text = "".join(f"{dotted(real(tuple(key.split('.'))))} = {toml(value)}\n" for key, value in EXAMPLES.items())
    file.write_text(text, encoding="utf-8")
    assert len(gather(file, {}, {}).origins) == len(EXAMPLES)


def test_every_section_is_explained() -> None:
    assert all(section.words for section in sections(Config))


def test_the_template_sets_nothing(tmp_path: Path) -> None:
    file = tmp_path / "callboard.toml"
    file.write_text(template(), encoding="utf-8")
    assert gather(file, {}, {}).origins == {}


def test_the_template_uncommented_sets_everything_to_its_default(tmp_path: Path) -> None:
    file = tmp_path / "callboard.toml"
    file.write_text(re.sub(r"(?m)^#(?! )", "", template()), encoding="utf-8")
    loaded = gather(file, {}, {})
    switches = loaded.config.switches
    for kind in kinds(Config):
        [(name, switch)] = getattr(switches, kind[-1]).items()
        assert switch == type(switch)(name=name)
    assert msgspec.structs.replace(loaded.config, switches=Switches(b2bua=switches.b2bua)) == Config()
    assert set(loaded.origins) == {real(path) for path in settings(Config)}


def test_the_template_fits_the_screen() -> None:
    assert max(map(len, template().splitlines())) <= 120


def test_what_is_in_force_says_where_it_comes_from() -> None:
    loaded = gather(None, {"CALLBOARD_NODE__INDEX": "7"}, {})
    by_key = {one.key: one for one in in_force(loaded)}
    assert (by_key["node.index"].value, by_key["node.index"].origin) == (
        7,
        "environment variable CALLBOARD_NODE__INDEX",
    )
    assert by_key["journal.keep_days"].origin == "default"
    assert "index = 7  # environment variable CALLBOARD_NODE__INDEX\n" in in_force_text(loaded)


def test_what_is_in_force_is_itself_toml_and_gives_the_same(tmp_path: Path) -> None:
    loaded = gather(None, {"CALLBOARD_NODE__INDEX": "7", "CALLBOARD_HTTP__LISTEN": "127.0.0.1:1"}, {})
    file = tmp_path / "callboard.toml"
    file.write_text(in_force_text(loaded), encoding="utf-8")
    assert load(file, {}, {}) == loaded.config


def test_secrets_are_hidden() -> None:
    secret = [setting for setting in ALL if setting.secret]
    assert {setting.key for setting in secret} >= {"access.shared_key", "http.key_password"}
    loaded = gather(None, {variable(real(setting.path)): "opensesame" for setting in secret}, {})
    assert "opensesame" not in in_force_text(loaded)
    assert in_force_text(loaded).count(HIDDEN) == len(secret)


def test_a_secret_that_is_not_set_is_shown_as_such() -> None:
    assert HIDDEN not in in_force_text(gather(None, {}, {}))


def test_the_schema_has_every_setting_with_its_words_and_bounds() -> None:
    whole = msgspec.to_builtins(schema())
    for setting in ALL:
        node = whole
        for name in setting.path:
            assert name == NAMED or node["additionalProperties"] is False
            node = node["additionalProperties"] if name == NAMED else node["properties"][name]
        assert node["description"] == setting.words
        assert node["default"] == msgspec.to_builtins(setting.default)
    assert whole["properties"]["node"]["properties"]["index"]["maximum"] == 32_767


def test_the_reference_page_is_up_to_date() -> None:
    page = (DOCS / "configuration.md").read_text(encoding="utf-8")
    assert page == reference(), "run: callboard reference configuration > docs/reference/configuration.md"


def test_the_examples_of_the_reference_page_are_toml() -> None:
    for line in re.findall(r"^#?(\w+ = .*)$", template(), re.MULTILINE):
        tomllib.loads(line)
