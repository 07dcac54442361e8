"""Read the rooms' settings as data: which sections and settings there are, of what type, and what is said of them.

A section is a struct whose fields are settings or further sections. A field that is a `dict` of structs holds sections
that the operator names, any number of them: in a path, `NAMED` stands for the name. Nothing about a setting is written
here: names, types, bounds, defaults and docstrings are those of the room that owns it.
"""

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

import msgspec
from msgspec import inspect as shapes
from msgspec.structs import replace

from callboard.api.docstrings import class_words, field_words

__all__ = [
    "NAMED",
    "VARIABLE_PREFIX",
    "KeyPath",
    "Names",
    "Section",
    "Setting",
    "dotted",
    "expanded",
    "expanded_sections",
    "fields_of",
    "folded",
    "item_of",
    "kinds",
    "sections",
    "settings",
    "variable",
    "with_name",
]

VARIABLE_PREFIX = "CALLBOARD_"
"""How the name of every environment variable that sets something begins."""

NAMED = "NAME"
"""Stands in the path of a section that the operator names."""
_OWN_NAME = "name"
"""The field in which such a section's struct holds its name; it is in the header and so no setting."""

Owner = type[msgspec.Struct]
"""The struct of a section, whose fields are its settings."""
KeyPath = tuple[str, ...]
"""Names of the sections something is in, then its own."""
Names = Mapping[KeyPath, Iterable[str]]
"""Of each kind of named sections, by the path that they have in common, the names that there are."""

_SECRET_ENDINGS = ("secret", "password", "shared_key")
_BARE = re.compile(r"[A-Za-z0-9_-]+")


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One setting."""

    path: KeyPath
    type: object
    """Its type as the room wrote it."""
    shape: shapes.Type
    """The same, taken apart; without annotations."""
    default: object
    owner: Owner
    """Where it is a field."""
    general: str
    """Its dotted name, with `NAME` for the name of a section."""

    @property
    def key(self) -> str:
        """The dotted name, such as `http.listen`."""
        return dotted(self.path)

    @property
    def words(self) -> str:
        """Its docstring, on one line, looked up in the source when it is asked for: no start of a server needs it."""
        return field_words(self.owner).get(self.path[-1], "")

    @property
    def secret(self) -> bool:
        """Whether its value must not be shown."""
        return isinstance(self.shape, shapes.StrType) and self.path[-1].endswith(_SECRET_ENDINGS)


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """One section: what stands below one header of the document."""

    path: KeyPath
    words: str
    """The first paragraph of the struct's docstring, on one line."""
    settings: tuple[Setting, ...]

    @property
    def named(self) -> bool:
        """Whether the operator names it, and there may be several or none."""
        return NAMED in self.path


@cache
def sections(tree: type[msgspec.Struct], path: KeyPath = ()) -> tuple[Section, ...]:
    """The sections of a settings tree that hold settings, in the order in which they are declared."""
    own: list[Setting] = []
    below: list[Section] = []
    for field in fields_of(tree, path):
        info = shapes.type_info(field.type)
        shape = info.type if isinstance(info, shapes.Metadata) else info
        here = (*path, field.name)
        item = item_of(shape)
        if isinstance(shape, shapes.StructType):
            below += sections(shape.cls, here)
        elif item is not None:
            below += sections(item, (*here, NAMED))
        else:
            own.append(
                Setting(
                    path=here,
                    type=field.type,
                    shape=shape,
                    default=_default(field),
                    owner=tree,
                    general=".".join(here),
                )
            )
    itself = (Section(path=path, words=class_words(tree), settings=tuple(own)),) if own else ()
    return (*itself, *below)


def settings(tree: type[msgspec.Struct]) -> dict[KeyPath, Setting]:
    """Every setting of a tree by its path, those of named sections once."""
    return {setting.path: setting for section in sections(tree) for setting in section.settings}


def kinds(tree: type[msgspec.Struct]) -> tuple[KeyPath, ...]:
    """The path of each kind of named sections."""
    return tuple(
        dict.fromkeys(section.path[: section.path.index(NAMED)] for section in sections(tree) if section.named)
    )


def expanded_sections(tree: type[msgspec.Struct], names: Names) -> Iterator[Section]:
    """The sections as they are in a document with these names."""
    for section in sections(tree):
        if not section.named:
            yield section
            continue
        for name in names.get(section.path[: section.path.index(NAMED)], ()):
            own = tuple(replace(setting, path=with_name(setting.path, name)) for setting in section.settings)
            yield replace(section, path=with_name(section.path, name), settings=own)


def expanded(tree: type[msgspec.Struct], names: Names) -> dict[KeyPath, Setting]:
    """The settings as they are in a document with these names, by path."""
    return {setting.path: setting for section in expanded_sections(tree, names) for setting in section.settings}


def with_name(path: KeyPath, name: str) -> KeyPath:
    """The path of what is in a section of this name."""
    return tuple(name if part == NAMED else part for part in path)


def item_of(shape: shapes.Type) -> type[msgspec.Struct] | None:
    """The struct of each named section, if a field of this shape holds such."""
    if isinstance(shape, shapes.DictType) and isinstance(shape.value_type, shapes.StructType):
        return shape.value_type.cls
    return None


def dotted(path: KeyPath) -> str:
    """The dotted name as TOML has it: a name with dots of its own stands in quotes."""
    return ".".join(part if _BARE.fullmatch(part) else f'"{part}"' for part in path)


def variable(path: KeyPath) -> str:
    """The environment variable of a setting, such as `CALLBOARD_HTTP__LISTEN`."""
    return VARIABLE_PREFIX + "__".join(map(folded, path))


def folded(name: str) -> str:
    """A name as it stands in a variable, which knows neither case nor dashes and dots."""
    return name.upper().replace("-", "_").replace(".", "_")


def fields_of(tree: type[msgspec.Struct], path: KeyPath) -> list[msgspec.structs.FieldInfo]:
    """The fields that are settings or sections, the struct's own before those that it inherits."""
    fields = [field for field in msgspec.structs.fields(tree) if path[-1:] != (NAMED,) or field.name != _OWN_NAME]
    return sorted(fields, key=lambda field: field.name not in inspect.get_annotations(tree))


def _default(field: msgspec.structs.FieldInfo) -> object:
    return field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
