"""The settings written out: a commented file to begin with, the values in force, a JSON Schema, the reference page."""

import inspect
import textwrap
from collections.abc import Mapping
from typing import get_args

import msgspec
from msgspec import inspect as shapes

from callboard.config.examples import EXAMPLES
from callboard.config.loading import DEFAULT, Loaded
from callboard.config.settings import Config
from callboard.config.tree import (
    NAMED,
    KeyPath,
    Section,
    Setting,
    dotted,
    expanded,
    fields_of,
    item_of,
    sections,
    settings,
    variable,
    with_name,
)
from callboard.config.values import toml, wanted

__all__ = ["HIDDEN", "InForce", "in_force", "in_force_text", "reference", "schema", "template"]

HIDDEN = "(hidden)"
"""Stands in place of a secret."""


# --- a file to begin with --------------------------------------------------------------------------------------------

_TEMPLATE_HEAD = """\
# Settings of Callboard. Every setting is here with its default, commented out: take away the `#` before those that you
# change. `callboard config check` tells what is wrong, `callboard config show` where each value comes from.
#
# An environment variable wins over this file: CALLBOARD_NODE__INDEX=3 sets `index` in [node]; the items of a list are
# separated by commas. `callboard serve --set node.index=3` wins over both.
"""

_NAMED_WORDS = (
    "Any number of such sections, each with a name that you choose: it is the switch's name in the call table."
)


def template() -> str:
    """A TOML file that sets nothing and shows every setting with its meaning, default and examples."""
    return _TEMPLATE_HEAD + "".join(f"\n\n{_template_section(section)}" for section in sections(Config))


def _template_section(section: Section) -> str:
    """A named section's header is commented out too: with it, there would be such a switch."""
    path = with_name(section.path, f"my-{section.path[-2]}") if section.named else section.path
    header = f"{'#' if section.named else ''}[{dotted(path)}]"
    return f"{_comment(_section_words(section))}\n{header}\n" + "".join(
        f"\n{_template_setting(each)}" for each in section.settings
    )


def _section_words(section: Section) -> str:
    return f"{section.words} {_NAMED_WORDS}" if section.named else section.words


def _template_setting(setting: Setting) -> str:
    name = setting.path[-1]
    lines = [
        _comment(setting.words),
        _comment(f"Value: {wanted(shapes.type_info(setting.type))}."),
        *([f"# Example: {name} = {toml(EXAMPLES[setting.general])}"] if setting.general in EXAMPLES else []),
        f"#{name} = {toml(setting.default)}" if setting.default is not None else f"# {name} is not set.",
    ]
    return "\n".join(lines) + "\n"


def _comment(words: str) -> str:
    return textwrap.fill(words, 118, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)


# --- the values in force ---------------------------------------------------------------------------------------------


class InForce(msgspec.Struct, frozen=True, kw_only=True):
    """One setting as it is in force."""

    key: str
    value: object
    origin: str


def in_force(loaded: Loaded) -> tuple[InForce, ...]:
    """Every setting with its value and origin; secrets that are set are hidden."""
    return tuple(
        InForce(key=setting.key, value=_visible(setting, loaded.config), origin=loaded.origin(setting.path))
        for setting in expanded(Config, loaded.names).values()
    )


def _visible(setting: Setting, config: Config) -> object:
    value: object = config
    for part in setting.path:
        value = value[part] if isinstance(value, Mapping) else getattr(value, part)
    return HIDDEN if setting.secret and value else value


def in_force_text(loaded: Loaded) -> str:
    """The same as TOML, each line followed by its origin."""
    lines: list[str] = []
    header = ""
    for one in in_force(loaded):
        section, _, name = one.key.rpartition(".")
        if section != header:
            lines += ["", f"[{section}]"]
            header = section
        value = "(not set)" if one.value is None else toml(one.value)
        origin = "" if one.origin == DEFAULT else f"  # {one.origin}"
        lines.append(f"{name} = {value}{origin}")
    return "\n".join(lines).strip() + "\n"


# --- JSON Schema -----------------------------------------------------------------------------------------------------


def schema() -> dict[str, object]:
    """A JSON Schema (2020-12) of the document, for editors that complete and check while one types."""
    whole = _schema_of(Config, ())
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Settings of Callboard", **whole}


def _schema_of(tree: type[msgspec.Struct], path: KeyPath) -> dict[str, object]:
    known = settings(Config)
    properties: dict[str, object] = {}
    for field in fields_of(tree, path):
        here = (*path, field.name)
        item = item_of(shapes.type_info(field.type))
        if here in known:
            setting = known[here]
            own = msgspec.json.schema(setting.type)
            default = msgspec.to_builtins(setting.default)
            properties[field.name] = own | {"description": setting.words, "default": default}
        elif item is not None:
            names = msgspec.json.schema(get_args(field.type)[0])
            each = _schema_of(item, (*here, NAMED))
            properties[field.name] = {"type": "object", "propertyNames": names, "additionalProperties": each}
        else:
            properties[field.name] = _schema_of(field.type, here)
    words = inspect.getdoc(tree)
    return {"type": "object", "description": words, "properties": properties, "additionalProperties": False}


# --- the reference page ----------------------------------------------------------------------------------------------

_REFERENCE_HEAD = """# Settings

<!-- Written by `callboard reference configuration`; a test compares. Change the docstrings in the rooms' settings. -->

A Callboard server reads one TOML file: `callboard serve --config callboard.toml`. `callboard config init` writes one
with every setting, `callboard config check` reports all mistakes at once, each with its line, `callboard config show`
tells where each value comes from, and `callboard config schema` prints a JSON Schema for editors.

What stands in the file is overruled by environment variables, and these by `--set SECTION.KEY=VALUE`. In both, the
items of a list are separated by commas. Secrets are best given as environment variables; `config show` hides them.

`NAME` stands for a name that you choose, of letters, digits, `-`, `_` and `.`: `[switches.asterisk.pbx1]`. One with a
dot stands in quotes: `[switches.asterisk."pbx1.example.org"]`. A variable has it in capitals, with `_` for `-` and `.`:
`CALLBOARD_SWITCHES__ASTERISK__PBX1__SECRET`. Where the file has sections of a kind, variables and `--set` change these;
where it has none, they make one, and a variable's name for it is in small letters. A switch's name is what the call
table calls it, and no two switches have the same.
"""


def reference() -> str:
    """The page `docs/reference/configuration.md`."""
    return _REFERENCE_HEAD + "".join(f"\n{_reference_section(section)}" for section in sections(Config))


def _reference_section(section: Section) -> str:
    rows = "".join(_reference_row(setting) for setting in section.settings)
    table = f"| setting | default | meaning |\n| --- | --- | --- |\n{rows}"
    first = variable(section.settings[0].path)
    return f"## [{'.'.join(section.path)}]\n\n{_section_words(section)} Environment: `{first}` and so on.\n\n{table}"


def _reference_row(setting: Setting) -> str:
    default = "not set" if setting.default is None else f"`{toml(setting.default)}`"
    example = f" Example: `{toml(EXAMPLES[setting.general])}`." if setting.general in EXAMPLES else ""
    meaning = f"{setting.words} *{_sentence(wanted(shapes.type_info(setting.type)))}*{example}"
    return f"| `{setting.path[-1]}` | {default} | {meaning} |\n"


def _sentence(words: str) -> str:
    return words[0].upper() + words[1:] + "."
