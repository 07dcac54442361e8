"""The settings written out: a commented file to begin with, the values in force, a JSON Schema, the reference page."""

import textwrap
from operator import attrgetter

import msgspec

from callboard.config.examples import EXAMPLES
from callboard.config.loading import DEFAULT, Loaded
from callboard.config.settings import Config
from callboard.config.tree import Section, Setting, sections, variable
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


def template() -> str:
    """A TOML file that sets nothing and shows every setting with its meaning, default and examples."""
    return _TEMPLATE_HEAD + "".join(f"\n\n{_template_section(section)}" for section in sections(Config))


def _template_section(section: Section) -> str:
    head = f"{_comment(section.words)}\n[{'.'.join(section.path)}]\n"
    return head + "".join(f"\n{_template_setting(setting)}" for setting in section.settings)


def _template_setting(setting: Setting) -> str:
    name = setting.path[-1]
    lines = [
        _comment(setting.words),
        _comment(f"Value: {wanted(setting.shape)}."),
        *([f"# Example: {name} = {toml(EXAMPLES[setting.key])}"] if setting.key in EXAMPLES else []),
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
        for section in sections(Config)
        for setting in section.settings
    )


def _visible(setting: Setting, config: Config) -> object:
    value: object = attrgetter(setting.key)(config)
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


def _schema_of(tree: type[msgspec.Struct], path: tuple[str, ...]) -> dict[str, object]:
    known = {setting.path: setting for section in sections(Config) for setting in section.settings}
    properties: dict[str, object] = {}
    for field in msgspec.structs.fields(tree):
        here = (*path, field.name)
        if here in known:
            setting = known[here]
            own = msgspec.json.schema(setting.type)
            default = msgspec.to_builtins(setting.default)
            properties[field.name] = own | {"description": setting.words, "default": default}
        else:
            properties[field.name] = _schema_of(field.type, here)
    words = (tree.__doc__ or "").strip()
    return {"type": "object", "description": words, "properties": properties, "additionalProperties": False}


# --- the reference page ----------------------------------------------------------------------------------------------

_REFERENCE_HEAD = """# Settings

<!-- Written by `callboard reference configuration`; a test compares. Change the docstrings in the rooms' settings. -->

A Callboard server reads one TOML file: `callboard serve --config callboard.toml`. `callboard config init` writes one
with every setting, `callboard config check` reports all mistakes at once, each with its line, `callboard config show`
tells where each value comes from, and `callboard config schema` prints a JSON Schema for editors.

What stands in the file is overruled by environment variables, and these by `--set SECTION.KEY=VALUE`. In both, the
items of a list are separated by commas. Secrets are best given as environment variables; `config show` hides them.
"""


def reference() -> str:
    """The page `docs/reference/configuration.md`."""
    return _REFERENCE_HEAD + "".join(f"\n{_reference_section(section)}" for section in sections(Config))


def _reference_section(section: Section) -> str:
    rows = "".join(_reference_row(setting) for setting in section.settings)
    table = f"| setting | default | meaning |\n| --- | --- | --- |\n{rows}"
    first = variable(section.settings[0].path)
    return f"## [{'.'.join(section.path)}]\n\n{section.words} Environment: `{first}` and so on.\n\n{table}"


def _reference_row(setting: Setting) -> str:
    default = "not set" if setting.default is None else f"`{toml(setting.default)}`"
    example = f" Example: `{toml(EXAMPLES[setting.key])}`." if setting.key in EXAMPLES else ""
    meaning = f"{setting.words} *{_sentence(wanted(setting.shape))}*{example}"
    return f"| `{setting.path[-1]}` | {default} | {meaning} |\n"


def _sentence(words: str) -> str:
    return words[0].upper() + words[1:] + "."
