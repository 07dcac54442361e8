"""Where values come from: the TOML file, environment variables, options. Each gives values with their origin."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from callboard.config.mistakes import Mistake, did_you_mean
from callboard.config.tree import VARIABLE_PREFIX, Setting, sections, settings, variable

__all__ = ["Given", "Source", "from_environment", "from_file", "from_options"]

OPTION = "option --set"
"""The origin of what is given on the command line."""


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """A value as it came from a source, not yet checked."""

    setting: Setting
    value: object
    origin: str
    is_text: bool
    """Whether it is text that has yet to be read as the setting's type."""


class Source(msgspec.Struct, frozen=True):
    """What one source gave: values, and what was wrong with the rest."""

    given: tuple[Given, ...] = ()
    mistakes: tuple[Mistake, ...] = ()


# --- the file --------------------------------------------------------------------------------------------------------


def from_file(tree: type[msgspec.Struct], path: Path) -> Source:
    """The values in a TOML file. A file that cannot be read gives a mistake and no values."""
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except FileNotFoundError:
        fix = f"write one with `callboard config init {path}`"
        return _broken(str(path), "there is no such file", fix)
    except OSError as error:
        return _broken(str(path), f"cannot be read ({error.strerror})", "check the path and its permissions")
    except UnicodeDecodeError as error:
        return _broken(str(path), f"byte {error.start} is not UTF-8", "save the file as UTF-8")
    except tomllib.TOMLDecodeError as error:
        return _not_toml(path, str(error))
    found = list(_walk(tree, data, (), str(path), key_lines(text)))
    return Source(
        tuple(one for one in found if isinstance(one, Given)),
        tuple(one for one in found if isinstance(one, Mistake)),
    )


def key_lines(text: str) -> dict[tuple[str, ...], int]:
    """The line of each key and header of a valid TOML text, by dotted path, counted from 1.

    Statement by statement: lines are gathered until they are TOML on their own, so that a value over several lines
    counts from its first.
    """
    lines: dict[tuple[str, ...], int] = {}
    header: tuple[str, ...] = ()
    statement, begin = "", 1
    for number, line in enumerate(text.splitlines(keepends=True), start=1):
        begin = begin if statement else number
        statement += line
        try:
            path = _path_of(tomllib.loads(statement))
        except tomllib.TOMLDecodeError:
            continue
        if statement.lstrip().startswith("["):
            header = path
            lines.setdefault(header, begin)
        elif path:
            for depth in range(len(path)):
                lines.setdefault((*header, *path[: depth + 1]), begin)
        statement = ""
    return lines


def _path_of(statement: object) -> tuple[str, ...]:
    """The dotted path of a single TOML statement."""
    if isinstance(statement, dict) and len(statement) == 1:
        [(name, value)] = statement.items()
        return (name, *_path_of(value))
    return ()


def _walk(
    tree: type[msgspec.Struct],
    data: Mapping[str, object],
    path: tuple[str, ...],
    file: str,
    lines: Mapping[tuple[str, ...], int],
) -> Iterator[Given | Mistake]:
    """Every value in `data`, which stands in the document at `path`, and a mistake for each key that sets nothing."""
    known = settings(tree)
    names = sorted({each[len(path)] for each in known if each[: len(path)] == path and len(each) > len(path)})
    for name, value in data.items():
        here = (*path, name)
        origin = _place(file, lines, here)
        if here in known:
            yield Given(setting=known[here], value=value, origin=origin, is_text=False)
        elif name not in names:
            yield Mistake(
                where=origin,
                key=".".join(here),
                cause="there is no such setting",
                fix=_unknown_fix(known, here, names),
            )
        elif isinstance(value, dict):
            yield from _walk(tree, value, here, file, lines)
        else:
            yield Mistake(
                where=origin,
                key=".".join(here),
                cause="this is a section, not a setting",
                fix=f"write its settings below a header [{'.'.join(here)}]",
            )


def _unknown_fix(known: Mapping[tuple[str, ...], Setting], path: tuple[str, ...], names: list[str]) -> str:
    """The nearest name beside it; else the same name elsewhere; else all the names there are."""
    elsewhere = [setting.key for setting in known.values() if setting.path[-1] == path[-1]]
    otherwise = f"move it to `{elsewhere[0]}`" if elsewhere else f"here can stand: {', '.join(names)}"
    return did_you_mean(path[-1], names, otherwise)


def _place(file: str, lines: Mapping[tuple[str, ...], int], path: tuple[str, ...]) -> str:
    """`file:line` of the innermost part of `path` that has a line."""
    for depth in range(len(path), 0, -1):
        if path[:depth] in lines:
            return f"{file}:{lines[path[:depth]]}"
    return file


def _broken(where: str, cause: str, fix: str) -> Source:
    return Source(mistakes=(Mistake(where=where, key="", cause=cause, fix=fix),))


def _not_toml(path: Path, words: str) -> Source:
    """The parser's words end in `(at line 3, column 5)`, or `(at end of document)`."""
    found = re.search(r"\(at line (\d+), column (\d+)\)", words)
    where = f"{path}:{found[1]}" if found else str(path)
    cause = f"this is not TOML: {words.split(' (at ')[0]}" + (f" at column {found[2]}" if found else " at the end")
    return _broken(where, cause, "texts stand in double quotes, lists in [brackets], and each setting on a line")


# --- environment variables and options -------------------------------------------------------------------------------


def from_environment(tree: type[msgspec.Struct], environment: Mapping[str, str]) -> Source:
    """The values in variables such as `CALLBOARD_HTTP__LISTEN`.

    Only names with a double underscore are looked at: the others, such as `CALLBOARD_SERVER`, belong to the commands.
    """
    by_name = {variable(path): setting for path, setting in settings(tree).items()}
    given: list[Given] = []
    mistakes: list[Mistake] = []
    for name, value in environment.items():
        if not name.startswith(VARIABLE_PREFIX) or "__" not in name:
            continue
        where = f"environment variable {name}"
        if name in by_name:
            given.append(Given(setting=by_name[name], value=value, origin=where, is_text=True))
        else:
            fix = did_you_mean(name, by_name, "`callboard config show` lists what there is")
            mistakes.append(Mistake(where=where, key="", cause="there is no such setting", fix=fix))
    return Source(tuple(given), tuple(mistakes))


def from_options(tree: type[msgspec.Struct], options: Mapping[str, str]) -> Source:
    """The values given as `section.key` -> text."""
    by_key = {setting.key: setting for section in sections(tree) for setting in section.settings}
    given: list[Given] = []
    mistakes: list[Mistake] = []
    for key, value in options.items():
        if key in by_key:
            given.append(Given(setting=by_key[key], value=value, origin=OPTION, is_text=True))
        else:
            fix = did_you_mean(key, by_key, "`callboard config show` lists what there is")
            mistakes.append(Mistake(where=OPTION, key=key, cause="there is no such setting", fix=fix))
    return Source(tuple(given), tuple(mistakes))
