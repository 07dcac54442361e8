"""Where values come from: the TOML file, environment variables, options. Each gives values with their origin."""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import msgspec
from msgspec.structs import replace

from callboard.config.mistakes import Mistake, did_you_mean
from callboard.config.tree import (
    NAMED,
    VARIABLE_PREFIX,
    KeyPath,
    Names,
    Setting,
    dotted,
    expanded,
    kinds,
    settings,
    variable,
    with_name,
)

__all__ = ["Given", "Named", "Source", "from_environment", "from_file", "from_options"]

OPTION = "option --set"
"""The origin of what is given on the command line."""


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """A value as it came from a source, not yet checked."""

    setting: Setting
    value: object
    origin: str
    is_text: bool
    """Whether it is text that has yet to be read as the setting's type."""


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """A section that the operator named."""

    kind: KeyPath
    """What all of its kind have in common of their paths."""
    name: str
    origin: str


class Source(msgspec.Struct, frozen=True):
    """What one source gave: values, the sections it named, and what was wrong with the rest."""

    given: tuple[Given, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    named: tuple[Named, ...] = ()


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
    reader = _Reader(str(path), key_lines(text), settings(tree), frozenset(kinds(tree)))
    return _source(reader.read(data, (), ()))


def _source(found: Iterable[Given | Named | Mistake]) -> Source:
    all_of_it = tuple(found)
    return Source(
        tuple(one for one in all_of_it if isinstance(one, Given)),
        tuple(one for one in all_of_it if isinstance(one, Mistake)),
        tuple(one for one in all_of_it if isinstance(one, Named)),
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


class _Reader(msgspec.Struct, frozen=True):
    """Reads the tables of a file: their values, and a mistake for each key that sets nothing."""

    file: str
    lines: Mapping[KeyPath, int]
    known: Mapping[KeyPath, Setting]
    """By their path with `NAMED` in it."""
    kinds: frozenset[KeyPath]

    def read(self, data: Mapping[str, object], path: KeyPath, general: KeyPath) -> Iterator[Given | Named | Mistake]:
        """All in `data`, which stands in the document at `path`; `general` is the same with `NAMED` for names."""
        for name, value in data.items():
            here = (*path, name)
            if general in self.kinds:
                yield from self._named(value, here, (*general, NAMED))
            else:
                yield from self._known(value, here, (*general, name))

    def _named(self, value: object, here: KeyPath, general: KeyPath) -> Iterator[Given | Named | Mistake]:
        *kind, name = here
        if isinstance(value, dict):
            yield Named(kind=tuple(kind), name=name, origin=self._place(here))
            yield from self.read(value, here, general)
            return
        fix = f"write it below a header with a name that you choose: [{dotted((*kind, NAMED))}]"
        yield self._mistake(here, f"[{dotted(tuple(kind))}] holds named sections and no settings", fix)

    def _known(self, value: object, here: KeyPath, general: KeyPath) -> Iterator[Given | Named | Mistake]:
        above = general[:-1]
        names = sorted({path[len(above)] for path in self.known if path[: len(above)] == above != path})
        if general in self.known:
            setting = replace(self.known[general], path=here)
            yield Given(setting=setting, value=value, origin=self._place(here), is_text=False)
        elif here[-1] not in names:
            yield self._mistake(here, "there is no such setting", self._unknown_fix(value, here, general, names))
        elif isinstance(value, dict):
            yield from self.read(value, here, general)
        else:
            fix = f"write its settings below a header [{dotted(here)}]"
            yield self._mistake(here, "this is a section, not a setting", fix)

    def _unknown_fix(self, value: object, here: KeyPath, general: KeyPath, names: list[str]) -> str:
        """The nearest name beside it; else the same name elsewhere; else all the names there are."""
        if general[-2:-1] == (NAMED,):
            if here[-1] == "name":
                return f"the header has the name: write it as [{dotted((*here[:-2], str(value)))}]"
            if isinstance(value, dict):
                header = dotted((*here[:-2], ".".join(here[-2:])))
                return f"a name with dots stands in quotes, such as [{header}]"
        elsewhere = [setting.general for setting in self.known.values() if setting.path[-1] == here[-1]]
        otherwise = f"move it to `{elsewhere[0]}`" if elsewhere else f"here can stand: {', '.join(names)}"
        return did_you_mean(here[-1], names, otherwise)

    def _mistake(self, here: KeyPath, cause: str, fix: str) -> Mistake:
        return Mistake(where=self._place(here), key=dotted(here), cause=cause, fix=fix)

    def _place(self, path: KeyPath) -> str:
        """`file:line` of the innermost part of `path` that has a line."""
        for depth in range(len(path), 0, -1):
            if path[:depth] in self.lines:
                return f"{self.file}:{self.lines[path[:depth]]}"
        return self.file


def _broken(where: str, cause: str, fix: str) -> Source:
    return Source(mistakes=(Mistake(where=where, key="", cause=cause, fix=fix),))


def _not_toml(path: Path, words: str) -> Source:
    """The parser's words end in `(at line 3, column 5)`, or `(at end of document)`."""
    found = re.search(r"\(at line (\d+), column (\d+)\)", words)
    where = f"{path}:{found[1]}" if found else str(path)
    cause = f"this is not TOML: {words.split(' (at ')[0]}" + (f" at column {found[2]}" if found else " at the end")
    return _broken(where, cause, "texts stand in double quotes, lists in [brackets], and each setting on a line")


# --- environment variables and options -------------------------------------------------------------------------------


def from_environment(tree: type[msgspec.Struct], environment: Mapping[str, str], names: Names | None = None) -> Source:
    """The values in variables such as `CALLBOARD_HTTP__LISTEN`.

    Only names with a double underscore are looked at: the others, such as `CALLBOARD_SERVER`, belong to the commands.
    `names` are those of the file's named sections. A variable knows neither case nor dashes and dots, so
    `CALLBOARD_SWITCHES__ASTERISK__PBX_1__SECRET` is for the section `pbx-1` where the file has one.
    """
    keys = _Keys.of(tree, names or {}, variable)
    found: list[Given | Named | Mistake] = []
    for name, value in environment.items():
        if name.startswith(VARIABLE_PREFIX) and "__" in name:
            found += keys.read(name, str.lower, value, Mistake(where=f"environment variable {name}", key="", cause=""))
    return _source(found)


def from_options(tree: type[msgspec.Struct], options: Mapping[str, str], names: Names | None = None) -> Source:
    """The values given as `section.key` -> text. `names` are those of the file's named sections."""
    keys = _Keys.of(tree, names or {}, ".".join)
    found: list[Given | Named | Mistake] = []
    for key, value in options.items():
        found += keys.read(key.replace('"', ""), str, value, Mistake(where=OPTION, key=key, cause=""))
    return _source(found)


class _Keys(msgspec.Struct, frozen=True):
    """The keys by which a source that has no sections names the settings, each spelled out whole.

    Where the file has sections of a kind, these are the ones that can be set: a misspelled name should not quietly
    make one more. Where it has none, any name makes one.
    """

    known: Mapping[str, Setting]
    new: Mapping[str, Setting]
    """Those of kinds without a section yet, with `NAME` in the place of the name."""

    @classmethod
    def of(cls, tree: type[msgspec.Struct], names: Names, spelled: Callable[[KeyPath], str]) -> "_Keys":
        return cls(
            {spelled(path): setting for path, setting in expanded(tree, names).items()},
            {
                spelled(path): setting
                for path, setting in settings(tree).items()
                if NAMED in path and path[: path.index(NAMED)] not in names
            },
        )

    def read(
        self, key: str, name_of: Callable[[str], str], value: str, blame: Mistake
    ) -> Iterator[Given | Named | Mistake]:
        """The value of one key. `name_of` makes a section's name of its part of the key."""
        setting = self.known.get(key)
        if setting is None and (found := self._new(key)) is not None:
            setting, word = found
            kind = setting.path[: setting.path.index(NAMED)]
            setting = replace(setting, path=with_name(setting.path, name_of(word)))
            yield Named(kind=kind, name=name_of(word), origin=blame.where)
        if setting is None:
            fix = did_you_mean(key, (*self.known, *self.new), "`callboard config show` lists what there is")
            yield replace(blame, cause="there is no such setting", fix=fix)
            return
        yield Given(setting=setting, value=value, origin=blame.where, is_text=True)

    def _new(self, key: str) -> tuple[Setting, str] | None:
        """The setting of a section that is named here first, and the name."""
        for spelled, setting in self.new.items():
            head, _, tail = spelled.rpartition(NAMED)
            if key.startswith(head) and key.endswith(tail) and len(key) > len(head) + len(tail):
                return setting, key[len(head) : -len(tail)]
        return None
