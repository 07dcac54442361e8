"""Read the rooms' settings as data: which sections and settings there are, of what type, and what is said of them.

A section is a struct whose fields are settings or further sections. Nothing about a setting is written here: names,
types, bounds, defaults and docstrings are those of the room that owns it.
"""

import ast
import inspect
import textwrap
from functools import cache
from itertools import pairwise

import msgspec
from msgspec import inspect as shapes

__all__ = ["VARIABLE_PREFIX", "Section", "Setting", "sections", "settings", "variable"]

VARIABLE_PREFIX = "CALLBOARD_"
"""How the name of every environment variable that sets something begins."""

_SECRET_ENDINGS = ("secret", "password", "shared_key")


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One setting."""

    path: tuple[str, ...]
    """Names of the sections it is in, then its own."""
    type: object
    """Its type as the room wrote it."""
    shape: shapes.Type
    """The same, taken apart; without annotations."""
    default: object
    words: str
    """Its docstring, on one line."""

    @property
    def key(self) -> str:
        """The dotted name, such as `http.listen`."""
        return ".".join(self.path)

    @property
    def secret(self) -> bool:
        """Whether its value must not be shown."""
        return isinstance(self.shape, shapes.StrType) and self.path[-1].endswith(_SECRET_ENDINGS)


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """One section: what stands below one header of the document."""

    path: tuple[str, ...]
    words: str
    """The first paragraph of the struct's docstring, on one line."""
    settings: tuple[Setting, ...]


@cache
def sections(tree: type[msgspec.Struct], path: tuple[str, ...] = ()) -> tuple[Section, ...]:
    """The sections of a settings tree that hold settings, in the order in which they are declared."""
    own: list[Setting] = []
    below: list[Section] = []
    words = _field_words(tree)
    for field in msgspec.structs.fields(tree):
        info = shapes.type_info(field.type)
        shape = info.type if isinstance(info, shapes.Metadata) else info
        here = (*path, field.name)
        if isinstance(shape, shapes.StructType):
            below += sections(shape.cls, here)
        else:
            own.append(
                Setting(
                    path=here,
                    type=field.type,
                    shape=shape,
                    default=_default(field),
                    words=words.get(field.name, ""),
                )
            )
    itself = (Section(path=path, words=_class_words(tree), settings=tuple(own)),) if own else ()
    return (*itself, *below)


def settings(tree: type[msgspec.Struct]) -> dict[tuple[str, ...], Setting]:
    """Every setting of a tree by its path."""
    return {setting.path: setting for section in sections(tree) for setting in section.settings}


def variable(path: tuple[str, ...]) -> str:
    """The environment variable of a setting, such as `CALLBOARD_HTTP__LISTEN`."""
    return VARIABLE_PREFIX + "__".join(path).upper()


def _default(field: msgspec.structs.FieldInfo) -> object:
    return field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()


def _class_words(struct: type) -> str:
    return _one_line((inspect.getdoc(struct) or "").split("\n\n")[0])


def _field_words(struct: type) -> dict[str, str]:
    """The docstrings that stand below the fields of a struct and of those it inherits from."""
    words: dict[str, str] = {}
    for cls in reversed(struct.__mro__):
        if issubclass(cls, msgspec.Struct) and cls is not msgspec.Struct:
            words |= _own_field_words(cls)
    return words


def _own_field_words(cls: type) -> dict[str, str]:
    module = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    body = [statement for each in module.body if isinstance(each, ast.ClassDef) for statement in each.body]
    return {
        field.target.id: _one_line(text.value.value)
        for field, text in pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


def _one_line(text: str) -> str:
    return " ".join(text.split())
